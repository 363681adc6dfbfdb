"""Tracebacks in the output of Python programs."""

from collections.abc import Sequence


def without_frames(lines: Sequence[str]) -> list[str]:
    """The lines less what a Python program that ended with an error prints of its calls: what is left says what was wrong."""
    kept: list[str] = []
    depth = -1
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if line.strip() == "Traceback (most recent call last):":
            depth = indent
        elif depth < 0 or indent <= depth:
            depth = -1
            kept.append(line)
    return kept
