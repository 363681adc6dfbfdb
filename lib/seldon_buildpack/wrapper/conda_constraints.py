"""What the wrapper wants of conda's half: the bounds with which an environment is solved, one attempt after the other.

Conda's packages cannot know of the wrapper, which is pip's to install. Its own requirements take part in the solve, so that both halves
agree: first those of its release's own set, then those of the set on current dependencies (docs/wrapper.md). Where the environment
allows neither, only the packages that others are linked against keep their bounds: pip's half can bring its own of the rest.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.bundle import CURRENT, UPSTREAM, Bundle
from seldon_buildpack.names import requirement_name
from seldon_buildpack.python_env.venv import site_packages

# What conda's other packages are linked against: another version of it in pip's half would break them.
_LINKED = ("numpy", "protobuf")
# gunicorn 20.1 imports pkg_resources; setuptools 82 dropped it.
_SETUPTOOLS = "setuptools <82"


@dataclass(frozen=True)
class Attempt:
    """A release of the wrapper in a set of pins, empty where it has none, and the constraints that conda's half has to meet for it."""

    version: str
    pins: str
    constraints: tuple[str, ...]


def attempts(
    version: str, pins: tuple[str, ...], minors: tuple[str, ...], bundle: Bundle
) -> tuple[Attempt, ...]:
    """What to try for a release, in order; ``minors`` are the Pythons the environment may have, ``pins`` the sets that may serve.

    None where the one set that is asked for is not locked for any of them.
    """
    locked = (
        tuple(_attempts(version, pins, minors, bundle)) if bundle.locks(version).is_dir() else ()
    )
    if not locked and version != bundle.seldon_core and len(pins) > 1:
        return (
            Attempt(
                version,
                "",
                (
                    *_only(_own_bounds(bundle.seldon_core, UPSTREAM, bundle)),
                    _SETUPTOOLS,
                    python_of(minors),
                ),
            ),
        )
    for minor in minors if version == bundle.seldon_core else ():
        if (older := bundle.release_for(minor)) != version:
            locked += tuple(_attempts(older, (UPSTREAM,), (minor,), bundle))
    return locked


def _attempts(
    version: str, pins: tuple[str, ...], minors: tuple[str, ...], bundle: Bundle
) -> Iterator[Attempt]:
    sets = [one for one in pins if _pythons(version, one, minors, bundle)]
    for only in (False, True):
        for one in sets:
            bounds = _own_bounds(version, one, bundle)
            kept = _only(bounds) if only else bounds
            extra = (_SETUPTOOLS,) if one == UPSTREAM else ()
            yield Attempt(
                version, one, (*kept, *extra, python_of(_pythons(version, one, minors, bundle)))
            )


def _pythons(version: str, pins: str, minors: tuple[str, ...], bundle: Bundle) -> tuple[str, ...]:
    return tuple(minor for minor in minors if bundle.lock(version, minor, pins).is_file())


def python_of(minors: Iterable[str]) -> str:
    """The constraint that allows these Pythons alone."""
    return f"python {'|'.join(f'{minor}.*' for minor in minors)}"


def _only(bounds: Iterable[str]) -> tuple[str, ...]:
    return tuple(bound for bound in bounds if bound.split()[0] in _LINKED)


def _own_bounds(version: str, pins: str, bundle: Bundle) -> tuple[str, ...]:
    """What a release requires, as conda's match specs; in the current set what takes the place of it."""
    other = (
        {_name(line): _spec(line) for line in _lines(bundle.overrides(version))}
        if pins == CURRENT
        else {}
    )
    return tuple(
        filter(None, (other.get(_name(line), _spec(line)) for line in _required(version, bundle)))
    )


def _required(version: str, bundle: Bundle) -> Iterator[str]:
    if version != bundle.seldon_core:
        yield from _lines(bundle.locks(version) / UPSTREAM / "bounds.txt")
        return
    minor = bundle.default_python
    [metadata] = site_packages(bundle.wrapper(minor), minor).glob(
        "seldon_core-*.dist-info/METADATA"
    )
    for line in metadata.read_text(encoding="utf-8").splitlines():
        if line.startswith("Requires-Dist:") and ";" not in line:
            yield line.removeprefix("Requires-Dist:").strip()


def _lines(path: Path) -> list[str]:
    return (
        [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
        if path.is_file()
        else []
    )


def _name(requirement: str) -> str:
    """The name that conda gives the package: unlike in an index, a dot stays."""
    return requirement_name(requirement).lower().replace("_", "-")


def _spec(requirement: str) -> str:
    """A requirement with bounds as a match spec; empty for one without, which constrains nothing."""
    bounds = requirement[len(_name(requirement)) :].strip(" ()")
    return f"{_name(requirement)} {bounds.replace(' ', '')}" if bounds else ""
