"""Which of conda's files the source has, and its reader: a lock goes before the file that it was made from."""

from collections.abc import Mapping
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.manifests.conda.types import MARK, CondaEnvironment

CONDA_LOCK, PIXI_LOCK = "conda-lock.yml", "pixi.lock"
# The names under which conda's documentation and conda-lock write explicit specs.
EXPLICIT = ("conda-linux-64.lock", "explicit.txt", "spec-file.txt", "environment.txt")
ENVIRONMENT = ("environment.yml", "environment.yaml")
NAMES = (CONDA_LOCK, PIXI_LOCK, *EXPLICIT, *ENVIRONMENT)


def find(app: Path) -> Path | None:
    """The file that an environment is made from; None where the source has none."""
    return next((app / name for name in NAMES if is_one(app / name)), None)


def is_one(path: Path) -> bool:
    """Whether a file of one of the names is there, and is what its name says: any text may be called explicit.txt."""
    if not path.is_file() and not path.is_symlink():
        return False
    if path.name not in EXPLICIT:
        return True
    try:
        return any(line.strip() == MARK for line in user_files.read(path.parent, path).splitlines())
    except OSError:
        return False


def read(app: Path, path: Path, env: Mapping[str, str]) -> CondaEnvironment:
    """Read the file with the reader of its kind. Raises what that one raises."""
    # Each takes its time to import, and most sources have none of these files.
    if path.name == CONDA_LOCK:
        from seldon_buildpack.manifests.conda import conda_lock

        return conda_lock.read(app, path)
    if path.name == PIXI_LOCK:
        from seldon_buildpack.manifests.conda import pixi_lock

        return pixi_lock.read(app, path)
    if path.name in EXPLICIT:
        from seldon_buildpack.manifests.conda import explicit

        return explicit.read(app, path)
    from seldon_buildpack.manifests.conda import environment_yml

    return environment_yml.read(app, path, env)
