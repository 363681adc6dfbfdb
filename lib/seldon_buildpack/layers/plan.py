"""A plan of the layers of one build; pip_plan.py and conda_plan.py make one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from seldon_buildpack.cnb.layers import Layer


@dataclass(frozen=True, kw_only=True)
class ServingEnvironment:
    """The environment that the layers provide."""

    # Folders of programs, in the order of PATH.
    path: tuple[Path, ...]
    # Python's version.
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
    """Every layer of a build: what it is made from, before any is made."""

    @property
    def root(self) -> Path:
        """The layers directory (spec: Phase #3: Build)."""

    def layer(self, name: str) -> Layer:
        """Return one of this build's layers."""

    def told(self) -> tuple[str, str]:
        """Return Python and the wrapper as far as they are known before anything is made."""

    def provide(self) -> ServingEnvironment:
        """Make or reuse every layer. Raises BuildError."""

    def modules(self) -> dict[str, str]:
        """Return the installed top-level modules, each with its package, after ``provide``."""
