"""Choice of the conda file to install from, and of its reader.

A lock takes precedence over the file that it was generated from.
"""

from collections.abc import Mapping
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.manifests.conda.types import MARK, CondaEnvironment

CONDA_LOCK, PIXI_LOCK = "conda-lock.yml", "pixi.lock"
# File names for explicit specs in conda's documentation and in conda-lock.
EXPLICIT = ("conda-linux-64.lock", "explicit.txt", "spec-file.txt", "environment.txt")
ENVIRONMENT = ("environment.yml", "environment.yaml")
NAMES = (CONDA_LOCK, PIXI_LOCK, *EXPLICIT, *ENVIRONMENT)


def find(app: Path) -> Path | None:
    """Return the file that the environment is installed from, or None if there is none."""
    return next((app / name for name in NAMES if is_one(app / name)), None)


def is_one(path: Path) -> bool:
    """Return whether the file is a conda file by its name, and if needed by its content.

    Any text file can be named explicit.txt, so such a file must also contain @EXPLICIT.
    """
    if not user_files.is_file(path) and not path.is_symlink():
        return False
    if path.name not in EXPLICIT:
        return True
    try:
        return any(line.strip() == MARK for line in user_files.read(path.parent, path).splitlines())
    except OSError:
        return False


def read(app: Path, path: Path, env: Mapping[str, str]) -> CondaEnvironment:
    """Read the file with the reader for its kind.

    Raises:
        BuildError: The file cannot be read, or is invalid.
    """
    # The readers are slow to import, and most sources have none of these files.
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
