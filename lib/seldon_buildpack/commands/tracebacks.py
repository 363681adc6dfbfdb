"""Removal of stack frames from the output of Python programs."""

from collections.abc import Sequence


def without_frames(lines: Sequence[str]) -> list[str]:
    """Return the lines without the stack frames of tracebacks.

    The lines that are left, such as the exception's message, say what went wrong.
    """
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
