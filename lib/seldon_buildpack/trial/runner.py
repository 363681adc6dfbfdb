"""Runs a command of the trial within its limits, and collects what it reports and prints."""

import contextlib
import os
import selectors
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from seldon_buildpack.trial import processes

_MOST_REPORTED = 1 << 20
_MOST_KEPT = 1 << 16
_MOST_RUNNING = 2048
_LOOK_SECONDS = 0.1
# The part of the available memory that the trial may use.
_SHARE = 0.8
# A shell between the build and the model: code that ends its parent process ends the shell.
_SUPERVISOR = ("/bin/sh", "-c", '"$@"; exit $?', "trial")


class CannotRun(Exception):
    """The build cannot start a process with these limits."""


class Ending(Enum):
    """How the trial's processes ended."""

    BY_THEMSELVES = auto()
    TIMED_OUT = auto()
    OUT_OF_MEMORY = auto()
    TOO_MANY_PROCESSES = auto()
    # The model has ended the process that started it.
    PARENT_KILLED = auto()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a command."""

    ending: Ending
    # The exit code of the command, as a shell has it: 128 and more for a signal.
    code: int
    # What it wrote to the descriptor of its report.
    report: bytes
    # The end of what it printed.
    output: str
    # How many bytes it printed.
    printed: int
    seconds: float
    # The most memory that it had, in bytes.
    memory: int
    # How many processes were still running when it ended.
    left_running: int


def run_limited(
    command: Callable[[int], Sequence[str]],
    env: Mapping[str, str],
    cwd: Path,
    seconds: float,
    restrict: Callable[[], None],
) -> Outcome:
    """Run a command that takes the descriptor of its report.

    ``restrict`` runs in the new process before the command. No process of it is left afterwards.

    Raises:
        CannotRun: The command cannot be started.
    """
    start = time.monotonic()
    with _pipe() as (report, report_end), _pipe() as (output, output_end):
        watched = _Watched(report=report, output=output)
        with processes.adopting_orphans() as kept:
            try:
                child = subprocess.Popen(
                    [*_SUPERVISOR, *command(report_end)],
                    cwd=cwd,
                    env=dict(env),
                    stdin=subprocess.DEVNULL,
                    stdout=output_end,
                    stderr=output_end,
                    pass_fds=(report_end,),
                    start_new_session=True,
                    preexec_fn=restrict,
                )
            except (OSError, subprocess.SubprocessError) as error:
                raise CannotRun(str(error)) from error
            try:
                watched.watch(child.pid, start + seconds, kept)
                watched.wait_for_descendants(kept)
            finally:
                left = processes.end_descendants(kept)
                # It has been waited for, but not by subprocess.
                child.returncode = watched.code
        watched.read_all()
    return Outcome(
        ending=watched.ending,
        code=watched.code,
        report=bytes(watched.reported),
        output=watched.text.decode(errors="replace"),
        printed=watched.printed,
        seconds=time.monotonic() - start,
        memory=watched.memory,
        left_running=left if watched.ending is Ending.BY_THEMSELVES else 0,
    )


@contextlib.contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    os.set_blocking(ends[0], False)
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


@dataclass(kw_only=True)
class _Watched:
    """The state of a running command."""

    # The descriptors from which its report and its output are read.
    report: int
    output: int
    reported: bytearray = field(default_factory=bytearray)
    text: bytearray = field(default_factory=bytearray)
    printed: int = 0
    memory: int = 0
    code: int = 0
    ending: Ending = Ending.BY_THEMSELVES

    def watch(self, pid: int, deadline: float, kept: frozenset[int]) -> None:
        """Read what the command writes, until it ends or breaks a limit."""
        limit = processes.read_available_memory() * _SHARE
        with selectors.DefaultSelector() as selector, _opened(pid) as ended:
            for descriptor in (self.report, self.output, *ended):
                selector.register(descriptor, selectors.EVENT_READ)
            looked = 0.0
            while not self._has_ended(pid):
                selector.select(_LOOK_SECONDS)
                self.read_all()
                now = time.monotonic()
                if now > deadline:
                    self.ending = Ending.TIMED_OUT
                    return
                if now - looked < _LOOK_SECONDS:
                    continue
                looked = now
                running = processes.list_descendants(kept)
                self.memory = max(self.memory, processes.measure_memory(running))
                if self.memory > limit:
                    self.ending = Ending.OUT_OF_MEMORY
                    return
                if len(running) > _MOST_RUNNING:
                    self.ending = Ending.TOO_MANY_PROCESSES
                    return

    def _has_ended(self, pid: int) -> bool:
        ended, status, used = os.wait4(pid, os.WNOHANG)
        if not ended:
            return False
        self.memory = max(self.memory, used.ru_maxrss * 1024)
        self.code = os.waitstatus_to_exitcode(status)
        if self.code < 0:
            self.ending = Ending.PARENT_KILLED
        return True

    def wait_for_descendants(self, kept: frozenset[int]) -> None:
        """Give helper processes of a command that has ended by itself time to end."""
        if self.ending is Ending.BY_THEMSELVES:
            processes.wait_for_descendants(kept)

    def read_all(self) -> None:
        """Read what is there. Of the output, only the end is kept."""
        for data in _read(self.report):
            self.reported += data[: _MOST_REPORTED - len(self.reported)]
        for data in _read(self.output):
            self.printed += len(data)
            self.text += data
            del self.text[:-_MOST_KEPT]


def _read(descriptor: int) -> Iterator[bytes]:
    # At most this often, so that a command that prints without end is still ended in time.
    for _ in range(64):
        try:
            data = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return
        if not data:
            return
        yield data


@contextlib.contextmanager
def _opened(pid: int) -> Iterator[tuple[int, ...]]:
    """Yield a descriptor that is readable when the process has ended.

    Older container engines do not allow it; the process is then looked at from time to time.
    """
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        yield ()
        return
    try:
        yield (descriptor,)
    finally:
        os.close(descriptor)
