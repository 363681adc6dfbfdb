"""The origin of a setting, a channel, a credential or the Python version.

Code tests its kind, and people read what ``describe`` returns.
"""

from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """The kind of an origin."""

    NOWHERE = auto()
    S2I_ENVIRONMENT = auto()
    PLATFORM_ENV = auto()
    VARIABLE = auto()
    BINDING = auto()
    NETRC = auto()
    REQUIREMENTS = auto()
    FILE = auto()
    REQUIRES_PYTHON = auto()
    PYTHON_REQUIRES = auto()
    POETRY_PYTHON = auto()
    MARKERS = auto()
    PINS = auto()
    ANY_PYTHON = auto()
    NO_CHANNELS = auto()
    CONDA_DEFAULTS = auto()
    DEFAULT = auto()


_WORDS = {
    Kind.NOWHERE: "",
    Kind.S2I_ENVIRONMENT: ".s2i/environment",
    Kind.PLATFORM_ENV: "pack build --env",
    Kind.VARIABLE: "{name}",
    Kind.BINDING: "the binding {name}",
    Kind.NETRC: "the netrc of the binding {name}",
    Kind.REQUIREMENTS: "the requirements",
    Kind.FILE: "{name}",
    Kind.REQUIRES_PYTHON: "requires-python in {name}",
    Kind.PYTHON_REQUIRES: "python_requires in {name}",
    Kind.POETRY_PYTHON: "poetry's python in {name}",
    Kind.MARKERS: "the markers in {name}",
    # The pins that decide, and why.
    Kind.PINS: "{name}",
    Kind.ANY_PYTHON: "{name} allows any",
    Kind.NO_CHANNELS: "{name} lists none",
    Kind.CONDA_DEFAULTS: "instead of conda's defaults",
    Kind.DEFAULT: "the default; set {name} to change it",
}


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a value comes from."""

    kind: Kind
    # The variable, the binding or the file.
    name: str = ""
    # The line of the file, from 1, or 0 for the whole file.
    line: int = 0
    # The version range given there, if the log prints it too.
    specifier: str = ""

    @property
    def is_bound(self) -> bool:
        """Return whether the value comes from a service binding."""
        return self.kind in (Kind.BINDING, Kind.NETRC)

    @property
    def is_user_env(self) -> bool:
        """Return whether it was set as a variable, in the source or on the command line."""
        return self.kind in (Kind.S2I_ENVIRONMENT, Kind.PLATFORM_ENV)

    def describe(self) -> str:
        """Return the origin as the log and the errors name it, or "" for none."""
        words = _WORDS[self.kind].format(name=self.name)
        line = f" line {self.line}" if self.line else ""
        return f"{words}{line}: {self.specifier}" if self.specifier else words + line

    def describe_from(self) -> str:
        """Return the origin as a phrase: `from environment.yml`, or "" for none."""
        absent = (Kind.NOWHERE, Kind.NO_CHANNELS, Kind.CONDA_DEFAULTS)
        return self.describe() if self.kind in absent else f"from {self.describe()}"


NOWHERE = Origin(kind=Kind.NOWHERE)
S2I_ENVIRONMENT = Origin(kind=Kind.S2I_ENVIRONMENT)
PLATFORM_ENV = Origin(kind=Kind.PLATFORM_ENV)
REQUIREMENTS = Origin(kind=Kind.REQUIREMENTS)


def variable(name: str) -> Origin:
    """Return the origin of a value from a variable, wherever that was set."""
    return Origin(kind=Kind.VARIABLE, name=name)


def binding(name: str) -> Origin:
    """Return the origin of a value from a service binding."""
    return Origin(kind=Kind.BINDING, name=name)


def file(name: str) -> Origin:
    """Return the origin of a value from a file of the source."""
    return Origin(kind=Kind.FILE, name=name)
