"""Why a layer is not reused, and reusing one."""

from collections.abc import Mapping

from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.log import Log


def why_made(stored: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    """Empty when the stored layer was made from the same; else the reason, as the log says it."""
    if not stored:
        return "first build"
    changed = [name.replace("-", " ") for name in wanted if stored.get(name) != wanted[name]]
    return f"{' and '.join(changed)} changed" if changed else ""


def reuse(layer: Layer, stored: Mapping[str, str], log: Log) -> None:
    """Let a launch layer stay as the last build made it (spec: Buildpack Layers), and say so."""
    log.reused(layer.name)
    layer.finish(Types(launch=True), stored)
