"""How a sentence lists names: the first few, and how many more there are."""

from collections.abc import Sequence

MOST_NAMES = 5


def first_names(names: Sequence[str]) -> str:
    """Join the first few names, and count the rest."""
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
