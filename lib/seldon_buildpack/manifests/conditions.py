"""Environment markers (PEP 508): which lines of a manifest apply to the chosen Python."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A requirement in a manifest."""

    # The package's canonical name; empty if the requirement has no name.
    name: str
    # The version specifier, as in `>=1,<2`.
    specifier: str = ""
    # The environment marker, as in `python_version < "3.9"`.
    marker: str = ""
    # Whether the package is at a URL or a path.
    by_url: bool = False
    # The names of the package's files, if a lock lists them.
    files: tuple[str, ...] = ()


def any_of(markers: Iterable[str]) -> str:
    """Return a marker that is true if any of the given markers is.

    The result is empty, which is always true, if one of them is empty.
    """
    alternatives = list(markers)
    return " or ".join(f"({marker})" for marker in alternatives) if all(alternatives) else ""


def all_of(markers: Iterable[str]) -> str:
    """Return a marker that is true if all of the given markers are."""
    return " and ".join(f"({marker})" for marker in markers if marker)


def holds(marker: str, python: str) -> bool:
    """Return whether a marker is true for a Python version, `3.12` or `3.12.1`.

    An invalid marker counts as true: uv reports it.
    """
    if not marker:
        return True
    # Slow to import, and most sources have no markers.
    from packaging.markers import Marker, default_environment

    # A minor version stands for its newest release.
    full = python if python.count(".") > 1 else f"{python}.99"
    environment = {
        **{name: str(value) for name, value in default_environment().items()},
        "python_version": ".".join(python.split(".")[:2]),
        "python_full_version": full,
        "implementation_version": full,
        "extra": "",
    }
    try:
        return Marker(marker).evaluate(environment)
    except ValueError:
        # All exceptions of packaging are ValueErrors, and so is that for a version with thousands
        # of digits.
        return True
