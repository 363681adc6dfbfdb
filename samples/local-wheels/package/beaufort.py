"""The Beaufort scale."""

from bisect import bisect_right

# The lowest speed in m/s of each number from 1 on (WMO).
_LOWEST = (0.3, 1.6, 3.4, 5.5, 8.0, 10.8, 13.9, 17.2, 20.8, 24.5, 28.5, 32.7)


def force(speed: float) -> int:
    """The Beaufort number, 0 to 12, of a speed in m/s."""
    return bisect_right(_LOWEST, speed)
