"""uv's cache while building, and what of it is worth keeping: wheels that were built from source.

Why a layer: compiling is expensive and its result small. Everything else is cheaper to download again than to store and
restore (measured: 4.5 s to store and 2.7 s to restore for 1.4 s of installing). Where nothing was compiled there is no layer.
"""

import re
import shutil
from pathlib import Path

from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.commands.uv import Uv

NAME = "cache"

# uv notes the URL of each download: a user in it, or a query, which may be a signature.
_MAY_BE_SECRET = re.compile(rb"://[!-~]*[?@]")


def directory(layer: Layer) -> Path:
    """Where uv keeps its cache: on the layers' volume, so that installing is linking."""
    return layer.path / "uv"


def keep(layer: Layer, uv: Uv) -> None:
    """Prune after use and declare the layer if there is anything to keep; without use what was restored stays."""
    if not directory(layer).is_dir():
        return
    if any(
        path.name != "CACHEDIR.TAG" and not path.name.startswith((".", "sdists-"))
        for path in directory(layer).iterdir()
    ):
        uv.run(["cache", "prune", "--ci"], layer.path, quiet=True)
    for note in [*directory(layer).glob("sdists-*/**/*.http")]:
        if _MAY_BE_SECRET.search(note.read_bytes()):
            shutil.rmtree(note.parent)
    if any(directory(layer).glob("sdists-*/**/*.whl")):
        # Pruning leaves what the indexes said and clones of repositories, which no later build gains from.
        for path in directory(layer).iterdir():
            if path.is_dir() and not path.name.startswith("sdists-"):
                shutil.rmtree(path)
        layer.finish(Types(cache=True), {})
    else:
        shutil.rmtree(layer.path, ignore_errors=True)
        (layer.root / f"{layer.name}.toml").unlink(missing_ok=True)
