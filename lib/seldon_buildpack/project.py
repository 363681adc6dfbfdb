"""What a build knows about the user's settings and source before it plans the layers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.app_dir.slices import Apart
from seldon_buildpack.manifests.conda.types import CondaEnvironment
from seldon_buildpack.manifests.requirements_txt import Requirements
from seldon_buildpack.masking import Secret
from seldon_buildpack.model.find import Model
from seldon_buildpack.package_sources.bindings import Bound
from seldon_buildpack.package_sources.conda_channels import Channels
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.python_version import PythonChoice
from seldon_buildpack.settings.model_trial import TrialSettings
from seldon_buildpack.settings.settings import Settings


@dataclass(frozen=True)
class UserSettings:
    """What the user set: by variables, in .s2i/environment, and by service bindings."""

    settings: Settings
    bound: Bound
    # Every secret known so far; the log masks them.
    secrets: tuple[Secret, ...]


@dataclass(frozen=True)
class Manifest:
    """What the source asks to install. Without an environment, uv installs everything."""

    environment: CondaEnvironment | None
    # For a conda environment, the requirements in its pip section.
    requirements: Requirements | None

    def files(self) -> tuple[CondaEnvironment | Requirements, ...]:
        """Return the parts that are present, conda's first."""
        return tuple(part for part in (self.environment, self.requirements) if part)


@dataclass(frozen=True)
class PackageSources:
    """Where packages come from."""

    index: Index
    channels: Channels


@dataclass(frozen=True)
class AppDir:
    """The source as the image will have it."""

    # Labels of the image: the model's, and those of image_metadata.json.
    labels: Mapping[str, str]
    # Large files, in layers of their own.
    large: Apart


@dataclass(frozen=True, kw_only=True)
class Project:
    """What the user set and wrote, read and checked."""

    # The directory with the source.
    app: Path
    settings: Settings
    model: Model
    python: PythonChoice
    # The conda environment, if the model has one.
    environment: CondaEnvironment | None
    channels: Channels
    # The requirements that uv installs, if there are any.
    requirements: Requirements | None
    # Settings from service bindings.
    bound: Bound
    index: Index
    # How far to try the model.
    trial: TrialSettings
    # Labels of the image.
    labels: Mapping[str, str]
    # Large files, in layers of their own.
    large: Apart
