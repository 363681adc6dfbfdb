"""What the process `dev` has beside `web`: seldon-dev, and watchfiles, which tells it of changes.

Why a layer: equal byte for byte for every model on a Python, and in a folder that only seldon-dev looks into: watchfiles
needs anyio and others, and neither the wrapper nor the model is to meet them. Its name sorts behind all others, so that an
image without it shares with one that has it all the same.
Made by: copying the tree that the buildpack carries for each supported Python, and one file. Its licences lie in it: it comes
and goes without what the layer of the licences lists.
Reused while: the tree and the file are the same. Left out where BP_DEV_PROCESS is 0.
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

# As web: the service is a session of its own, and so is this.
DEV = Process("dev", ("dumb-init", "--", "seldon-dev"))

_PROGRAM = Path(__file__).parent.parent / "launch/seldon_dev.py"


@dataclass(frozen=True)
class Watcher:
    """watchfiles and what it needs, for the Python of this build."""

    tree: Path
    key: dict[str, str]


def plan(minor: str, bundle: Bundle) -> Watcher | None:
    """None for a Python that the buildpack has no watchfiles for."""
    digest = bundle.watchers.get(minor)
    if not digest:
        return None
    key = {"watcher": digest, "seldon-dev": digests.of_texts([_PROGRAM], _PROGRAM.parent)}
    return Watcher(bundle.watcher(minor), key)


def provide(layer: Layer, watcher: Watcher, log: Log) -> None:
    """Make the layer or reuse it."""
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
