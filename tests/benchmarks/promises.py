"""What the buildpack promises beside s2i, as ratios of medians taken in the same run; one that does not hold fails the benchmark."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.benchmarks import conda
from tests.benchmarks.conda import CondaFigures
from tests.benchmarks.measuring import CODE, Figures
from tests.benchmarks.models import Model
from tests.benchmarks.pins import SETS, Speed, ratios
from tests.benchmarks.timing import median, medians
from tests.benchmarks.ways import Way

# Two medians of the same image's starts, taken minutes apart on a machine that does nothing else, differ by up to a tenth.
_START_NOISE = 1.1
_OUR_SHARE_SECONDS = 0.3
_STOP_SECONDS = 2.0
_ENDED_WELL = (0, 143)


@dataclass(frozen=True)
class Promise:
    """A promise, what was measured of it, and whether that keeps it."""

    sentence: str
    figures: str
    holds: bool

    def line(self) -> str:
        """As the report and the console show it."""
        return f"{'holds' if self.holds else 'DOES NOT HOLD'}: {self.sentence} ({self.figures})"


def check(model: Model, s2i: Figures, ours: Figures, pack: Way) -> Iterator[Promise]:
    """Every promise about one model."""
    theirs, mine = median(s2i.starts), median(ours.starts)
    yield Promise(
        f"{model.name}: the first prediction is there no later than from s2i's image, {_START_NOISE} times its time allowed for noise",
        f"{mine:.2f} s to {theirs:.2f} s, ratio {mine / theirs:.2f}",
        mine <= _START_NOISE * theirs,
    )
    if model.has_requirements:
        theirs, mine = (
            median(run.seconds for run in figures.builds[CODE]) for figures in (s2i, ours)
        )
        yield Promise(
            f"{model.name}: a code-only rebuild is faster than s2i's",
            f"{mine:.1f} s to {theirs:.1f} s, ratio {mine / theirs:.2f}",
            mine < theirs,
        )
    around = with_lifecycle(medians(run.parts(pack.parts) for run in ours.builds[CODE]))
    yield Promise(
        f"{model.name}: detect and build together take less than {_OUR_SHARE_SECONDS} s of a code-only rebuild",
        f"{median(ours.own):.2f} s; {around:.2f} s with the lifecycle's own work around them",
        median(ours.own) < _OUR_SHARE_SECONDS,
    )
    least = s2i.size - s2i.pip_cache
    yield Promise(
        f"{model.name}: the image is smaller than s2i's, even without the cache that pip leaves in s2i's",
        f"{ours.size / 1e6:.0f} MB to {least / 1e6:.0f} MB, ratio {ours.size / least:.2f}",
        ours.size < least,
    )
    longest, codes = (
        max(stop.seconds for stop in ours.stops),
        sorted({stop.code for stop in ours.stops}),
    )
    yield Promise(
        f"{model.name}: docker stop takes less than {_STOP_SECONDS:.0f} s, and the exit code is 0 or 143",
        f"at most {longest:.2f} s, exit code {' or '.join(map(str, codes))}",
        longest < _STOP_SECONDS and all(code in _ENDED_WELL for code in codes),
    )


def check_pins(model: Model, speeds: Mapping[str, Speed]) -> Iterator[Promise]:
    """The current set of the wrapper's pins serves no slower than upstream's."""
    for what, ratio, shown in zip(
        ("start", "request"), ratios(speeds), ((1, "s"), (1000, "ms")), strict=True
    ):
        factor, unit = shown
        theirs, mine = (factor * median(getattr(speeds[pins], f"{what}s")) for pins in SETS)
        yield Promise(
            f"{model.name}: a {what} on the current set takes no longer than on upstream's pins, {_START_NOISE} times its time allowed for noise",
            f"{mine:.2f} {unit} to {theirs:.2f} {unit}, ratio {ratio:.2f}",
            ratio <= _START_NOISE,
        )


def check_conda(figures: CondaFigures, pack: Way) -> Iterator[Promise]:
    """A conda environment is not touched by a change of code, and conda's half of it not by one of pip's."""
    around = with_lifecycle(medians(one.parts(pack.parts) for one in figures.builds[conda.CODE]))
    yield Promise(
        f"conda: detect and build together take less than {_OUR_SHARE_SECONDS} s of a code-only rebuild, the lifecycle's own work around them included",
        f"{around:.2f} s",
        around < _OUR_SHARE_SECONDS,
    )
    first, code, pip = (
        median(one.seconds for one in figures.builds[step])
        for step in (conda.FIRST, conda.CODE, conda.PIP)
    )
    yield Promise(
        "conda: a code-only rebuild takes less than a half, and one with another package for pip less than all, of a first build",
        f"{code:.1f} s and {pip:.1f} s to {first:.1f} s",
        code < first / 2 and pip < first,
    )


def with_lifecycle(parts: Mapping[str, float]) -> float:
    """Seconds of those of pack's parts in which detect and build run."""
    return sum(
        seconds
        for title, seconds in parts.items()
        if title == "detect" or title.startswith("build: ")
    )
