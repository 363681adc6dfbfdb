"""Which of the wrapper's pin sets are tried, and in which order.

The first set that the model's requirements allow is used: ``layers/requirements.py`` resolves with
one after the other, ``layers/conda.py`` solves with the constraints of each.
"""

from seldon_buildpack.bundle import CURRENT, UPSTREAM
from seldon_buildpack.messages.errors.wrapper import PinsUnknown

AUTO = "auto"
_SETS = {
    "": (UPSTREAM, CURRENT),
    AUTO: (UPSTREAM, CURRENT),
    UPSTREAM: (UPSTREAM,),
    CURRENT: (CURRENT,),
}


def list_pin_sets(requested: str) -> tuple[str, ...]:
    """Return the pin sets to try; ``requested`` is BP_SELDON_PINS, empty for auto.

    Raises:
        PinsUnknown: There is no such pin set.
    """
    sets = _SETS.get(requested.lower())
    if sets is None:
        raise PinsUnknown(requested)
    return sets
