"""The time of each step of a build, for BP_LOG_LEVEL=debug."""

import functools
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from seldon_buildpack.context import BuildContext

VARIABLE = "BP_LOG_LEVEL"
_DEBUG = "debug"

P = ParamSpec("P")
R = TypeVar("R")


def is_debug(level: str) -> bool:
    """Return whether a value of BP_LOG_LEVEL asks for the times; any other value is the default."""
    return level.lower() == _DEBUG


def timed(
    step: Callable[Concatenate[BuildContext, P], R],
) -> Callable[Concatenate[BuildContext, P], R]:
    """Log how long a step takes; its name is the function's."""
    name = step.__name__.replace("_", " ")

    @functools.wraps(step)
    def run(context: BuildContext, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with context.log.step(name):
            return step(context, *args, **kwargs)

    return run


def seconds_since_start() -> float:
    """Return the age of this process in seconds: what Python and the imports took.

    It is 0 on a system without /proc.
    """
    try:
        # After the program's name in parentheses; the 22nd field is the start in ticks (proc(5)).
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
