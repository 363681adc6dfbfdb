"""environment.yml as conda reads it: channels, dependencies, a section for pip, variables. Each fault is said with its line."""

from collections.abc import Mapping
from pathlib import Path

from seldon_buildpack.project.conda.model import CondaEnvironment


def read(app: Path, path: Path, env: Mapping[str, str]) -> CondaEnvironment:
    """Read environment.yml; ``env`` is what variables in channels are looked up in (conda: os.path.expandvars).

    Raises a BuildError for a file that is not text, not YAML, or does not say what conda would take.
    """
    raise NotImplementedError
