"""The additional files of the process `dev`: seldon-dev and watchfiles.

Why a layer: it is identical, byte for byte, for every model on a Python, and in a folder that only
seldon-dev uses: watchfiles requires anyio and other packages, which must not be visible to the
wrapper or the model. Its name sorts after all others, so that images with and without it share the
other layers.
Made by: copying the tree that the bundle has for each supported Python, and one file. Its licenses
are in the layer itself, because it is added and removed independently of the layer of the licenses.
Reused while: the tree and the file are the same. Omitted if BP_DEV_PROCESS is 0.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack import digests
from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.launch import Process
from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.layers import reuse, third_party_licenses
from seldon_buildpack.log import Log

NAME = "watcher"

# dumb-init as in web: the service runs in a session of its own, and so does seldon-dev.
DEV = Process("dev", ("dumb-init", "--", "seldon-dev"))

_PROGRAM = Path(__file__).parent.parent / "launch/seldon_dev.py"


@dataclass(frozen=True)
class Watcher:
    """watchfiles and its dependencies, for the Python of this build."""

    tree: Path
    key: dict[str, str]


def plan(minor: str, bundle: Bundle) -> Watcher | None:
    """Return the watcher for a Python; None if the bundle has no watchfiles for it."""
    digest = bundle.watchers.get(minor)
    if not digest:
        return None
    key = {"watcher": digest, "seldon-dev": digests.of_texts([_PROGRAM], _PROGRAM.parent)}
    return Watcher(bundle.watcher(minor), key)


def provide(layer: Layer, watcher: Watcher, log: Log) -> None:
    """Make or reuse the layer."""
    stored = layer.metadata()
    if reason := reuse.why_made(stored, watcher.key):
        with log.layer(layer.name, reason):
            _make(layer, watcher)
    else:
        reuse.reuse(layer, stored, log)


def _make(layer: Layer, watcher: Watcher) -> None:
    binaries = layer.begin() / "bin"
    binaries.mkdir()
    shutil.copyfile(_PROGRAM, binaries / "seldon-dev")
    (binaries / "seldon-dev").chmod(0o755)
    shutil.copytree(watcher.tree, layer.path / "site-packages")
    (layer.path / "licenses").mkdir()
    third_party_licenses.describe(layer, layer.path / "licenses", [layer.path / "site-packages"])
    layer.finish(Types(launch=True), watcher.key)
