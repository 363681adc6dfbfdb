"""Errors about the Python version."""

from collections.abc import Sequence
from enum import Enum

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.settings import _set
from seldon_buildpack.origin import Kind, Origin

# The Pythons that only a catalogue can provide.
NEVER_BUNDLED = ("3.6", "3.7")


class PythonNotInstalled(BuildError):
    """A Python that is not bundled, and whose download failed.

    ``catalogue`` and ``mirrors`` are empty if the user did not set any. ``usable`` are the carried
    minors on which the source can be installed.
    """

    def __init__(
        self,
        version: str,
        carried: Sequence[str],
        catalogue: str,
        mirrors: Sequence[str],
        reason: str,
        usable: Sequence[str],
    ) -> None:
        minor = ".".join(version.split(".")[:2])
        instead = minor if minor in usable else "3.12" if "3.12" in usable else (*usable, "")[-1]
        others = f"the catalogue {catalogue}" if catalogue else "uv's catalogue"
        others += f" through the mirror {' and '.join(mirrors)}" if mirrors else ""
        super().__init__(
            f"Python {version} could not be installed",
            f"This builder includes {', '.join(carried)}. Others are downloaded from {others}, and that failed: {reason}.",
            *(
                [f"Use a Python that the builder includes: BP_PYTHON_VERSION={instead}."]
                if instead
                else []
            ),
            *(
                []
                if minor in (*carried, *NEVER_BUNDLED)
                else [f'Create a builder that includes it: make builder PYTHONS="{minor}".']
            ),
            "Set a catalogue that has it and can be reached: BP_PYTHON_DOWNLOADS_JSON_URL. In a closed network, also set BP_DEPENDENCY_MIRROR.",
        )


class PythonVersionUnknown(BuildError):
    """A value that is not a Python version."""

    def __init__(self, value: str, source: Origin) -> None:
        super().__init__(
            f"`{value}` is not a Python version",
            f"It comes from {source.describe()}. A version is a minor version (`3.11`) or an exact version (`3.11.7`); requires-python is a range (`>=3.9`).",
            _set("BP_PYTHON_VERSION", "3.12"),
            *([] if source.kind is Kind.VARIABLE else [f"Correct {source.describe()}."]),
        )


class Unsupported(Enum):
    """The reasons why a Python is not supported."""

    NEWER = "The packages of seldon-core 1.17.1, the newest wrapper under the Apache licence, are locked and tested for Python 3.6 to 3.13."
    OLDER = "That Python is no longer maintained, and the wrapper's packages are locked only for Python 3.6 to 3.13."
    OTHER = "The wrapper and most model packages are built only for CPython."


class PythonVersionUnsupported(BuildError):
    """A Python that the wrapper's pinned packages don't support."""

    def __init__(self, value: str, source: Origin, why: Unsupported) -> None:
        super().__init__(
            f"Python {value} is not supported",
            f"It comes from {source.describe()}. {why.value}",
            _set("BP_PYTHON_VERSION", "3.8" if why is Unsupported.OLDER else "3.12")
            + " Python 3.6 to 3.13 are supported.",
            *(
                []
                if source.kind is Kind.VARIABLE
                else [f"Change {source.describe()} to allow one of 3.6 to 3.13."]
            ),
        )


class PythonRequestsConflict(BuildError):
    """Statements about the Python version that no supported Python satisfies together.

    Each has its origin and its value, which is empty for markers.
    """

    def __init__(self, requests: Sequence[tuple[Origin, str]]) -> None:
        lines = []
        for source, value in requests:
            text = source.describe()
            lines.append(text if not value or source.specifier else f"{text}: {value}")
        files = [source for source, _ in requests if source.kind is not Kind.VARIABLE]
        super().__init__(
            "The source requires more than one Python",
            "No supported Python (3.6 to 3.13) satisfies all of these:\n"
            + "\n".join(f"- {line}" for line in lines),
            *(
                [f"Change one of them, so that they agree: {_names(files)}."]
                if len(files) == len(requests)
                else [f"Unset BP_PYTHON_VERSION, or change {_names(files)}."]
            ),
        )


def _names(sources: Sequence[Origin]) -> str:
    names = list(dict.fromkeys(source.name for source in sources))
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
