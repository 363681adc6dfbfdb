"""Ctrl-C and SIGTERM: what a command runs, and what it started, gets the time to be tidied up."""

import contextlib
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_TIDY_SECONDS = 60


class Terminated(KeyboardInterrupt):
    """SIGTERM came, which the programs that were started from here have not got, unlike a Ctrl-C."""


@contextlib.contextmanager
def interrupted_by_termination() -> Iterator[None]:
    """SIGTERM is taken as Ctrl-C, so that whoever ends make leaves neither an engine nor a cluster behind. Raises Terminated."""

    def terminated(*_: object) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """A second Ctrl-C does not leave half of it behind."""
    before = {
        number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_to_its_end(words: Sequence[str], cwd: Path, env: Mapping[str, str]) -> int:
    """Run a program that tidies up when interrupted, and give it the time for that. Returns its exit code; raises KeyboardInterrupt."""
    with subprocess.Popen(words, cwd=cwd, env=env) as program:
        try:
            return program.wait()
        except KeyboardInterrupt as interrupt:
            with undisturbed():
                if isinstance(interrupt, Terminated):
                    program.send_signal(signal.SIGINT)
                try:
                    program.wait(_TIDY_SECONDS)
                except subprocess.TimeoutExpired:
                    program.kill()
            raise
