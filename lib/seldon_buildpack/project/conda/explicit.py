"""Files with @EXPLICIT: the URL of each package, a line each (conda list --explicit)."""

from collections.abc import Mapping
from pathlib import Path

from seldon_buildpack.project.conda.model import CondaEnvironment


def read(app: Path, path: Path, env: Mapping[str, str]) -> CondaEnvironment:
    """Read the packages for this platform. Raises a BuildError for a file that cannot be read, or has none for it."""
    raise NotImplementedError
