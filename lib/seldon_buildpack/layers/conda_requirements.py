"""Pip's half of a conda environment: the section `pip:` and the wrapper, as far as conda has not its own of what they need.

Why a layer: it is small, and changes with the section `pip:` while conda's half, most of the image, stays. It has the name of the layer
that a model without conda has for the same, and stands behind conda's.
Made by: uv, or the environment's pip where its Python is older than uv knows, with conda's packages shown as installed.
Reused while: conda's half, the section with all that it includes, local files, index settings, wrapper and buildpack are the same.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack import digests
from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.commands.uv import Uv
from seldon_buildpack.layers import cache, conda_pip_install, local_packages, requirements
from seldon_buildpack.layers.conda_pip_install import PipHalf
from seldon_buildpack.messages import warnings
from seldon_buildpack.names import of_dist_info
from seldon_buildpack.python_env import build_leftovers, top_level_modules
from seldon_buildpack.python_env.venv import site_packages

NAME = requirements.NAME

_PINS = "stands-on"


@dataclass(frozen=True)
class ServingWrapper:
    """The layer's environment, and the wrapper that serves in it."""

    seldon_core: str
    pins: str


def environment(layer: Layer) -> Path:
    """Its prefix in the image."""
    return layer.path / "env"


def key(half: PipHalf, conda: Mapping[str, str]) -> dict[str, str]:
    """What the layer is made from; ``conda`` is the metadata of the layer that it stands on."""
    manifest = half.requirements
    locks = [half.bundle.lock(half.version, half.minor, pins) for pins in half.sets]
    return {
        "conda": hashlib.sha256(json.dumps(dict(conda), sort_keys=True).encode()).hexdigest(),
        "requirements": (manifest.digest or digests.of_texts(manifest.files, half.app))
        if manifest
        else "",
        "constraints": local_packages.constraints_key(half.app, half.index, half.variables),
        "local-packages": local_packages.key(half.app, manifest, half.index),
        "index-settings": half.index.key(),
        "wrapper": f"{half.version} {digests.of_texts(locks, half.bundle.root)}"
        if half.needed
        else "",
        "buildpack": half.bundle.buildpack_version,
    }


def make(
    layer: Layer, half: PipHalf, conda: Mapping[str, str], uv: Uv, scratch: Path
) -> ServingWrapper:
    """Fill the layer. Raises a BuildError."""
    told = key(half, conda)
    local, editable = (
        (half.requirements.local, half.requirements.editable) if half.requirements else ((), ())
    )
    before = build_leftovers.entries(local)
    layer.begin()
    cache.clear_of_others(half.built_with, uv)
    installed = conda_pip_install.install(half, environment(layer), uv, scratch)
    if build_leftovers.tidy(local, editable, before):
        told["local-packages"] = "completed in the source"
    if installed.replaced:
        uv.log.advise(warnings.conda_replaced(installed.replaced))
    site = site_packages(environment(layer), half.minor)
    told |= {
        _PINS: installed.pins,
        top_level_modules.METADATA: top_level_modules.as_text(top_level_modules.brought(site)),
        "holds-wrapper": _held(half, site),
        # A pip of the environment's own does not say what it built.
        cache.BUILT_WITH: half.built_with
        if half.minor in conda_pip_install.BY_PIP or cache.has_built(uv)
        else "",
    }
    layer.finish(Types(launch=True), told)
    return ServingWrapper(told["holds-wrapper"], installed.pins)


def made(layer: Layer) -> ServingWrapper:
    """What a layer that is reused holds."""
    stored = layer.metadata()
    return ServingWrapper(stored["holds-wrapper"], stored[_PINS])


def _held(half: PipHalf, site: Path) -> str:
    """The release of seldon-core that serves: pip's, else conda's own."""
    for place in (site, site_packages(half.conda, half.minor)):
        found = [of_dist_info(path)[1] for path in place.glob("seldon_core-*.dist-info")]
        if found:
            return found[0]
    return half.version
