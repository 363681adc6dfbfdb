"""Releases of the wrapper that seldon-serve cannot start.

From 1.5 on, the wrapper serves REST and gRPC side by side. An older release takes the API as an
argument, and serves it alone on a port of its own (seldon_core 1.4, microservice.py).
"""

import re

from seldon_buildpack.messages.errors.wrapper import WrapperTooOld

_OLDEST = (1, 5)


def refuse_old_release(version: str) -> None:
    """Check a release, `1.17.1`; anything else, such as a range, is not checked.

    Raises:
        WrapperTooOld: The release is too old.
    """
    numbers = re.match(r"(\d+)(?:\.(\d+))?", version)
    if numbers and (int(numbers[1]), int(numbers[2] or 0)) < _OLDEST:
        raise WrapperTooOld(version)
