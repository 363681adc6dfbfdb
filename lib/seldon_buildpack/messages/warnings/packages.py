"""Warnings about packages that are built from source."""

from collections.abc import Sequence

from seldon_buildpack.messages.name_lists import first_names
from seldon_buildpack.messages.warnings.base import Advice


def built_with_older_setuptools(removed: str, constraint: str) -> Advice:
    """Warn that a build from source needed an older setuptools."""
    return Advice(
        f"A package needs {removed}, which new releases of setuptools no longer have. It was built with {constraint}.",
        f"To skip the first attempt, write {constraint} to a file and set PIP_BUILD_CONSTRAINT to the file's name.",
    )


def variables_withheld(names: Sequence[str]) -> Advice:
    """Warn that a build from source failed, and did not get these variables of --env."""
    return Advice(
        f"Package builds do not see these variables of pack build --env: {first_names(names)}.",
        "If the build needs one, add --env BP_BUILD_VARIABLES with its name.",
    )
