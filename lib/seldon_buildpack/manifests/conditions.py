"""Environment markers: which lines of a manifest count for the Python that is chosen (PEP 508: Environment Markers)."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Asked:
    """One line of a manifest: the package's canonical name if it has one, the versions, the condition, and whether a URL or path says where it is."""

    name: str
    specifier: str = ""
    marker: str = ""
    by_url: bool = False


def any_of(markers: Iterable[str]) -> str:
    """The marker that holds where one of these does; empty, which always holds, where one of them is."""
    alternatives = list(markers)
    return " or ".join(f"({marker})" for marker in alternatives) if all(alternatives) else ""


def all_of(markers: Iterable[str]) -> str:
    """The marker that holds where each of these does."""
    return " and ".join(f"({marker})" for marker in markers if marker)


def holds(marker: str, python: str) -> bool:
    """Whether a marker holds on this Python, `3.12` or `3.12.1`; one that cannot be read is uv's to judge."""
    if not marker:
        return True
    # Slow to import, and most sources have no marker.
    from packaging.markers import (
        InvalidMarker,
        Marker,
        UndefinedComparison,
        UndefinedEnvironmentName,
        default_environment,
    )

    # Of a minor the newest release is meant.
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
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName):
        return True
