"""Choice of the Python version that the model is built and served with."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar

from seldon_buildpack import origin
from seldon_buildpack.manifests import python_requests
from seldon_buildpack.manifests.conda.types import CondaEnvironment
from seldon_buildpack.manifests.python_request import PATCHES, Minor, PythonRequest
from seldon_buildpack.manifests.requirements_txt import Requirements
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.conda_locks import (
    CondaLockForOtherPython,
    CondaLockWithoutPython,
)
from seldon_buildpack.messages.errors.python import (
    PythonRequestsConflict,
    PythonVersionUnknown,
    PythonVersionUnsupported,
    Unsupported,
)
from seldon_buildpack.messages.warnings import python as python_warnings
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.origin import Kind, Origin

REQUESTED = "BP_PYTHON_VERSION"

SUPPORTED = python_requests.SUPPORTED
DEFAULT: Minor = (3, 12)
# The order of preference.
PREFERRED = (DEFAULT, *(minor for minor in reversed(SUPPORTED) if minor != DEFAULT))


@dataclass(frozen=True, kw_only=True)
class PythonEvidence:
    """What the wheels of the pinned requirements say about the Python."""

    # The names of its fields in the metadata of the layer `python`.
    METADATA: ClassVar = ("evidence", "evidence-python", "evidence-because")

    # A digest of what was asked.
    key: str
    # The Python that fits (`3.8`).
    python: str
    # Why it is not the preferred one, or "" if it is.
    because: str = ""
    # The pins that decided, and the Pythons that each has wheels for.
    pins: tuple[tuple[str, str], ...] = ()
    # The pins that would have to change for `instead_of`, and the releases to change them to.
    changes: tuple[tuple[str, str], ...] = ()
    instead_of: str = ""

    def metadata(self) -> dict[str, str]:
        """Return the part that a rebuild with the same inputs reads."""
        return dict(zip(self.METADATA, (self.key, self.python, self.because), strict=True))


@dataclass(frozen=True, kw_only=True)
class PythonChoice:
    """The Python of the image, and why it was chosen."""

    minor: Minor
    # The exact version, if one is required.
    version: str | None
    # What decided.
    source: Origin
    advice: tuple[Advice, ...] = ()
    # What the Python has to satisfy.
    requests: tuple[PythonRequest, ...] = field(default=(), compare=False, repr=False)
    # All minors that satisfy it, the preferred ones first.
    candidates: tuple[Minor, ...] = field(default=(), compare=False, repr=False)
    # What the pinned requirements say, if the indexes were asked for their wheels.
    evidence: PythonEvidence | None = field(default=None, compare=False, repr=False)

    @property
    def spec(self) -> str:
        """Return the version to request from an installer: `3.11.7` or `3.11`."""
        return self.version or f"{self.minor[0]}.{self.minor[1]}"

    @property
    def is_open(self) -> bool:
        """Return whether the requests leave more than one minor to choose from."""
        return len(self.candidates) > 1

    def allows(self, version: str) -> bool:
        """Return whether this exact version (`3.12.1`) satisfies the choice."""
        if self.version:
            return version == self.version
        if not version.startswith(f"{self.spec}."):
            return False
        return all(request.allows(version) for request in self.requests)

    def can_be_replaced_by(self, python: str) -> bool:
        """Return whether the source can be installed on another minor (`3.12`)."""
        binding = (request for request in self.requests if request.enforced or request.minors)
        major, minor = python.split(".")
        return all(request.allows_minor((int(major), int(minor))) for request in binding)

    def meets(self, specifier: str) -> bool:
        """Return whether a Python of this choice can meet a requires-python."""
        from packaging.specifiers import SpecifierSet

        versions = [self.version] if self.version else [f"{self.spec}.{patch}" for patch in PATCHES]
        wanted = SpecifierSet(specifier)
        return any(wanted.contains(version) for version in versions)


def choose(
    app: Path, requested: str | None, requirements: Requirements | None = None
) -> PythonChoice:
    """Choose the Python for the source ``app``.

    It satisfies ``requested`` (BP_PYTHON_VERSION) and what the source says: version files,
    requires-python, python_requires, the requires-python and the markers of ``requirements``. Of
    the minors that do, the default is preferred, then the newest. BP_PYTHON_VERSION takes
    precedence over what pip would not enforce, with a warning.

    Raises:
        PythonVersionUnknown, PythonVersionUnsupported: A version is not valid or not supported.
        PythonRequestsConflict: No Python satisfies all of them.
        BuildError: A file cannot be read.
    """
    if requested and requested.strip():
        asked = python_requests.of_variable(requested.strip(), origin.variable(REQUESTED))
        return _choose_requested(app, asked, requirements)
    requests, advice = python_requests.read(app, requirements)
    return _satisfying(requests, advice)


def _choose_requested(
    app: Path, asked: PythonRequest, requirements: Requirements | None
) -> PythonChoice:
    """Choose the Python that the user set, and check what the source says about it.

    A lock's requires-python is not checked here, nor is that of the project it is made for.
    """
    alone = _satisfying((asked,), ())
    try:
        requests, _ = python_requests.read(app, requirements)
    except BuildError:
        return alone
    lock = requirements.path.name if requirements and requirements.requires_python else ""
    requests = tuple(request for request in requests if request.source.name != lock)
    against = [request for request in requests if not set(_minors((asked, request)))]
    if enforced := [request for request in against if request.enforced and not lock]:
        raise PythonRequestsConflict(
            [(request.source, request.value) for request in (asked, *enforced)]
        )
    advice = tuple(
        python_warnings.other_python_requested(request.source, alone.spec) for request in against
    )
    agreeing = (asked, *(request for request in requests if request not in against))
    if not _minors(agreeing):
        raise PythonRequestsConflict([(request.source, request.value) for request in agreeing])
    return replace(_satisfying(agreeing, advice), source=alone.source)


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
        source = Origin(kind=Kind.FILE if asked else Kind.ANY_PYTHON, name=environment.path.name)
        return PythonChoice(minor=(int(newest[0]), int(newest[1])), version=None, source=source)
    choice = choose(app, requested or None)
    if environment.locked and not choice.allows(environment.python.lstrip("=")):
        raise CondaLockForOtherPython(
            environment.path.name,
            environment.python.lstrip("="),
            choice.spec,
            choice.source.describe(),
        )
    added = (
        ()
        if environment.python
        else (python_warnings.python_added(environment.path.name, choice.spec),)
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
    minors = (PythonChoice(minor=minor, version=None, source=origin.NOWHERE) for minor in PREFERRED)
    return next((choice.spec for choice in minors if choice.meets(specifier)), "")


def _satisfying(requests: tuple[PythonRequest, ...], advice: tuple[Advice, ...]) -> PythonChoice:
    if not requests:
        source = Origin(kind=Kind.DEFAULT, name=REQUESTED)
        return PythonChoice(
            minor=DEFAULT, version=None, source=source, advice=advice, candidates=PREFERRED
        )
    minors = _minors(requests)
    if not minors:
        for request in requests:
            _refuse_unsupported(request)
        raise PythonRequestsConflict([(request.source, request.value) for request in requests])
    # The request that decides is the one that allows the fewest.
    source = min(requests, key=lambda request: len(_minors((request,)))).source
    exact = next((request.exact for request in requests if request.exact), None)
    return PythonChoice(
        minor=minors[0],
        version=exact,
        source=source,
        advice=advice,
        requests=requests,
        candidates=minors,
    )


def _minors(requests: Iterable[PythonRequest]) -> tuple[Minor, ...]:
    """Return the supported minors that satisfy all requests, the preferred ones first."""
    requests = tuple(requests)
    exact = any(request.exact for request in requests)
    met = {
        minor: frozenset(PATCHES).intersection(
            *(request.allowed_patches(minor) for request in requests)
        )
        for minor in PREFERRED
    }
    # `<=3.12` allows 3.12.0 and no later release of 3.12, so 3.11 is preferred.
    whole = tuple(minor for minor, patches in met.items() if patches and (exact or patches != {0}))
    return whole or tuple(minor for minor, patches in met.items() if patches)


def _refuse_unsupported(request: PythonRequest) -> None:
    """Raise an error if the request alone allows no supported Python."""
    if _minors((request,)):
        return
    newer = any(request.allows_minor((3, minor)) for minor in range(SUPPORTED[-1][1] + 1, 30))
    newer = newer or any(request.allows_minor((4, minor)) for minor in range(2))
    older = any(
        request.allows_minor((major, minor))
        for major, last in ((2, 8), (3, SUPPORTED[0][1]))
        for minor in range(last)
    )
    source = replace(request.source, specifier="")
    if not newer and not older:
        raise PythonVersionUnknown(request.value, source)
    why = Unsupported.NEWER if newer else Unsupported.OLDER
    raise PythonVersionUnsupported(request.value, source, why)
