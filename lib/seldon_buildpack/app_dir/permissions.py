"""Permissions of the application directory.

It is exported with its modes and its links (spec: Phase #4: Export). The build's user owns it, but
Seldon's operator runs the model as user 8888. s2i made that user the owner of everything. Here
everything is readable for everyone instead, so that a source from a strict umask works for any
user. No file is opened, because a source may hold gigabytes.
"""

import contextlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.messages.warnings import source_files as source_files_warnings
from seldon_buildpack.messages.warnings.base import Advice


@dataclass(frozen=True)
class Files:
    """The regular files of the application directory, and advice about the other entries.

    ``sizes`` maps relative paths to sizes in bytes.
    """

    sizes: Mapping[str, int]
    advice: tuple[Advice, ...] = ()


def open_to_all(app: Path) -> Files:
    """Make everything readable for every user, as `chmod a+rX` does, and return the files."""
    sizes: dict[str, int] = {}
    closed = [] if _opened(str(app), app.stat().st_mode) else ["the directory itself"]
    leading_nowhere = []
    for entry in _below(app):
        name = entry.path[len(str(app)) + 1 :]
        if entry.is_symlink():
            # The target of an absolute link may be mounted when the image runs.
            if not Path(entry.path).readlink().is_absolute() and not _exists(Path(entry.path)):
                leading_nowhere.append(name)
            continue
        status = entry.stat(follow_symlinks=False)
        if not _opened(entry.path, status.st_mode):
            closed.append(name)
        if stat.S_ISREG(status.st_mode):
            sizes[name] = status.st_size
    advice = [source_files_warnings.closed_to_others(sorted(closed))] if closed else []
    advice += (
        [source_files_warnings.links_lead_nowhere(sorted(leading_nowhere))]
        if leading_nowhere
        else []
    )
    return Files(sizes, tuple(advice))


def let_owner_write(app: Path) -> None:
    """Let the build's user write to every directory.

    Building a package of the source adds and removes files next to its own.
    """
    for path, mode in ((str(app), app.stat().st_mode), *_directories(app)):
        if not mode & stat.S_IWUSR:
            # A directory of another user stays as it is. Whatever needs to write to it reports the
            # error.
            with contextlib.suppress(OSError):
                Path(path).chmod(stat.S_IMODE(mode) | stat.S_IWUSR)


def _directories(app: Path) -> Iterator[tuple[str, int]]:
    for entry in _below(app):
        if entry.is_dir(follow_symlinks=False):
            yield entry.path, entry.stat(follow_symlinks=False).st_mode


def write(path: Path, data: bytes) -> None:
    """Replace the content of a file of the source, even of a read-only one, and keep its mode."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if not mode & stat.S_IWUSR:
        path.chmod(mode | stat.S_IWUSR)
    path.write_bytes(data)
    if not mode & stat.S_IWUSR:
        path.chmod(mode)


def _below(app: Path) -> Iterator[os.DirEntry[str]]:
    """Yield every entry at any depth.

    A directory comes before its entries, so that the caller can make it readable first.
    """
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
        # The link is part of a loop.
        return False


def _opened(path: str, mode: int) -> bool:
    """Apply `chmod a+rX`, and return whether the mode is right now."""
    wanted = mode | 0o444 | (0o111 if stat.S_ISDIR(mode) or mode & 0o111 else 0)
    if wanted == mode:
        return True
    try:
        Path(path).chmod(stat.S_IMODE(wanted))
    except OSError:
        return False
    return True
