"""The inputs of the layer of the requirements, and its key."""

from dataclasses import dataclass, replace
from pathlib import Path

from seldon_buildpack import digests
from seldon_buildpack.bundle import Bundle
from seldon_buildpack.layers import cache, local_packages, requirement_files
from seldon_buildpack.layers.python import Python
from seldon_buildpack.layers.python_wrapper import Wrapper
from seldon_buildpack.manifests.requirements_txt import Requirements
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.wrapper import pin_sets


@dataclass(frozen=True, kw_only=True)
class Installation:
    """The inputs of an installation."""

    # The directory of the source.
    app: Path
    # The user's requirements; None if there are none.
    requirements: Requirements | None
    # The package sources.
    index: Index
    # The interpreter to install for.
    python: Python
    # BP_SELDON_PINS, in lower case.
    pins: str
    # The candidate wrappers, in the order in which to try them.
    wrappers: tuple[Wrapper, ...]
    # The buildpack's bundle.
    bundle: Bundle
    # The environment variables that the requirements use, with their values.
    variables: tuple[tuple[str, str], ...]
    # A package that was not found in the wheel folders alone; empty if that is not known.
    lacking: str = ""
    # A use of a name that NumPy 2 removed: `Model.py, line 3: numpy.NaN`; empty for none.
    removed_name: str = ""
    # A digest of those `variables` that a package build may read.
    built_with: str = cache.NO_VARIABLES

    def key(self) -> dict[str, str]:
        """Return the layer's key; its names appear in the log as the reason for a rebuild."""
        manifest = self.requirements
        return {
            "requirements": (manifest.digest or digests.of_texts(manifest.files, self.app))
            if manifest
            else "",
            "constraints": local_packages.constraints_key(self.app, self.index, self.variables),
            "local-packages": local_packages.key(self.app, manifest, self.index),
            "index-settings": self.index.key(),
            "pins": self.pins or pin_sets.AUTO,
            **self.python.key,
            "wrapper": ", ".join(one.key["wrapper"] for one in self.wrappers),
            "source-for-numpy-1": "yes" if self.removed_name else "",
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The canonical names of the packages that the user requires."""
        return self.requirements.names if self.requirements else ()

    def with_exported_constraints(self, scratch: Path) -> "Installation":
        """Return the inputs with the user's constraints in files that uv reads."""
        options = requirement_files.export_constraints(
            self.app, self.index, self.variables, scratch
        )
        return replace(self, index=replace(self.index, options=options))
