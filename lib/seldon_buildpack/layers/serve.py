"""What starts the model: dumb-init, seldon-serve, and the launch defaults of every variable.

Why a layer: a few kilobytes that change with a variable, kept apart from what is large and does not.
Made by: copying two files and writing env.launch; made at every build, since that is cheaper than asking whether to.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.launch import Process
from seldon_buildpack.cnb.layers import Layer, Types

NAME = "serve"

# dumb-init starts a session of its own and passes a signal to all of it: alone as PID 1 the wrapper ignores SIGTERM.
WEB = Process("web", ("dumb-init", "--", "seldon-serve"), default=True)


def make(layer: Layer, bundle: Bundle, path: Sequence[Path], defaults: Mapping[str, str]) -> None:
    """Write the programs and the environment; ``path`` are folders for PATH, ``defaults`` files of env.launch."""
    binaries = layer.begin() / "bin"
    binaries.mkdir()
    shutil.copyfile(bundle.dumb_init, binaries / "dumb-init")
    for source in sorted((Path(__file__).parent.parent / "launch").glob("*.py")):
        name = source.stem.replace("_", "-") if source.name == "seldon_serve.py" else source.name
        # seldon-dev lies in the watcher's layer.
        if source.name not in ("__init__.py", "seldon_dev.py"):
            shutil.copyfile(source, binaries / name)
    for program in binaries.iterdir():
        program.chmod(0o755)
    fixed = {
        # A log line is read when it is written, and a root that is read-only is not tried.
        "PYTHONUNBUFFERED.default": "1",
        "PYTHONDONTWRITEBYTECODE.default": "1",
        # As Seldon's s2i images have it; a pod's environment is otherwise empty.
        "LANG.default": "C.UTF-8",
        "LC_ALL.default": "C.UTF-8",
    }
    layer.write_environment("launch", fixed | dict(defaults) | _of_path(binaries, path, defaults))
    layer.finish(Types(launch=True), {})


def _of_path(binaries: Path, path: Sequence[Path], defaults: Mapping[str, str]) -> dict[str, str]:
    """The files for PATH: what the user puts in front of it or in its place leaves our own folders on it.

    The lifecycle puts a layer's ``bin`` on PATH before it reads any file, so that an override would lose ours (spec: Layer Paths).
    """
    own = [*([str(binaries)] if "PATH.override" in defaults else []), *map(str, path)]
    users = defaults.get("PATH.prepend", "").strip(":")
    return {"PATH.prepend": ":".join([*([users] if users else []), *own]), "PATH.delim": ":"}
