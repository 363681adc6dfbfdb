"""conda-lock.yml, the unified format that conda-lock and micromamba write."""

from collections.abc import Mapping
from pathlib import Path

from seldon_buildpack.project.conda.model import CondaEnvironment


def read(app: Path, path: Path, env: Mapping[str, str]) -> CondaEnvironment:
    """Read the packages for this platform. Raises a BuildError for a file that cannot be read, or has none for it."""
    raise NotImplementedError
