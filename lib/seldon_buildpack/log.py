"""Everything a good build prints: facts in aligned lines, slow steps with their time, warnings that say what to do.

Every line passes the masker, which the build sets once the settings are read.
"""

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO

from seldon_buildpack.secrets import Masker

_LABEL_WIDTH = 14


@dataclass(frozen=True)
class Advice:
    """Something that is taken as meant, or will surprise: what was found, and what to do about it."""

    found: str
    todo: str


@dataclass
class Log:
    """Prints to the platform's log; lifecycle merges standard error into it, so one stream is enough."""

    stream: TextIO = field(default_factory=lambda: sys.stdout)
    masker: Masker = field(default_factory=Masker)

    def line(self, text: str = "") -> None:
        """One line, masked and flushed: platforms show it while the build runs."""
        print(self.masker.mask(text).rstrip(), file=self.stream, flush=True)

    def heading(self, text: str) -> None:
        """A line that opens a part, with an empty line before it."""
        self.line()
        self.line(text)

    def fact(self, label: str, value: str, source: str = "") -> None:
        """What was chosen, and in brackets where that came from or how to change it."""
        self.line(f"  {label:<{_LABEL_WIDTH}}{value}" + (f"  ({source})" if source else ""))

    def tool(self, text: str) -> None:
        """A line of another tool's own output."""
        self.line(f"      {text}")

    def advise(self, advice: Advice) -> None:
        """A warning: what was found, then what to do."""
        self.line(f"  Warning: {advice.found}")
        self.line(f"           {advice.todo}")

    @contextlib.contextmanager
    def timed(self, doing: str) -> Iterator[None]:
        """A slow step: the line before it, the seconds after it."""
        self.line(f"    {doing}")
        start = time.monotonic()
        yield
        self.line(f"    done in {time.monotonic() - start:.1f} s")
