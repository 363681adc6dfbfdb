"""The build's log: facts in aligned lines, slow steps with their duration, and warnings.

Every line goes through the masker, which the build sets once it has read the settings.
"""

import contextlib
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from seldon_buildpack.masking import Masker
from seldon_buildpack.messages.name_lists import MOST_NAMES, first_names
from seldon_buildpack.messages.warnings.base import Advice

_LABEL_WIDTH = 14

_LAYER_WIDTH = 16
# Control characters except the tab, line separators, characters that change the writing direction,
# and lone surrogates.
_UNSHOWN = re.compile(
    "[\0-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
# What CI systems obey in the log of a job: GitHub's `::error::` at the start of a line, and
# `##[command]` and Azure's `##vso[` anywhere.
_COMMAND = re.compile(r"^\s*:(?=:)|(?<=#)#(?=\[|vso\[)")


def _visible(text: str) -> str:
    """Escape what controls a terminal or a CI system, ends a line or cannot be encoded.

    Names and files of the source are shown, not obeyed.
    """
    text = _UNSHOWN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
    return _COMMAND.sub(lambda found: f"{found[0][:-1]}\\x{ord(found[0][-1]):02x}", text)


def _format_time(step: str, seconds: float) -> str:
    return f"  [time] {step:<28}{seconds * 1000:8.1f} ms"


@dataclass
class Log:
    """Printer for the platform's log.

    The lifecycle merges standard error into the log, so one stream is enough.
    """

    stream: TextIO = field(default_factory=lambda: sys.stdout)
    masker: Masker = field(default_factory=Masker)
    # Whether to print the time of each step.
    shows_times: bool = False
    _seconds: float = field(default=0.0, init=False)

    def line(self, text: str = "") -> None:
        """Print a line, masked and flushed: platforms show it while the build runs."""
        print(_visible(self.masker.mask(text)).rstrip(), file=self.stream, flush=True)

    def heading(self, text: str) -> None:
        """Print an empty line and a heading."""
        self.line()
        self.line(text)

    def fact(self, label: str, value: str, source: str = "") -> None:
        """Print a choice and, in parentheses, where it comes from or how to change it."""
        self.line(f"  {label:<{_LABEL_WIDTH}}{value}" + (f"  ({source})" if source else ""))

    def tool(self, text: str) -> None:
        """Print a line of another tool's output."""
        self.line(f"      {text}")

    def advise(self, advice: Advice) -> None:
        """Print a warning: what was found, then what to do."""
        self.line(f"  Warning: {advice.found}")
        for line in advice.todo.splitlines():
            self.line(f"           {line}")

    def reused(self, layer: str) -> None:
        """Print that a layer of the last build is reused."""
        self.line(f"  {layer:<{_LAYER_WIDTH}}reused")

    def linked(self, layer: str, series: str) -> None:
        """Print that a layer is a link to the run image's runtime of that series."""
        self.line(f"  {layer:<{_LAYER_WIDTH}}in the run image ({series})")

    @contextlib.contextmanager
    def layer(self, name: str, reason: str) -> Iterator[None]:
        """Print the name of a layer and why it is built, then the time it took.

        The tools' own lines come in between.
        """
        self.line(f"  {name:<{_LAYER_WIDTH}}building ({reason})")
        start = time.monotonic()
        yield
        self.line(f"  {'':<{_LAYER_WIDTH}}done in {time.monotonic() - start:.1f} s")

    def chosen_by_conda(self, python: str, others: int, size: int, locked: bool) -> None:
        """Print what conda installs.

        ``size`` is in bytes, and 0 if unknown.
        """
        fetched = f", {size / 1_000_000:.0f} MB to download" if size else ""
        self.tool(
            f"{'locked' if locked else 'solved'}: python {python} and {others} more package{'' if others == 1 else 's'}{fetched}"
        )

    def pins(self, pins: str, why: str) -> None:
        """Print which pin set serves, if it is not the default."""
        self.line(f"  {'Pins':<{_LAYER_WIDTH}}{pins}  ({why})")

    def numpy(self, version: str, why: str) -> None:
        """Print the version of NumPy, if it is not that of the pin set."""
        self.line(f"  {'NumPy':<{_LAYER_WIDTH}}{version}  ({why})")

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Print the time of a step of the build, also of one that fails, if times are shown."""
        start = time.monotonic()
        try:
            yield
        finally:
            self.took(name, time.monotonic() - start)

    def took(self, name: str, seconds: float) -> None:
        """Print the time of a step that has ended, if times are shown."""
        self._seconds += seconds
        if self.shows_times:
            self.line(_format_time(name, seconds))

    def all_steps(self) -> None:
        """Print the sum of the times, if they are shown."""
        if self.shows_times:
            self.line(_format_time("all steps", self._seconds))

    def wrapper(self, version: str, licence: str) -> None:
        """Print the installed release of the wrapper, if it was not certain before."""
        self.line(f"  {'Wrapper':<{_LAYER_WIDTH}}seldon-core {version}  ({licence})")

    def masked_in_image(self, name: str) -> None:
        """Print that a file is in the image without its credentials and index settings."""
        self.line(f"  {name} is copied to the image without its index settings and credentials.")

    def private(self, names: Sequence[str]) -> None:
        """Print which files were removed from the image because they usually hold passwords."""
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        self.line(
            f"  Not in the image, because it may contain credentials: {', '.join(names[:MOST_NAMES])}{more} (to keep a file, set BP_KEEP_FILES)."
        )

    def left_out(self, names: Sequence[str]) -> None:
        """Print what .s2iignore excludes, the first few by name."""
        self.fact("Excluded", first_names(names), ".s2iignore")

    def large_files(self, size: int, layers: int) -> None:
        """Print the size of the large files, which a change of code does not write again."""
        where = "a separate layer" if layers == 1 else f"{layers} separate layers"
        self.fact(
            "Large files",
            f"{size / 1_000_000:.0f} MB in {where}",
            "reused after a change of code",
        )

    def closing(self, ports: Mapping[str, int], path: str, example: str) -> None:
        """Print how to run the image, and what to send to which path.

        ``ports`` are by protocol, REST's first.
        """
        (first, rest), *further = ports.items()
        listed = ", ".join(
            [f"{first} on port {rest}", *(f"{name} on {port}" for name, port in further)]
        )
        self.heading(f"Run it (replace my-model with your image's name; {listed})")
        published = [port for name, port in ports.items() if name != "metrics"]
        flags = " ".join(f"-p {port}:{port}" for port in published)
        self.line(f"  docker run --rm {flags} my-model")
        self.line(
            f"  curl -s localhost:{rest}{path} -H 'Content-Type: application/json' -d '{example}'"
        )
