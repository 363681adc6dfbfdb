"""Warnings about shared libraries that the image may lack."""

from collections.abc import Sequence

from seldon_buildpack.messages.name_lists import first_names
from seldon_buildpack.messages.system_libraries import LibrariesNeeded, list_fixes
from seldon_buildpack.messages.warnings.base import Advice


def system_libraries_missing(
    needed: LibrariesNeeded, known_image: bool, failing: Sequence[str]
) -> Advice:
    """Warn about a package that needs libraries that the requirements do not have.

    The run image does not have them either if it is a ``known_image``. ``failing`` are the modules
    whose imports fail without them.
    """
    names = first_names([library for library, _ in needed.libraries])
    them = "them" if needed.libraries[1:] else "it"
    owner = f" of {needed.package}" if needed.package else ""
    lacks = (
        "which neither your requirements nor the run image have"
        if known_image
        else "which your requirements do not have, and the run image may not have"
    )
    effect = f" Without {them}, imports of {first_names(failing)} fail." if failing else ""
    return Advice(
        f"{needed.file}{owner} needs {names}, {lacks}.{effect}",
        "\n".join(list_fixes(needed)),
    )
