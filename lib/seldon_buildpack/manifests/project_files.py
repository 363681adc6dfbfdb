"""Which files of the source are there, and which of them does a text name?"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from seldon_buildpack.user_files import exists, is_file

_GLOB = re.compile(r"[*?\[]")


def walk_source(
    folder: Path, real: Path, home: Path, seen: set[Path]
) -> Iterator["os.DirEntry[str]"]:
    """Yield the files below a folder, following links that stay inside the source.

    ``real`` is the folder without links. Hidden folders and virtual environments are skipped.
    """
    with os.scandir(folder) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    for entry in entries:
        if _is_directory(entry):
            path = folder / entry.name
            below = path.resolve() if entry.is_symlink() else real / entry.name
            skipped = entry.name.startswith(".") or entry.name == "__pycache__"
            if skipped or below in seen or not below.is_relative_to(home):
                continue
            if not is_file(path / "pyvenv.cfg"):
                seen.add(below)
                yield from walk_source(path, below, home, seen)
        elif _is_regular(entry):
            yield entry


def _is_directory(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link that leads to itself.
        return False


def _is_regular(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def suffix_of(name: str) -> str:
    """Return a file name's suffix in lower case."""
    # Far faster than a Path for each of many thousand files.
    return os.path.splitext(name)[1].lower()  # noqa: PTH122


def is_inside(path: Path, home: Path) -> bool:
    """Return whether a path, following links, is in the source."""
    return path.resolve().is_relative_to(home)


def paths_of(folder: Path, home: Path, word: str) -> Iterator[Path]:
    """Yield the existing paths that a text may refer to.

    The text may be a requirement (`x @ file:///app/x`), a path that is appended to the project's
    directory (`/reqs.txt`), or a glob pattern.
    """
    text = word.rpartition(" @ ")[2].partition("#")[0].strip()
    text = text.removeprefix("file://").removeprefix("file:")
    if not text or len(text) > 255 or "\n" in text or "\0" in text or "://" in text:
        return
    for path in dict.fromkeys((folder / text, folder / text.lstrip("/"))):
        try:
            if exists(path):
                yield path
        except OSError:
            return
    if _GLOB.search(text):
        pattern = text.lstrip("/")
        try:
            if ".." in pattern and not is_inside(folder / _GLOB.split(pattern)[0], home):
                return
            # Code is served in place.
            yield from (path for path in folder.glob(pattern) if path.suffix != ".py")
        except (ValueError, NotImplementedError, OSError, RuntimeError):
            return


SETUP, PYPROJECT, SETUP_CFG = "setup.py", "pyproject.toml", "setup.cfg"


def is_project(folder: Path) -> bool:
    """Return whether a folder has a project that pip and uv can build."""
    return any(is_file(folder / name) for name in (SETUP, PYPROJECT))
