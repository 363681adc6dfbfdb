"""Removal of what building a local package leaves in the user's source."""

import shutil
from collections.abc import Iterable
from pathlib import Path

_TRACES = ("build", "*.egg-info", "__pycache__")


def entries(folders: Iterable[Path]) -> frozenset[Path]:
    """Return every file and folder below the folders."""
    return frozenset(path for folder in folders if folder.is_dir() for path in folder.rglob("*"))


def tidy(folders: Iterable[Path], editable: Iterable[Path], before: frozenset[Path]) -> bool:
    """Remove what a build added to the folders, and return whether anything was kept.

    A folder that is installed in editable mode keeps what the build compiled or wrote there (an
    extension module, a version file), since that is part of the package.
    """
    in_place = tuple(editable)
    added = entries(folders) - before
    left = False
    for path in sorted(added):
        if path.parent in added or not path.exists():
            continue
        if any(path.match(trace) for trace in _TRACES) or not any(
            path.is_relative_to(folder) for folder in in_place
        ):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        else:
            left = True
    return left
