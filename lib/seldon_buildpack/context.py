"""The context that every step of a build gets."""

from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.log import Log


@dataclass(frozen=True, kw_only=True)
class BuildContext:
    """The platform, the bundle, the log and a scratch directory of one build."""

    # Directories and variables that the lifecycle sets.
    platform: Platform
    # The buildpack's own interpreters, wrappers, locks and uv.
    bundle: Bundle
    log: Log
    # Removed after the build. Files with the platform's secrets go here and nowhere else.
    scratch: Path

    @property
    def app_dir(self) -> Path:
        """Return the directory with the user's source."""
        return self.platform.app
