"""Which of the wrapper's pin sets are tried, in which order, and why the first is not used.

The first set that the model's requirements allow is used: ``layers/wrapper_choice.py`` resolves
with one after the other, ``layers/conda.py`` solves with the constraints of each. ``current`` is first,
because its releases get fixes.
"""

from dataclasses import dataclass
from enum import Enum

from seldon_buildpack.bundle import CURRENT, UPSTREAM
from seldon_buildpack.messages import pin_sets as phrases
from seldon_buildpack.messages.errors.wrapper import PinsUnknown

AUTO = "auto"
_SETS = {
    "": (CURRENT, UPSTREAM),
    AUTO: (CURRENT, UPSTREAM),
    UPSTREAM: (UPSTREAM,),
    CURRENT: (CURRENT,),
}


class FallbackCause(Enum):
    """Why the first pin set is not used."""

    # The requirements conflict with it.
    CONFLICT = "conflict"
    # It needs a download that failed.
    FAILURE = "failure"


@dataclass(frozen=True)
class Fallback:
    """Why the first pin set is not used, and the requirement or the error that it is about."""

    cause: FallbackCause
    subject: str

    def as_text(self) -> str:
        """Return the text for a layer's metadata."""
        return f"{self.cause.value} {self.subject}"


def read_fallback(text: str) -> Fallback | None:
    """Return what ``Fallback.as_text`` was made from; None for an empty text."""
    cause, _, subject = text.partition(" ")
    return Fallback(FallbackCause(cause), subject) if cause else None


def list_pin_sets(requested: str) -> tuple[str, ...]:
    """Return the pin sets to try; ``requested`` is BP_SELDON_PINS, empty for auto.

    Raises:
        PinsUnknown: There is no such pin set.
    """
    sets = _SETS.get(requested.lower())
    if sets is None:
        raise PinsUnknown(requested)
    return sets


def is_forced(requested: str) -> bool:
    """Return whether BP_SELDON_PINS names a set."""
    return requested.lower() not in ("", AUTO)


def explain_choice(requested: str, pins: str, because: Fallback | None, python: str) -> str:
    """Return why a pin set is used, for the log; "" for the default."""
    if pins and is_forced(requested):
        return phrases.forced()
    if pins != UPSTREAM:
        return ""
    if not because:
        return phrases.current_not_locked(python)
    match because.cause:
        case FallbackCause.CONFLICT:
            return phrases.current_conflicts(because.subject)
        case FallbackCause.FAILURE:
            return phrases.current_failed(because.subject)
