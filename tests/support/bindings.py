"""Service bindings, laid out as a platform mounts them."""

from collections.abc import Mapping
from pathlib import Path


def bind(root: Path, name: str, entries: Mapping[str, str | bytes]) -> Path:
    """A binding as `pack --volume` and Tekton lay it out."""
    folder = root / name
    folder.mkdir(parents=True)
    for key, value in entries.items():
        (folder / key).write_bytes(value if isinstance(value, bytes) else value.encode())
    return folder


def bind_as_kubelet(root: Path, name: str, entries: dict[str, str]) -> Path:
    """The same as kubelet mounts a Secret: links into ..data, which is a link to a directory with a date."""
    data = root / name / "..2026_01_01_00_00_00.1"
    data.mkdir(parents=True)
    for key, value in entries.items():
        (data / key).write_text(value)
        (root / name / key).symlink_to(f"..data/{key}")
    (root / name / "..data").symlink_to(data.name)
    return root / name


def mounted(root: Path) -> tuple[str, ...]:
    """The flags of pack for a directory of bindings, which pytest made for its own user alone."""
    root.chmod(0o755)
    return ("--volume", f"{root}:/platform/bindings:ro")
