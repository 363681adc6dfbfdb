"""Slices for large files, so that a change of code writes, pushes and pulls only the code.

The largest files get a layer each, up to a limit. These layers are in the order of the files'
names, so that a new file leaves the layers before it unchanged. One more layer holds the other
large files, and directories without code that are large because of many small files. An image may
have at most about 120 layers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from seldon_buildpack.cnb.launch import Slice

LARGE = 10_000_000
_MOST_ALONE = 8
# The lifecycle walks through the whole source once for each path.
_MOST_TOGETHER = 16


@dataclass(frozen=True)
class Apart:
    """The slices, and their total size in bytes."""

    slices: tuple[Slice, ...] = ()
    size: int = 0


def apart(sizes: Mapping[str, int]) -> Apart:
    """Plan the slices for files, given as a mapping of paths to sizes."""
    alone = _largest(_MOST_ALONE, {path: size for path, size in sizes.items() if size >= LARGE})
    others = {path: size for path, size in sizes.items() if path not in alone}
    folders = _folders_of_data(others)
    single = {
        path: size
        for path, size in others.items()
        if size >= LARGE and not folders.keys() & set(_above(path))
    }
    together = _largest(_MOST_TOGETHER, folders | single)
    slices = [Slice((path,)) for path in sorted(alone)] + (
        [Slice(tuple(sorted(together)))] if together else []
    )
    return Apart(tuple(slices), sum(alone.values()) + sum(together.values()))


def _largest(most: int, sizes: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(sizes.items(), key=lambda one: (-one[1], one[0]))[:most])


def _folders_of_data(sizes: Mapping[str, int]) -> dict[str, int]:
    """Return the topmost directories that are large and have no Python code, with their sizes.

    Hidden directories are skipped: they belong to tools, and change when the tools run.
    """
    if sum(sizes.values()) < LARGE:
        return {}
    total: dict[str, int] = {}
    with_code: set[str] = set()
    for path, size in sizes.items():
        for folder in _above(path):
            total[folder] = total.get(folder, 0) + size
        if path.endswith(".py"):
            with_code.update(_above(path))
    data = {
        folder: size for folder, size in total.items() if size >= LARGE and folder not in with_code
    }
    uppermost = {
        folder: size
        for folder, size in data.items()
        if all(above in with_code for above in _above(folder))
    }
    return {folder: size for folder, size in uppermost.items() if not f"/{folder}".count("/.")}


def _above(path: str) -> Iterator[str]:
    """Yield the parent directories of a path, except the source itself."""
    while folder := path.rpartition("/")[0]:
        yield folder
        path = folder
