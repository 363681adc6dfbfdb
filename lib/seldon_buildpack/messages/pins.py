"""What the wheels of pinned requirements say about the Python, for the log and its warnings."""

from collections.abc import Sequence

from seldon_buildpack.messages.warnings import Advice
from seldon_buildpack.origin import Kind, Origin

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


def not_for_this_python(
    pins: Sequence[str], python: str, source: Origin, fitting: str, buildable: bool
) -> Advice:
    """Warn that pins have no wheels for a Python that was set.

    ``fitting`` is the newest Python for which all pins have wheels, or "". ``buildable`` says
    whether each pin has a source archive for the Python that was set.
    """
    phrase = without_wheels(pins, f"Python {python}", and_later=False)
    then = "they are built from source" if len(pins) > 1 else "it is built from source"
    lack = "and not all of them have a source archive for it"
    if len(pins) == 1:
        lack = "and no source archive for it"
    setting = (
        f"set BP_PYTHON_VERSION={fitting}"
        if source.kind is Kind.VARIABLE
        else f"change {source.name} or set BP_PYTHON_VERSION={fitting}"
    )
    return Advice(
        f"{phrase}{': ' + then if buildable else ', ' + lack} ({source.describe()}).",
        f"All pins have wheels for Python {fitting}: {setting}."
        if fitting
        else "No Python has wheels for all pins: change the pins if this fails.",
    )
