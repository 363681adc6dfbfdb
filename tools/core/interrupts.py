"""Handling of Ctrl-C and SIGTERM that gives child processes time to clean up."""

import contextlib
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_TIDY_SECONDS = 60


class Terminated(KeyboardInterrupt):
    """The effect of SIGTERM, which unlike Ctrl-C does not reach the child processes by itself."""


@contextlib.contextmanager
def treat_sigterm_as_interrupt() -> Iterator[None]:
    """Handle SIGTERM like Ctrl-C, so that stopping make leaves no engine or cluster running.

    Raises:
        Terminated: SIGTERM was received.
    """

    def terminated(*_: object) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def ignore_interrupts() -> Iterator[None]:
    """Ignore Ctrl-C and SIGTERM during cleanup."""
    before = {
        number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_to_end(words: Sequence[str], cwd: Path, env: Mapping[str, str]) -> int:
    """Run a program, return its exit code, and wait for its cleanup if it is interrupted.

    Raises:
        KeyboardInterrupt: The program was interrupted, and has ended.
    """
    with subprocess.Popen(words, cwd=cwd, env=env) as program:
        try:
            return program.wait()
        except KeyboardInterrupt as interrupt:
            with ignore_interrupts():
                if isinstance(interrupt, Terminated):
                    program.send_signal(signal.SIGINT)
                try:
                    program.wait(_TIDY_SECONDS)
                except subprocess.TimeoutExpired:
                    program.kill()
            raise
