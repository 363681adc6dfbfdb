"""Errors about pinned requirements and the Pythons they have wheels for."""

from collections.abc import Sequence

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.python import NEVER_BUNDLED

# The pin, and the Pythons it has wheels for or the release to change it to.
Pairs = Sequence[tuple[str, str]]


class NoPythonForPins(BuildError):
    """Pins that have wheels for no common Python.

    ``nearest`` is the Python that the fewest pins lack a wheel for, and ``changes`` are these pins
    with the first releases that have one.
    """

    def __init__(self, pins: Pairs, nearest: str, changes: Pairs) -> None:
        super().__init__(
            "No supported Python has wheels for all pinned requirements",
            f"These have wheels for these Pythons only:\n{_table(pins)}\n"
            "BP_PYTHON_VERSION is not set, and nothing was compiled.",
            *_changes(nearest, changes),
        )


class PythonOfPinsNotInstalled(BuildError):
    """A Python that was chosen because of pins, and that cannot be installed.

    ``instead_of`` is the Python that is used without pins, and ``changes`` are the pins without a
    wheel for it with the first releases that have one.
    """

    def __init__(
        self,
        version: str,
        carried: Sequence[str],
        catalogue: str,
        reason: str,
        pins: Pairs,
        instead_of: str,
        changes: Pairs,
    ) -> None:
        place = f"the catalogue {catalogue}" if catalogue else "uv's catalogue"
        super().__init__(
            f"The pinned requirements need Python {version}, which could not be installed",
            f"These have wheels for these Pythons only:\n{_table(pins)}\n"
            f"This builder includes {', '.join(carried)}. Others are downloaded from {place}, and that failed: {reason}.",
            *(
                []
                if version in NEVER_BUNDLED
                else [
                    f'Create a builder that includes it (BP_PYTHON_VERSION={version} then selects it, too): make builder PYTHONS="{version}".'
                ]
            ),
            "Set a catalogue that has it and can be reached: BP_PYTHON_DOWNLOADS_JSON_URL. In a closed network, also set BP_DEPENDENCY_MIRROR.",
            *_changes(instead_of, changes),
        )


def _table(pins: Pairs) -> str:
    return "\n".join(f"- {pin}: {pythons}" for pin, pythons in pins)


def _changes(python: str, changes: Pairs) -> list[str]:
    if not changes:
        return []
    lines = "\n".join(f"{pin} -> {newer}" for pin, newer in changes)
    return [
        f"Change the pins. The first later releases with a wheel for Python {python} are:\n{lines}"
    ]
