"""A command of make that is ended by a signal: what it runs gets the time to tidy up."""

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from tools.core import interrupts

_TIDIES = """import pathlib, time
try:
    pathlib.Path("begun").touch()
    time.sleep(30)
except KeyboardInterrupt:
    time.sleep(0.2)
    pathlib.Path("tidied").touch()
"""


def _terminated(begun: Path) -> None:
    """SIGTERM to this process alone, as soon as the program is at work."""
    for _ in range(200):
        if begun.exists():
            break
        threading.Event().wait(0.05)
    os.kill(os.getpid(), signal.SIGTERM)


def test_interrupted_program_is_waited_for_when_make_ends(tmp_path: Path) -> None:
    killer = threading.Thread(target=_terminated, args=[tmp_path / "begun"])
    with interrupts.treat_sigterm_as_interrupt(), pytest.raises(interrupts.Terminated):
        killer.start()
        interrupts.run_to_end([sys.executable, "-c", _TIDIES], tmp_path, {})
    killer.join()
    assert (tmp_path / "tidied").exists()


def test_a_program_that_ends_by_itself_gives_its_exit_code(tmp_path: Path) -> None:
    assert interrupts.run_to_end([sys.executable, "-c", "raise SystemExit(3)"], tmp_path, {}) == 3
