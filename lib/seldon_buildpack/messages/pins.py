"""Phrases about the wheels of pinned requirements, for the log, errors and warnings."""

from collections.abc import Sequence

_MOST_PINS = 4


def without_wheels(pins: Sequence[str], python: str, *, and_later: bool) -> str:
    """Return the phrase `numpy==1.19.4 has no wheels for 3.10 and later`."""
    has = "has" if len(pins) == 1 else "have"
    return f"{join_pins(pins)} {has} no wheels for {python}{' and later' if and_later else ''}"


def join_pins(pins: Sequence[str]) -> str:
    """Join the first few pins with commas and `and`, and count the rest."""
    names = list(pins[:_MOST_PINS])
    if len(pins) > _MOST_PINS:
        names.append(f"{len(pins) - _MOST_PINS} more")
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def ranges(minors: Sequence[int]) -> str:
    """Return minors of Python 3 in words: `3.6 to 3.8, 3.10`, or `none` for none."""
    runs: list[list[int]] = []
    for minor in sorted(minors):
        if runs and minor == runs[-1][-1] + 1:
            runs[-1].append(minor)
        else:
            runs.append([minor])
    words = (f"3.{run[0]}" if len(run) == 1 else f"3.{run[0]} to 3.{run[-1]}" for run in runs)
    return ", ".join(words) or "none"
