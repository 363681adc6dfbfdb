"""Keeps the files of the image as they were before the trial.

Landlock lets the model write nothing there, but it does not protect the modes of files, and not
every kernel has it.
"""

import contextlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

# What identifies a file's state: size, time, mode.
State = tuple[int, int, int]


def list_files(folders: Iterable[Path]) -> dict[str, State]:
    """Return the state of every file and folder below these folders."""
    return {path: state for folder in folders for path, state in _below(str(folder))}


def _below(top: str) -> Iterator[tuple[str, State]]:
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                is_folder = entry.is_dir(follow_symlinks=False)
                # The size and the time of a folder change with its entries, which are listed.
                content = (0, 0) if is_folder else (status.st_size, status.st_mtime_ns)
                yield entry.path, (*content, status.st_mode)
                if is_folder:
                    waiting.append(entry.path)


def restore_files(
    before: Mapping[str, State], folders: Iterable[Path]
) -> tuple[list[str], list[str]]:
    """Undo changes, and return the paths that were added, and those that cannot be restored."""
    after = list_files(folders)
    added = sorted(after.keys() - before.keys())
    for path in added:
        if Path(path).is_dir() and not Path(path).is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            Path(path).unlink(missing_ok=True)
    lost = sorted(before.keys() - after.keys())
    for path in sorted(before.keys() & after.keys()):
        if before[path] == after[path]:
            continue
        if before[path][:2] == after[path][:2] and _kind(before[path]) == _kind(after[path]):
            Path(path).chmod(stat.S_IMODE(before[path][2]))
        else:
            lost.append(path)
    return added, lost


def _kind(state: State) -> int:
    return stat.S_IFMT(state[2])
