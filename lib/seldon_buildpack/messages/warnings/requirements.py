"""Warnings about the manifest that is chosen, and about the ones that are not."""

from collections.abc import Sequence

from seldon_buildpack.messages.name_lists import MOST_NAMES, first_names
from seldon_buildpack.messages.warnings.base import Advice


def manifests_for_developers(names: Sequence[str]) -> Advice:
    """Warn about the only lists of packages, which are for developers by their names."""
    return Advice(
        f"No package is installed: {first_names(names)} {'is' if len(names) == 1 else 'are'} treated as for developers.",
        f"If the model needs these packages, set BP_REQUIREMENTS={names[0]}.",
    )


def manifests_below_the_top(names: Sequence[str]) -> Advice:
    """Warn that the only manifests are in folders of the source, where none is read."""
    return Advice(
        f"No package is installed: {first_names(names)} {'is' if len(names) == 1 else 'are'} not at the top of the source.",
        f"If the model needs what a file lists, set BP_REQUIREMENTS={names[0]}.",
    )


def pinned_differently(chosen: str, other: str, pins: Sequence[tuple[str, str, str]]) -> Advice:
    """Warn about manifests that pin different versions; s2i uses the first silently.

    ``pins`` has the package's name, the version in ``chosen``, and the version in ``other``.
    """
    shown = ", ".join(f"{name} {mine} and {theirs}" for name, mine, theirs in pins[:MOST_NAMES])
    more = f", and {len(pins) - MOST_NAMES} more" if len(pins) > MOST_NAMES else ""
    return Advice(
        f"{chosen} and {other} pin different versions: {shown}{more}.",
        f"The build installs the versions in {chosen}. Make the two agree, or remove the one that you do not need.",
    )


def poetry_not_built() -> Advice:
    """Warn about a pyproject.toml that only poetry can read; s2i did not read it at all."""
    return Advice(
        "pyproject.toml lists dependencies for poetry, but does not say how to build the project. None of them is installed, as with s2i.",
        "Export them: `poetry export --output requirements.txt`, with the plugin poetry-plugin-export.",
    )
