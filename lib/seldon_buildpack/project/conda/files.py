"""Which of conda's files the source has, and its reader: a lock goes before the file that it was made from."""

from collections.abc import Mapping
from pathlib import Path

from seldon_buildpack.project.conda.model import CondaEnvironment


def find(app: Path) -> Path | None:
    """The file that an environment is made from; None where the source has none."""
    raise NotImplementedError


def read(app: Path, path: Path, env: Mapping[str, str]) -> CondaEnvironment:
    """Read the file with the reader of its kind. Raises what that one raises."""
    raise NotImplementedError
