"""Pip's half of a conda environment: the section `pip:`, and the wrapper.

Packages of the wrapper that conda provides are not installed again.

Why a layer: it is small, and changes with the section `pip:` while conda's half, most of the image,
does not. It has the same name as the requirements layer of a model without conda, and comes after
conda's layer.
Made by: uv, or the environment's pip if its Python is too old for uv, with conda's packages shown
as installed.
Reused while: conda's half, the section with all files it includes, local files, index settings,
wrapper and buildpack are the same.
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
from seldon_buildpack.layers.conda_pip_half import PipHalf
from seldon_buildpack.messages.warnings import conda_packages as conda_packages_warnings
from seldon_buildpack.names import of_dist_info
from seldon_buildpack.python_env import (
    build_leftovers,
    importable,
    system_libraries,
    top_level_modules,
)
from seldon_buildpack.python_env.venv import site_packages

NAME = requirements.NAME

_PINS = "stands-on"


@dataclass(frozen=True)
class ServingWrapper:
    """The wrapper that serves: its release and its pin set.

    ``numpy_1`` is the NumPy 1 that replaces NumPy 2, and the package that was compiled for it.
    """

    seldon_core: str
    pins: str
    numpy_1: tuple[str, str] | None = None


def environment(layer: Layer) -> Path:
    """Return the layer's prefix in the image."""
    return layer.path / "env"


def key(half: PipHalf, conda: Mapping[str, str]) -> dict[str, str]:
    """Return the layer's key; ``conda`` is the metadata of the layer of conda's half."""
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
    """Fill the layer.

    Raises:
        BuildError: The packages cannot be installed, or the wrapper does not serve with them.
    """
    metadata = key(half, conda)
    local, editable = local_packages.built_in_source(half.app, half.requirements)
    before = build_leftovers.entries(local)
    layer.begin()
    cache.clear_of_others(digests.of_values([half.built_with, dict(conda)]), uv)
    installed = conda_pip_install.install(half, environment(layer), uv, scratch)
    if build_leftovers.tidy(local, editable, before):
        metadata["local-packages"] = "completed in the source"
    if installed.replaced:
        uv.log.advise(conda_packages_warnings.conda_replaced(installed.replaced))
    site = site_packages(environment(layer), half.minor)
    metadata |= {
        _PINS: installed.pins,
        top_level_modules.METADATA: top_level_modules.as_text(top_level_modules.brought(site)),
        importable.METADATA: importable.as_text(importable.list_importable(site)),
        "holds-wrapper": _held(half, site),
        requirements.NUMPY: installed.numpy_1[0] if installed.numpy_1 else "",
        requirements.NUMPY_1_FOR: installed.numpy_1[1] if installed.numpy_1 else "",
        # The environment's own pip does not report what it built from source.
        cache.BUILT_WITH: half.built_with
        if half.minor in conda_pip_install.BY_PIP or cache.has_built(uv)
        else "",
    }
    metadata |= system_libraries.metadata(
        site,
        environment(layer) / "bin/python",
        [half.conda / "lib", site_packages(half.conda, half.minor)],
    )
    layer.finish(Types(launch=True), metadata)
    return ServingWrapper(metadata["holds-wrapper"], installed.pins, installed.numpy_1)


def made(layer: Layer) -> ServingWrapper:
    """Return the wrapper of a reused layer."""
    stored = layer.metadata()
    numpy = stored.get(requirements.NUMPY, "")
    return ServingWrapper(
        stored["holds-wrapper"],
        stored[_PINS],
        (numpy, stored[requirements.NUMPY_1_FOR]) if numpy else None,
    )


def _held(half: PipHalf, site: Path) -> str:
    """Return the release of seldon-core that serves: the one from pip, else conda's."""
    for place in (site, site_packages(half.conda, half.minor)):
        releases = [of_dist_info(path)[1] for path in place.glob("seldon_core-*.dist-info")]
        if releases:
            return releases[0]
    return half.version
