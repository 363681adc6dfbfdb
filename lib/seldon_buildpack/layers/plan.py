"""The layers of one build; implemented by pip_plan.py and conda_plan.py."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from seldon_buildpack.cnb.layers import Layer
from seldon_buildpack.python_env.system_libraries import MissingLibraries


@dataclass(frozen=True, kw_only=True)
class ServingEnvironment:
    """The environment that the layers provide."""

    # Folders with programs, in the order of PATH.
    path: tuple[Path, ...]
    # The Python version.
    python: str
    # The release of seldon-core that is installed.
    seldon_core: str
    # Its pin set; empty if the wrapper was resolved with the requirements.
    pins: str
    # Further files of env.launch.
    launch: Mapping[str, str] = field(default_factory=dict)
    # Whether the image can run the process `dev`.
    dev: bool = False


class LayerPlan(Protocol):
    """Every layer of a build and its inputs, before any layer is made."""

    @property
    def root(self) -> Path:
        """The layers directory (spec: Phase #3: Build)."""

    def layer(self, name: str) -> Layer:
        """Return one of this build's layers."""

    def known_versions(self) -> tuple[str, str]:
        """Return the versions of Python and the wrapper known before anything is made."""

    def provide(self) -> ServingEnvironment:
        """Make or reuse every layer.

        Raises:
            BuildError: A layer cannot be made.
        """

    def at_hand(self) -> AbstractContextManager[bool]:
        """Provide what the model needs to run, as in the image, after ``provide``.

        Reused layers are not available in the build. Where the bundle has the same content, it
        stands in; otherwise the value is False.
        """

    def modules(self) -> dict[str, str]:
        """Return the installed top-level modules with their packages, after ``provide``."""

    def importable(self) -> frozenset[str]:
        """Return the top-level names that the installed packages make importable.

        Call it after ``provide``.
        """

    def missing_libraries(self) -> tuple[MissingLibraries, ...]:
        """Return the modules that need libraries of the system, after ``provide``."""
