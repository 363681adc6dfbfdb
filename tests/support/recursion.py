"""A small stack, for tests of values that are nested too deeply: the limit is reached at once."""

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def recursion_limit(frames: int = 150) -> Iterator[None]:
    """Allow ``frames`` more calls on the stack; PyYAML takes a second to use up the usual 1000."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + frames)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
