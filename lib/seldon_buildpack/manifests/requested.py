"""The files that BP_REQUIREMENTS selects as manifests.

They are requirements files, in order, or one other manifest. Any other manifest is then left out.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.manifests.conda import select as conda_files
from seldon_buildpack.manifests.inputs import MANIFESTS
from seldon_buildpack.manifests.s2i_paths import resolve_s2i_path
from seldon_buildpack.messages.errors.manifests import (
    RequestedFileMissing,
    RequestedFilesMixed,
    RequestedFileUnsuited,
)

VARIABLE = "BP_REQUIREMENTS"

_YAML = (".yml", ".yaml")
# Of these formats, only the manifests with a fixed name can be read.
_OTHER_FORMATS = (".toml", ".py", ".cfg", ".json", ".ipynb")


def requested_files(app: Path, env: Mapping[str, str]) -> tuple[Path, ...]:
    """Return the files that the variable names, in order; empty if it is not set.

    Raises:
        RequestedFileMissing: A file is not in the source.
        RequestedFileUnsuited: A file is not one that can be read under any name.
        RequestedFilesMixed: There are several, and one is not a requirements file.
    """
    names = env.get(VARIABLE, "").split()
    paths = tuple(dict.fromkeys(_inside(app, name) for name in names))
    for path in paths:
        relative = str(path.relative_to(app))
        if not _is_fixed(app, path) and path.suffix in _OTHER_FORMATS:
            raise RequestedFileUnsuited(relative)
        if len(paths) > 1 and (is_conda(path) or _is_fixed(app, path)):
            raise RequestedFilesMixed(relative)
    return paths


def is_conda(path: Path) -> bool:
    """Return whether a selected file is read as a conda environment or a lock of one."""
    return path.suffix in _YAML or (path.name in conda_files.NAMES and conda_files.is_one(path))


def _is_fixed(app: Path, path: Path) -> bool:
    """Return whether it is a manifest at the top, other than a requirements file, by its name."""
    return path.parent == app and path.name in MANIFESTS[1:] and path.suffix != ".txt"


def _inside(app: Path, name: str) -> Path:
    # Links are followed when the file is read, which refuses those that lead out of the source.
    path = Path(os.path.normpath(app / resolve_s2i_path(app, name)))
    if not path.is_relative_to(app) or not user_files.is_file(path):
        raise RequestedFileMissing(name, is_outside=not path.is_relative_to(app))
    return path
