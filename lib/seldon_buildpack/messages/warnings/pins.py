"""Warnings about pinned requirements and the Python that they have wheels for."""

from collections.abc import Sequence

from seldon_buildpack.messages.pins import without_wheels
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.origin import Kind, Origin


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
