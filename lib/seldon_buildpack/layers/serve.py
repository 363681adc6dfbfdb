"""The programs that start the model: dumb-init and seldon-serve, with the launch defaults.

Why a layer: a few kilobytes that change with a variable, separate from large layers that do not.
Made by: copying the files and writing env.launch. It is made in every build, which is cheaper than
checking whether it has changed.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.launch import Process
from seldon_buildpack.cnb.layers import Layer, Types

NAME = "serve"

# dumb-init starts a session of its own and forwards signals to all of it. As PID 1 without it, the
# wrapper ignores SIGTERM.
WEB = Process("web", ("dumb-init", "--", "seldon-serve"), default=True)
# Loads the model as `web` does, and ends.
TRY = Process("try", ("dumb-init", "--", "seldon-serve", "--try"))


def make(layer: Layer, bundle: Bundle, path: Sequence[Path], defaults: Mapping[str, str]) -> None:
    """Write the programs and the environment.

    ``path`` has the folders for PATH, ``defaults`` further files of env.launch.
    """
    binaries = layer.begin() / "bin"
    binaries.mkdir()
    shutil.copyfile(bundle.dumb_init, binaries / "dumb-init")
    for source in sorted((Path(__file__).parent.parent / "launch").glob("*.py")):
        name = source.stem.replace("_", "-") if source.name == "seldon_serve.py" else source.name
        # seldon-dev is in the watcher's layer.
        if source.name not in ("__init__.py", "seldon_dev.py"):
            shutil.copyfile(source, binaries / name)
    for program in binaries.iterdir():
        program.chmod(0o755)
    fixed = {
        # Show log lines as they are written, and do not try to write bytecode to a read-only root.
        "PYTHONUNBUFFERED.default": "1",
        "PYTHONDONTWRITEBYTECODE.default": "1",
        # As in Seldon's s2i images; a pod's environment is otherwise empty.
        "LANG.default": "C.UTF-8",
        "LC_ALL.default": "C.UTF-8",
    }
    layer.write_environment("launch", fixed | dict(defaults) | _of_path(binaries, path, defaults))
    layer.finish(Types(launch=True), {})


def _of_path(binaries: Path, path: Sequence[Path], defaults: Mapping[str, str]) -> dict[str, str]:
    """Return the files for PATH, which keep our folders on a PATH that the user sets.

    The lifecycle adds a layer's ``bin`` to PATH before it reads any file, so an override would
    remove ours (spec: Layer Paths).
    """
    folders = [*([str(binaries)] if "PATH.override" in defaults else []), *map(str, path)]
    users = defaults.get("PATH.prepend", "").strip(":")
    return {"PATH.prepend": ":".join([*([users] if users else []), *folders]), "PATH.delim": ":"}
