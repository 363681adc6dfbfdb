"""Warnings about packages that conda installs."""

from collections.abc import Mapping

from seldon_buildpack.messages.name_lists import first_names
from seldon_buildpack.messages.warnings.base import Advice


def conda_replaced(replaced: Mapping[str, tuple[str, str]]) -> Advice:
    """Warn about conda packages that the environment's pip section replaces.

    ``replaced`` maps a package's name to conda's version and pip's version.
    """
    shown = first_names(
        [f"{name} {own} (conda: {other})" for name, (other, own) in sorted(replaced.items())]
    )
    return Advice(
        f"The pip section replaces conda packages: {shown}.",
        "The section or the wrapper requires these versions. If other conda packages need conda's version, require the same version from conda.",
    )
