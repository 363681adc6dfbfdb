"""Commands with the time at which each line of their output came, and what many runs of one come to."""

import contextlib
import statistics
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tools.core.steps import ToolError

_CAP_SECONDS = 600.0


@dataclass(frozen=True)
class Timed:
    """A command that succeeded: how long it took, and the seconds from its start to each line it printed."""

    seconds: float
    lines: tuple[tuple[float, str], ...]

    def parts(self, starts: Mapping[str, str]) -> dict[str, float]:
        """Seconds of each part of the run, by title. ``starts`` maps a title to how the line begins that opens the part.

        The empty beginning stands for the command's own start. A part whose line never came is left out; parts come in the order of
        ``starts``, and a line counts only after that of the part before it.
        """
        found: list[tuple[str, float]] = []
        after = 0
        for title, beginning in starts.items():
            place = next(
                (
                    n
                    for n in range(after, len(self.lines))
                    if self.lines[n][1].strip().startswith(beginning)
                ),
                None,
            )
            if not beginning:
                found.append((title, 0.0))
            elif place is not None:
                found.append((title, self.lines[place][0]))
                after = place + 1
        ends = [*(at for _, at in found[1:]), self.seconds]
        return {title: end - at for (title, at), end in zip(found, ends, strict=True)}


def timed(words: Sequence[str]) -> Timed:
    """Run a command, its output read line by line. Raises ToolError with its last lines where it fails or takes ten minutes."""
    lines: list[tuple[float, str]] = []
    begin = time.monotonic()
    with subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        watchdog = threading.Timer(_CAP_SECONDS, process.kill)
        watchdog.start()
        with contextlib.closing(process.stdout or ()) as output:  # type: ignore[type-var]
            lines += [(time.monotonic() - begin, line.rstrip("\n")) for line in output]
        code = process.wait()
        watchdog.cancel()
    if code:
        raise ToolError(
            f"{' '.join(words)} ended with {code}:", "\n    ".join(line for _, line in lines[-25:])
        )
    return Timed(time.monotonic() - begin, tuple(lines))


def median(values: Iterable[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def medians(runs: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The median of each key over several runs; a key that a run lacks counts as 0 there."""
    known = list(runs)
    titles = dict.fromkeys(title for run in known for title in run)
    return {title: median(run.get(title, 0.0) for run in known) for title in titles}
