"""Conda packages of our own, in both of conda's formats, and the index of the channel they lie in.

The formats are those of conda's documentation, "Conda package specification", and of conda-build's metadata (``info/``).
"""

import asyncio
import hashlib
import json
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conda_package_streaming.create import conda_builder
from rattler.index import index_fs

# What a package has in place of the folder it will be installed in: as long as conda-build's, so that any real prefix fits into a binary.
PLACEHOLDER = ("/opt/conda/conda-bld/work/_h_env" + "_placehold" * 25)[:255]

# The age of every file and package: 2023-11-14T22:13:20Z.
BUILT_AT = 1_700_000_000


@dataclass(frozen=True)
class Recipe:
    """What a package says about itself (``info/index.json``). A ``noarch`` one is for every platform: "python" or "generic"."""

    name: str
    version: str
    build: str = "0"
    depends: tuple[str, ...] = ()
    constrains: tuple[str, ...] = ()
    licence: str = "BSD-3-Clause"
    noarch: str = ""
    entry_points: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def subdir(self) -> str:
        """The folder of a channel that it belongs in."""
        return "noarch" if self.noarch else "linux-64"

    @property
    def stem(self) -> str:
        """The name of its file, without the format."""
        return f"{self.name}-{self.version}-{self.build}"

    def index(self) -> dict[str, Any]:
        """``info/index.json``; the build number is what the build string ends with."""
        platform = (
            {"arch": None, "platform": None, "noarch": self.noarch}
            if self.noarch
            else {"arch": "x86_64", "platform": "linux"}
        )
        return {
            "name": self.name,
            "version": self.version,
            "build": self.build,
            "build_number": int(
                next(part for part in reversed(self.build.split("_")) if part.isdigit())
            ),
            "depends": list(self.depends),
            "constrains": list(self.constrains),
            "license": self.licence,
            "subdir": self.subdir,
            "timestamp": BUILT_AT * 1000,
            **platform,
            **self.more,
        }


def pack(recipe: Recipe, root: Path, channel: Path) -> Path:
    """Pack a tree as a .conda file into the channel's folder for it. What lies in the tree's own ``info`` goes along (``licenses``)."""
    folder = channel / recipe.subdir
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{recipe.stem}.conda"
    target.unlink(missing_ok=True)
    entries = list(_entries(root))
    _write_info(recipe, root, entries)
    with conda_builder(recipe.stem, folder, compression_level=3) as archive:
        _add(archive, root)
    return target


def pack_old(recipe: Recipe, root: Path, channel: Path) -> Path:
    """The same as conda packed before 2019: .tar.bz2, with ``has_prefix`` and ``files`` in place of ``paths.json``."""
    folder = channel / recipe.subdir
    folder.mkdir(parents=True, exist_ok=True)
    entries = list(_entries(root))
    _write_info(recipe, root, entries)
    (root / "info/paths.json").unlink()
    replaced = [
        f"{PLACEHOLDER} {entry['file_mode']} {entry['_path']}\n"
        for entry in entries
        if "file_mode" in entry
    ]
    (root / "info/has_prefix").write_text("".join(replaced))
    target = folder / f"{recipe.stem}.tar.bz2"
    with tarfile.open(target, "w:bz2") as archive:
        _add(archive, root)
    return target


def tiny(
    channel: Path,
    name: str,
    version: str,
    depends: tuple[str, ...] = (),
    files: Mapping[str, str | bytes] | None = None,
    **more: Any,
) -> Path:
    """Pack a few small files, of no platform unless ``more`` (fields of Recipe) says so; ``#!`` ones become programs. `index` has to follow."""
    recipe = Recipe(name, version, depends=depends, **{"noarch": "generic", **more})
    with tempfile.TemporaryDirectory() as scratch:
        return pack(
            recipe,
            written(Path(scratch), files or {f"share/{name}/version": f"{version}\n"}),
            channel,
        )


def written(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a tree and return it; those that start with ``#!`` or are ELF become programs."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, bytes) else content.encode()
        path.write_bytes(data)
        path.chmod(0o755 if data.startswith((b"#!", b"\x7fELF")) else 0o644)
    return root


def index(channel: Path, modern: bool = True) -> None:
    """Write the channel's repodata.json; a ``modern`` channel offers it as zstd and in shards too, as the large ones do, a mirror often not."""
    for subdir in ("noarch", "linux-64"):
        (channel / subdir).mkdir(parents=True, exist_ok=True)
    asyncio.run(index_fs(channel, write_zst=modern, write_shards=modern, force=True))


def _entries(root: Path) -> Iterator[dict[str, Any]]:
    """``paths`` of ``info/paths.json``: every file with its checksum, and how the placeholder is replaced in it."""
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if name.startswith("info/") or (path.is_dir() and not path.is_symlink()):
            continue
        content = path.read_bytes() if path.is_file() else b""
        entry = {
            "_path": name,
            "path_type": "softlink" if path.is_symlink() else "hardlink",
            "sha256": hashlib.sha256(content).hexdigest(),
            "size_in_bytes": len(content),
        }
        # As conda-build does, which leaves bytecode alone.
        if PLACEHOLDER.encode() in content and not path.is_symlink() and path.suffix != ".pyc":
            entry |= {
                "prefix_placeholder": PLACEHOLDER,
                "file_mode": "binary" if b"\0" in content else "text",
            }
        yield entry


def _write_info(recipe: Recipe, root: Path, entries: Sequence[Mapping[str, Any]]) -> None:
    info = root / "info"
    info.mkdir(exist_ok=True)
    documents: dict[str, Any] = {
        "index.json": recipe.index(),
        "paths.json": {"paths": entries, "paths_version": 1},
        "about.json": {"license": recipe.licence, "summary": f"{recipe.name}, packed for tests"},
    }
    if recipe.noarch:
        noarch = {
            "type": recipe.noarch,
            **({"entry_points": list(recipe.entry_points)} if recipe.noarch == "python" else {}),
        }
        documents["link.json"] = {"noarch": noarch, "package_metadata_version": 1}
    for name, document in documents.items():
        (info / name).write_text(json.dumps(document, indent=1, sort_keys=True))
    (info / "files").write_text("".join(f"{entry['_path']}\n" for entry in entries))


def _add(archive: tarfile.TarFile, root: Path) -> None:
    """Files and links alone, as in conda's packages: folders come about by what is in them."""

    def of_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        member.mtime = BUILT_AT
        return member

    for path in sorted(root.rglob("*")):
        if path.is_symlink() or not path.is_dir():
            archive.add(path, path.relative_to(root).as_posix(), recursive=False, filter=of_root)
