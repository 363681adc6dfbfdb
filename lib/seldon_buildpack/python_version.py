"""Choice of the Python version that the model is built and served with."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from seldon_buildpack import origin, user_files
from seldon_buildpack.manifests.conda.types import CondaEnvironment
from seldon_buildpack.messages import warnings
from seldon_buildpack.messages.errors.conda_files import (
    CondaLockForOtherPython,
    CondaLockWithoutPython,
)
from seldon_buildpack.messages.errors.python import (
    PythonVersionUnknown,
    PythonVersionUnsupported,
    Unsupported,
)
from seldon_buildpack.messages.errors.requirements import PyprojectUnreadable
from seldon_buildpack.messages.errors.source_files import SourceUnreadable
from seldon_buildpack.messages.warnings import Advice
from seldon_buildpack.origin import NOWHERE, Kind, Origin

REQUESTED = "BP_PYTHON_VERSION"
VERSION_FILE = ".python-version"
PROJECT_FILE = "pyproject.toml"

DEFAULT = (3, 12)
SUPPORTED = tuple((3, minor) for minor in range(8, 14))

# `3.11`, `3.11.7`, `3.11.*`, `python-3.11.7`, `cpython@3.11`, `cpython-3.11.7-linux-x86_64-gnu`,
# and any of them with pyenv's `/envs/name`.
_VERSION = re.compile(r"(?:c?python)?[-@]?v?(\d+)(?:\.(\d+))?(?:\.(?:(\d+)|[*x]))?(\D.*)?")
_SUFFIX = re.compile(r"[-/+].*")
_OTHER_PYTHON = re.compile(
    r"(pypy|pyston|graalpy|jython|ironpython|stackless|micropython|activepython)", re.IGNORECASE
)
_SPECIFIER = re.compile(r"[<>=!~]")
# The patch releases of a minor that a specifier is tested with.
_PATCHES = range(64)


@dataclass(frozen=True)
class PythonChoice:
    """A Python minor, the exact version if one is required, and the origin of the choice.

    ``specifier`` is a requires-python that the Python must also meet, or "".
    """

    minor: tuple[int, int]
    version: str | None
    source: Origin
    specifier: str = ""
    advice: tuple[Advice, ...] = ()

    @property
    def spec(self) -> str:
        """Return the version to request from an installer: `3.11.7` or `3.11`."""
        return self.version or f"{self.minor[0]}.{self.minor[1]}"

    def allows(self, version: str) -> bool:
        """Return whether this exact version (`3.12.1`) satisfies the choice."""
        if self.version:
            return version == self.version
        if not version.startswith(f"{self.spec}."):
            return False
        return not self.specifier or _meets(self.specifier, version)

    def meets(self, specifier: str) -> bool:
        """Return whether a Python of this choice can meet a requires-python."""
        versions = (
            [self.version] if self.version else [f"{self.spec}.{patch}" for patch in _PATCHES]
        )
        return any(_meets(specifier, version) for version in versions)


def choose(app: Path, requested: str | None, lock: tuple[str, str] = ("", "")) -> PythonChoice:
    """Choose the Python for the source ``app``.

    The first of these decides: ``requested`` (BP_PYTHON_VERSION), `.python-version`,
    requires-python in pyproject.toml, that of ``lock``, the default. ``lock`` is the name of a lock
    file and its requires-python.

    Raises:
        PythonVersionUnknown, PythonVersionUnsupported: The requested version is not valid or not
            supported.
        PyprojectUnreadable: pyproject.toml is invalid.
    """
    if requested and requested.strip():
        choice = _read(requested.strip().strip("\"'"), origin.variable(REQUESTED))
        if choice is None:
            raise PythonVersionUnknown(requested.strip(), origin.variable(REQUESTED))
        return choice
    advice: tuple[Advice, ...] = ()
    if value := _version_file(app):
        choice = _read(value, origin.file(VERSION_FILE))
        if choice is not None:
            return choice
        advice = (warnings.version_file_passed_over(VERSION_FILE, value),)
    required = _requires_python(app)
    if required:
        return _specified(required, Origin(Kind.REQUIRES_PYTHON, PROJECT_FILE), advice)
    if lock[1]:
        return _specified(lock[1], Origin(Kind.REQUIRES_PYTHON, lock[0]), advice)
    return PythonChoice(DEFAULT, None, Origin(Kind.DEFAULT, REQUESTED), advice=advice)


def of_environment(app: Path, requested: str, environment: CondaEnvironment) -> PythonChoice:
    """Choose the Python of a conda environment.

    It is the one that the environment's file requires, or the newest of those that the file leaves
    to the solver. If the file requires none, it is that of ``choose``, with advice that says so. A
    lock file must have a Python: nothing is added to it.

    Raises:
        CondaLockWithoutPython: A lock file has no Python.
        CondaLockForOtherPython: A lock file is for another Python than the requested one.
        BuildError: As in ``choose``.
    """
    if environment.locked and not environment.python:
        raise CondaLockWithoutPython(environment.path.name)
    if environment.python and not requested:
        from seldon_buildpack.manifests.conda import python_versions as versions

        newest = versions.minors(environment.python)[0].split(".")
        asked = environment.locked or environment.python != "*"
        source = Origin(Kind.FILE if asked else Kind.ANY_PYTHON, environment.path.name)
        return PythonChoice((int(newest[0]), int(newest[1])), None, source)
    choice = choose(app, requested or None)
    if environment.locked and not choice.allows(environment.python.lstrip("=")):
        raise CondaLockForOtherPython(
            environment.path.name,
            environment.python.lstrip("="),
            choice.spec,
            choice.source.describe(),
        )
    added = (
        () if environment.python else (warnings.python_added(environment.path.name, choice.spec),)
    )
    return replace(choice, advice=(*choice.advice, *added))


def spec_for(choice: PythonChoice, environment: CondaEnvironment) -> str:
    """Return the conda spec for Python, or "" if the environment's file already has one.

    A BP_PYTHON_VERSION that is not a range is added to the file's own spec, but never to a lock.
    """
    # A range in the variable leaves the version to the file.
    exact = choice.source == origin.variable(REQUESTED)
    if environment.locked or (environment.python and not exact):
        return ""
    return f"python {choice.version}" if choice.version else f"python {choice.spec}.*"


def one_meeting(specifier: str) -> str:
    """Return the default minor if it can meet a requires-python, else the newest that can.

    Returns "" if none can.
    """
    minors = (PythonChoice(minor, None, NOWHERE) for minor in (DEFAULT, *reversed(SUPPORTED)))
    return next((choice.spec for choice in minors if choice.meets(specifier)), "")


def _version_file(app: Path) -> str:
    """Return the first version in the file.

    pyenv and uv allow comments, several lines, and several versions.
    """
    try:
        text = user_files.read(app, app / VERSION_FILE).decode("utf-8-sig", "replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise SourceUnreadable(VERSION_FILE, error.strerror or str(error)) from error
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    first = next((line for line in lines if line), "")
    return first if _SPECIFIER.match(first) else first.partition(" ")[0]


def _read(value: str, source: Origin) -> PythonChoice | None:
    """Return the Python for a version or a specifier, or None if the value is neither."""
    if _SPECIFIER.match(value):
        return _specified(value, source, ())
    if _OTHER_PYTHON.match(value):
        raise PythonVersionUnsupported(value, source, Unsupported.OTHER)
    found = _VERSION.fullmatch(value)
    if not found:
        return None
    major, minor, patch, rest = found.groups()
    if minor is None:
        return PythonChoice(DEFAULT, None, source) if value == "3" else None
    choice = _known((int(major), int(minor)), value, source)
    # `3.12rc1` and `3.11.7foo` are not releases that we know.
    if rest and not _SUFFIX.fullmatch(rest):
        return None
    return PythonChoice(choice.minor, f"{major}.{minor}.{patch}" if patch else None, source)


def _known(minor: tuple[int, int], value: str, source: Origin) -> PythonChoice:
    if minor > SUPPORTED[-1]:
        raise PythonVersionUnsupported(value, source, Unsupported.NEWER)
    if minor < SUPPORTED[0]:
        raise PythonVersionUnsupported(value, source, Unsupported.OLDER)
    return PythonChoice(minor, None, source)


def _requires_python(app: Path) -> str:
    """Return ``project.requires-python`` of pyproject.toml, or "" if there is none.

    Raises:
        PyprojectUnreadable: pyproject.toml is invalid.
        SourceUnreadable: pyproject.toml cannot be read.
    """
    try:
        data = user_files.read(app, app / PROJECT_FILE)
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise SourceUnreadable(PROJECT_FILE, error.strerror or str(error)) from error
    # Reading TOML costs 20 ms, and many of these files only configure tools.
    if b"requires-python" not in data:
        return ""
    import tomllib

    try:
        project = tomllib.loads(data.decode("utf-8-sig")).get("project")
    except (ValueError, RecursionError) as error:
        raise PyprojectUnreadable(str(error)) from error
    value = project.get("requires-python") if isinstance(project, dict) else None
    return value.strip() if isinstance(value, str) else ""


def _specified(specifier: str, source: Origin, advice: tuple[Advice, ...]) -> PythonChoice:
    """Return the default Python if it meets the specifier, else the newest that does."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    # `==3.11` means only 3.11.0, which is never intended.
    if re.fullmatch(r"={2,3}\s*\d+\.\d+", specifier):
        specifier = f"=={specifier.lstrip('= ')}.*"
    try:
        wanted = SpecifierSet(specifier)
    except InvalidSpecifier as error:
        raise PythonVersionUnknown(specifier, source) from error
    for minor in (DEFAULT, *reversed(SUPPORTED)):
        met = [patch for patch in _PATCHES if wanted.contains(f"{minor[0]}.{minor[1]}.{patch}")]
        if met:
            exact = (
                f"{minor[0]}.{minor[1]}.{met[0]}" if len(met) == 1 and "==" in specifier else None
            )
            return PythonChoice(
                minor, exact, replace(source, specifier=specifier), specifier, advice
            )
    newer = any(
        wanted.contains(f"3.{minor}.{patch}")
        for minor in range(SUPPORTED[-1][1] + 1, 30)
        for patch in _PATCHES
    )
    older = any(
        wanted.contains(f"{major}.{minor}.{patch}")
        for major, last in ((2, 8), (3, 8))
        for minor in range(last)
        for patch in _PATCHES
    )
    if not newer and not older:
        raise PythonVersionUnknown(specifier, source)
    why = Unsupported.NEWER if newer else Unsupported.OLDER
    raise PythonVersionUnsupported(specifier, source, why)


def _meets(specifier: str, version: str) -> bool:
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(specifier).contains(version)
