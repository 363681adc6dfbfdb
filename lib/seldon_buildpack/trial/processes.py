"""The processes that a trial leaves: found by their ancestors, and ended.

A process that leaves its session and whose parent ends is adopted by the build, which is made the
reaper of its descendants for as long as the trial lasts.
"""

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_SET_DUMPABLE, _SET_CHILD_SUBREAPER = 4, 36
_SECONDS_TO_END = 5.0
_SECONDS_OF_GRACE = 1.0
# Measuring shared memory takes the kernel up to a millisecond for each process.
_MOST_MEASURED = 16
# The files with the limit of memory and its use, and the counter of pages of files: cgroup v2, v1.
_CONTROL_GROUPS = (
    ("sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory.current", "file"),
    (
        "sys/fs/cgroup/memory/memory.limit_in_bytes",
        "sys/fs/cgroup/memory/memory.usage_in_bytes",
        "total_cache",
    ),
)
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process, its parent, and the memory that it has."""

    pid: int
    parent: int
    memory: int
    is_zombie: bool = False


@contextlib.contextmanager
def adopting_orphans() -> Iterator[frozenset[int]]:
    """Adopt orphaned descendants; yield this process's children that are not to be ended.

    Meanwhile, other processes of the user cannot read the memory of this one.
    """
    libc = ctypes.CDLL(None)
    libc.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    libc.prctl(_SET_DUMPABLE, 0, 0, 0, 0)
    try:
        yield frozenset(process.pid for process in list_descendants(frozenset()))
    finally:
        libc.prctl(_SET_DUMPABLE, 1, 0, 0, 0)
        libc.prctl(_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def list_descendants(kept: frozenset[int]) -> list[Process]:
    """Return this process's descendants, without ``kept`` and theirs."""
    by_parent: dict[int, list[Process]] = {}
    for process in _list_all():
        by_parent.setdefault(process.parent, []).append(process)
    descendants: list[Process] = []
    waiting = [os.getpid()]
    while waiting:
        children = [
            process for process in by_parent.get(waiting.pop(), ()) if process.pid not in kept
        ]
        descendants += children
        waiting += [process.pid for process in children]
    return descendants


def measure_memory(running: Sequence[Process]) -> int:
    """Return how many bytes processes have together; shared memory counts once."""
    total = 0
    for process in running[:_MOST_MEASURED]:
        try:
            text = Path(f"/proc/{process.pid}/smaps_rollup").read_bytes()
            total += int(text.partition(b"\nPss:")[2].split(maxsplit=1)[0]) * 1024
        except (OSError, ValueError, IndexError):
            total += process.memory
    return total + sum(process.memory for process in running[_MOST_MEASURED:])


def _list_all() -> Iterator[Process]:
    for entry in os.listdir("/proc"):  # noqa: PTH208
        if entry.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                # The name, in parentheses, may have spaces and parentheses (proc_pid_stat(5)).
                words = _read_stat(entry)
                pages = int(words[21])
                yield Process(
                    pid=int(entry),
                    parent=int(words[1]),
                    memory=pages * _PAGE,
                    is_zombie=words[0] == b"Z",
                )


def _read_stat(pid: str) -> list[bytes]:
    # This is read a thousand times, and pathlib takes longer than the kernel.
    with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
        return file.read().rpartition(b") ")[2].split()


def wait_for_descendants(kept: frozenset[int]) -> None:
    """Give helpers that notice the end of the model the time to end as well."""
    end = time.monotonic() + _SECONDS_OF_GRACE
    while time.monotonic() < end:
        running = list_descendants(kept)
        for process in running:
            with contextlib.suppress(OSError):
                os.waitpid(process.pid, os.WNOHANG)
        if all(process.is_zombie for process in running):
            return
        time.sleep(0.02)


def end_descendants(kept: frozenset[int]) -> int:
    """End all descendants but ``kept``, and return how many were still running."""
    running: set[int] = set()
    end = time.monotonic() + _SECONDS_TO_END
    while processes := list_descendants(kept):
        for process in processes:
            with contextlib.suppress(OSError):
                os.kill(process.pid, signal.SIGKILL)
            with contextlib.suppress(OSError):
                os.waitpid(process.pid, os.WNOHANG)
        running.update(process.pid for process in processes if not process.is_zombie)
        if time.monotonic() > end:
            break
        time.sleep(0.002)
    return len(running)


def count_threads() -> int:
    """Return the number of threads that this process can see."""
    total = 0
    for entry in os.listdir("/proc"):  # noqa: PTH208
        if entry.isdigit():
            with contextlib.suppress(OSError, ValueError, IndexError):
                total += int(_read_stat(entry)[17])
    return total


def read_available_memory(root: Path = Path("/")) -> int:
    """Return how many bytes are available, within the limit of the control group.

    Pages of files, which the kernel drops if memory runs out, count as available.
    """
    available = 1 << 62
    with contextlib.suppress(OSError, ValueError):
        for line in (root / "proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                available = int(line.split()[1]) * 1024
    for limit, used, pages in _CONTROL_GROUPS:
        with contextlib.suppress(OSError, ValueError, KeyError):
            folder = (root / limit).parent
            counters = dict(
                line.split() for line in (folder / "memory.stat").read_text().splitlines()
            )
            taken = int((root / used).read_text()) - int(counters[pages])
            available = min(available, int((root / limit).read_text()) - taken)
    return max(available, 0)
