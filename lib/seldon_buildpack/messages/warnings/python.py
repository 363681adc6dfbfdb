"""Warnings about the Python that is chosen."""

from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.origin import Origin


def version_file_passed_over(file: str, value: str) -> Advice:
    """Warn about a version file without a version; pyenv's may name an environment."""
    return Advice(
        f"{file} contains `{value}`, which is not a Python version, and is ignored.",
        "Write a version there, such as 3.12, or set BP_PYTHON_VERSION.",
    )


def other_python_requested(source: Origin, python: str) -> Advice:
    """Warn that BP_PYTHON_VERSION is not the Python that the source says it is for."""
    return Advice(
        f"BP_PYTHON_VERSION chooses Python {python}, which does not satisfy {source.describe()}.",
        f"Unset BP_PYTHON_VERSION to follow {source.name}.",
    )


def python_added(name: str, python: str) -> Advice:
    """Warn that Python was added to an environment that does not list it.

    s2i's conda created an environment in which no model could be served.
    """
    return Advice(
        f"{name} does not list Python, so Python {python} is added.",
        f"Add `- python={python}` to its dependencies.",
    )
