"""Packages that the source holds as folders: building one leaves traces beside its files, which are not the user's."""

import shutil
from collections.abc import Iterable
from pathlib import Path

_TRACES = ("build", "*.egg-info", "__pycache__")


def entries(folders: Iterable[Path]) -> frozenset[Path]:
    """Every file and folder below them."""
    return frozenset(path for folder in folders if folder.is_dir() for path in folder.rglob("*"))


def tidy(folders: Iterable[Path], editable: Iterable[Path], before: frozenset[Path]) -> bool:
    """Remove what building added to the folders, and return whether something was left.

    What it compiled or wrote into a folder that is installed in place (an extension module, a version file) is part of
    the package and stays.
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
