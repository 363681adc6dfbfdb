"""Reusing a layer, and the reasons not to."""

from collections.abc import Mapping

from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.log import Log
from seldon_buildpack.runtime import Runtime


def why_made(stored: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    """Return why a layer is rebuilt, as shown in the log; empty if its key is the same."""
    if not stored:
        return "first build"
    changed = [name.replace("-", " ") for name in wanted if stored.get(name) != wanted[name]]
    return f"{' and '.join(changed)} changed" if changed else ""


def reuse(
    layer: Layer, stored: Mapping[str, str], log: Log, runtime: Runtime | None = None
) -> None:
    """Reuse a launch layer as the last build made it (spec: Buildpack Layers), and log it.

    ``runtime`` is what the layer is a link to, if it is one.
    """
    if runtime:
        log.linked(layer.name, runtime.series)
    else:
        log.reused(layer.name)
    layer.finish(Types(launch=True), stored)
