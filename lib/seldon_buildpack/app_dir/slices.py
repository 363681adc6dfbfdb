"""Layers of their own for what is large in the source: a change of code then writes, pushes and pulls the code alone.

A large file has a layer to itself, up to a number of them, the largest first; layers are in the order of the files' names, so that a new one
leaves those before it where they are. One more layer has the other large files, and directories without code that are large by many small
files. An image may not have more than some 120 layers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from seldon_buildpack.cnb.launch import Slice

LARGE = 10_000_000
_MOST_ALONE = 8
# The lifecycle walks through the whole source once for each path that it is given.
_MOST_TOGETHER = 16


@dataclass(frozen=True)
class Apart:
    """What lies in layers of its own, and its bytes in all."""

    slices: tuple[Slice, ...] = ()
    size: int = 0


def apart(sizes: Mapping[str, int]) -> Apart:
    """What is large among files given by their paths and sizes."""
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
    """The uppermost directories that are large and have no Python code, with their sizes; no hidden ones, which are a tool's and change with it."""
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
    """The directories that a path lies in, but for the source itself."""
    while folder := path.rpartition("/")[0]:
        yield folder
        path = folder
