"""What a warning is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Advice:
    """A warning: what was found, and what to do about it."""

    found: str
    todo: str
