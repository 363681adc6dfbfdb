"""Errors of conda's lock files."""

from collections.abc import Sequence

from seldon_buildpack.messages.errors.base import BuildError


class LockLacksPlatform(BuildError):
    """A conda lock without packages for this platform.

    ``found`` are the platforms it has; ``renew`` is a command.
    """

    def __init__(self, name: str, found: Sequence[str], renew: str) -> None:
        super().__init__(
            f"`{name}` is not for linux-64",
            f"The image runs on linux-64, and the lock is for {', '.join(found) or 'no platform'}.",
            f"Add that platform to the lock: {renew}",
        )


class CondaLockWithoutPython(BuildError):
    """A conda lock without Python; nothing is installed that is not in the lock."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"`{name}` has no Python",
            "The model is served by the environment's Python, and only packages in the lock are installed.",
            f"Add python to the locked packages, for example python=3.12, and regenerate {name}.",
        )


class CondaLockForOtherPython(BuildError):
    """A conda lock with a different Python than was requested.

    ``version`` is the lock's Python; ``python`` is the one requested by ``source``.
    """

    def __init__(self, name: str, version: str, python: str, source: str) -> None:
        super().__init__(
            f"`{name}` is not for Python {python}",
            f"Its Python is {version}, and Python {python} was chosen: {source}.",
            f"Remove {source}: the lock decides which Python is installed.",
            f"Lock with python={python}, and replace {name}.",
        )


class ExplicitLineInvalid(BuildError):
    """A line after @EXPLICIT that is not a package URL."""

    def __init__(self, name: str, number: int, written: str) -> None:
        super().__init__(
            f"Line {number} of `{name}` is not the URL of a package",
            f"{written}\nAfter @EXPLICIT, each line is the URL of a .conda or .tar.bz2 file, optionally with `#` and its hash.",
            f"Regenerate the file on Linux: `conda list --explicit --sha256 > {name}`.",
            f"If it is a list of names, move them to environment.yml, and remove {name}.",
        )
