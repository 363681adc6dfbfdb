"""Handle Ctrl-C and SIGTERM: commands and their child processes get time to clean up."""

import contextlib
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_TIDY_SECONDS = 60


class Terminated(KeyboardInterrupt):
    """SIGTERM was received. Unlike Ctrl-C, it does not reach the child processes by itself."""


@contextlib.contextmanager
def treat_sigterm_as_interrupt() -> Iterator[None]:
    """Handle SIGTERM like Ctrl-C, so that stopping make leaves no engine or cluster behind. Raises Terminated."""

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
    """Run a program that cleans up when interrupted, and wait for that. Returns its exit code; raises KeyboardInterrupt."""
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
