"""uv's cache while building, and what of it is worth keeping: wheels that were built from source.

Why a layer: compiling is expensive and its result small. Everything else is cheaper to download again than to store and
restore (measured: 4.5 s to store and 2.7 s to restore for 1.4 s of installing). Where nothing was compiled there is no layer.
"""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.commands.uv import Uv

NAME = "cache"

# In the metadata of a layer with packages that were built from source: what they were built with.
BUILT_WITH = "built-with"
NO_VARIABLES = "no variables"
_NOTE = "built-with"

# uv notes the URL of each download: a user in it, or a query, which may be a signature.
_MAY_BE_SECRET = re.compile(rb"://[!-~]*[?@]")


def directory(layer: Layer) -> Path:
    """Where uv keeps its cache: on the layers' volume, so that installing is linking."""
    return layer.path / "uv"


def clear_of_others(built_with: str, uv: Uv) -> None:
    """Let go of what was built with other variables of the user's: uv does not look at them, and would take it again."""
    note = uv.cache.parent / _NOTE
    before = note.read_text(encoding="utf-8") if note.is_file() else NO_VARIABLES
    if before != built_with:
        for path in uv.cache.glob("sdists-*"):
            shutil.rmtree(path)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(built_with, encoding="utf-8")


def has_built(uv: Uv) -> bool:
    """Whether a package was built from source, in this build or one whose cache it has."""
    return any(uv.cache.glob("sdists-*/**/*.whl"))


def variables_changed(stored: Mapping[str, str], built_with: str) -> str:
    """Why a layer with packages that were built from source is made again; empty where they were built with the same variables, or there are none."""
    before = stored.get(BUILT_WITH, "")
    return "variables changed" if before and before != built_with else ""


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
