"""The inputs of pip's half of a conda environment, and what installing it results in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.bundle import Bundle
from seldon_buildpack.layers import cache
from seldon_buildpack.manifests.requirements_txt import Requirements
from seldon_buildpack.package_sources.indexes import Index


@dataclass(frozen=True, kw_only=True)
class PipHalf:
    """The inputs of pip's half of a conda environment."""

    # The directory of the source.
    app: Path
    # The prefix of the environment.
    conda: Path
    # The environment's Python minor version, such as `3.11`.
    minor: str
    # The environment's full Python version, such as `3.11.7`.
    python: str
    # The user's requirements; None if there are none.
    requirements: Requirements | None
    # Where pip packages come from.
    index: Index
    # The wrapper's release.
    version: str
    # The pin sets to try, in order; empty for a release that is not locked.
    sets: tuple[str, ...]
    # The buildpack's bundle.
    bundle: Bundle
    # The environment variables that the requirements use, with their values.
    variables: tuple[tuple[str, str], ...] = ()
    # A digest of those `variables` that a package build may read.
    built_with: str = cache.NO_VARIABLES
    # Whether pip installs the wrapper, rather than conda.
    needed: bool = True


@dataclass(frozen=True)
class PipInstall:
    """The result: the pin set in use, and the conda packages that pip's half replaces.

    ``replaced`` maps a package's name to its versions: conda's, and the one in pip's half.
    ``numpy_1`` is the NumPy 1 that replaces NumPy 2, and the package that was compiled for it.
    """

    pins: str
    replaced: Mapping[str, tuple[str, str]]
    numpy_1: tuple[str, str] | None = None
