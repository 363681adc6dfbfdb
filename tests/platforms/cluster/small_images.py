"""Images of a few programs that need no other file, made without an engine: those of kpack's and Tekton's build pods, and the pods' own."""

import io
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.core.steps import ToolError, run

_BUSYBOX_COMMANDS = (
    "sh",
    "cp",
    "mkdir",
    "chmod",
    "cat",
    "echo",
    "ls",
    "ln",
    "rm",
    "sleep",
    "test",
    "true",
)


def kpack(crane: Path, registry: str, programs: Path) -> Mapping[str, str]:
    """Push the images that kpack's controller is told of; returns them by the flag that tells."""
    return {
        f"{name}-image": push(
            crane,
            f"{registry}/kpack/{name}",
            {f"cnb/process/{name}": programs / name},
            [f"/cnb/process/{name}"],
            user="1000:1000",
        )
        for name in ("build-init", "completion", "rebase")
    }


def tekton(crane: Path, registry: str, programs: Path) -> Mapping[str, str]:
    """The same for Tekton's controller."""
    names = ("entrypoint", "nop", "sidecarlogresults", "workingdirinit")
    pushed = {
        f"{name}-image": push(
            crane,
            f"{registry}/tekton/{name}",
            {f"ko-app/{name}": programs / name},
            [f"/ko-app/{name}"],
        )
        for name in names
    }
    return {**pushed, "shell-image": busybox(crane, registry)}


def busybox(crane: Path, registry: str) -> str:
    """Push an image with a shell, which does nothing for ever where it is given nothing to do: what holds a pod's namespaces."""
    program = shutil.which("busybox")
    if program is None:
        raise ToolError("busybox is not to be found.", "apt-get install busybox-static")
    links = {f"bin/{command}": "busybox" for command in _BUSYBOX_COMMANDS}
    return push(
        crane,
        f"{registry}/platform/busybox",
        {"bin/busybox": Path(program)},
        ["/bin/sleep", "infinity"],
        links,
    )


def push(
    crane: Path,
    name: str,
    files: Mapping[str, Path],
    entrypoint: Sequence[str],
    links: Mapping[str, str] | None = None,
    user: str = "0",
) -> str:
    """Push an image of these programs, and of links to them, to NAME:latest; returns NAME@DIGEST. Raises ToolError."""
    with TemporaryDirectory(prefix="image-") as folder:
        layer = Path(folder) / "layer.tar"
        write_layer(layer, files, links or {})
        run(crane, "append", "--insecure", "--new_tag", name, "--new_layer", layer)
    said = run(
        *(
            crane,
            "mutate",
            name,
            "--insecure",
            "--tag",
            f"{name}:latest",
            "--entrypoint",
            ",".join(entrypoint),
        ),
        *("--user", user, "--set-platform", "linux/amd64"),
    )
    return said.strip().splitlines()[-1]


def write_layer(layer: Path, files: Mapping[str, Path], links: Mapping[str, str]) -> None:
    """Write a layer of these programs, each under its name, and links to them."""
    folders = sorted(
        {
            str(parent)
            for name in [*files, *links]
            for parent in Path(name).parents
            if str(parent) != "."
        }
        | {"tmp"}
    )
    with tarfile.open(layer, "w") as tar:
        for name in folders:
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if name == "tmp" else 0o755
            tar.addfile(entry)
        for name, path in files.items():
            entry = tarfile.TarInfo(name)
            content = path.read_bytes()
            entry.mode, entry.size = 0o755, len(content)
            tar.addfile(entry, io.BytesIO(content))
        for name, target in links.items():
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
