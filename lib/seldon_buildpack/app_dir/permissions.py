"""The application directory as it goes into the image: with the modes it has, and with its links as they are (spec: Phase #4: Export).

It belongs to the build's user there, and Seldon's operator serves as another, 8888. s2i made that one the owner of everything; here every user
may read everything, so that a source from a careful umask serves as any user. No file is opened: a source may hold gigabytes.
"""

import contextlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.messages import warnings
from seldon_buildpack.messages.warnings import Advice


@dataclass(frozen=True)
class Files:
    """The regular files below the application directory, by their relative paths, with their sizes in bytes; and what is to be said of the rest."""

    sizes: Mapping[str, int]
    advice: tuple[Advice, ...] = ()


def open_to_all(app: Path) -> Files:
    """Let every user read everything and look into every directory, and run what its owner may run; returns what is there."""
    sizes: dict[str, int] = {}
    closed = [] if _opened(str(app), app.stat().st_mode) else ["the directory itself"]
    leading_nowhere = []
    for entry in _below(app):
        name = entry.path[len(str(app)) + 1 :]
        if entry.is_symlink():
            # An absolute one may be meant for what is mounted at run.
            if not Path(entry.path).readlink().is_absolute() and not _exists(Path(entry.path)):
                leading_nowhere.append(name)
            continue
        status = entry.stat(follow_symlinks=False)
        if not _opened(entry.path, status.st_mode):
            closed.append(name)
        if stat.S_ISREG(status.st_mode):
            sizes[name] = status.st_size
    advice = [warnings.closed_to_others(sorted(closed))] if closed else []
    advice += [warnings.links_lead_nowhere(sorted(leading_nowhere))] if leading_nowhere else []
    return Files(sizes, tuple(advice))


def let_owner_write(app: Path) -> None:
    """Let the build's user add to and remove from every directory: a package of the source is built beside its files."""
    for path, mode in ((str(app), app.stat().st_mode), *_directories(app)):
        if not mode & stat.S_IWUSR:
            # One of somebody else's stays as it is, and what needs it says so.
            with contextlib.suppress(OSError):
                Path(path).chmod(stat.S_IMODE(mode) | stat.S_IWUSR)


def _directories(app: Path) -> Iterator[tuple[str, int]]:
    for entry in _below(app):
        if entry.is_dir(follow_symlinks=False):
            yield entry.path, entry.stat(follow_symlinks=False).st_mode


def write(path: Path, data: bytes) -> None:
    """Give a file of the source another content; it keeps its mode, and may be one that is not to be written to."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & stat.S_IWUSR:
        path.chmod(mode | stat.S_IWUSR)
    path.write_bytes(data)
    if not mode & stat.S_IWUSR:
        path.chmod(mode)


def _below(app: Path) -> Iterator[os.DirEntry[str]]:
    """Every entry at any depth; a directory comes before what is in it, so that it can be opened first."""
    waiting = [str(app)]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(folder) as found:
                entries = list(found)
        except OSError:
            continue
        for entry in entries:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        # A link that leads in a circle.
        return False


def _opened(path: str, mode: int) -> bool:
    """`chmod a+rX`; whether it did not have to be done or could be."""
    wanted = mode | 0o444 | (0o111 if stat.S_ISDIR(mode) or mode & 0o111 else 0)
    if wanted == mode:
        return True
    try:
        Path(path).chmod(stat.S_IMODE(wanted))
    except OSError:
        return False
    return True
