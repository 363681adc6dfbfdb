"""Constraints that the wrapper puts on the conda packages, as a sequence of attempts.

conda does not know about the wrapper, which is installed from PyPI. The wrapper's requirements are
therefore added to the solve, so that the conda packages and the PyPI packages agree: first the
requirements of the current pin set, then those of the upstream pin set (docs/wrapper.md). If the
environment allows neither, only the packages that other packages are linked against stay
constrained; the others can be installed from PyPI in the versions that the wrapper needs.
"""

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.bundle import CURRENT, UPSTREAM, Bundle
from seldon_buildpack.commands.rattler import Package
from seldon_buildpack.names import requirement_name
from seldon_buildpack.python_env.venv import site_packages

# Other conda packages are linked against these: a different version from PyPI would break them.
_LINKED = ("numpy", "protobuf")
# gunicorn 20.1 imports pkg_resources, which setuptools 82 removed.
_SETUPTOOLS = "setuptools <82"


@dataclass(frozen=True)
class Attempt:
    """A release of the wrapper, its pin set, and the constraints for the conda solve.

    ``pins`` is empty if the release has no pin set.
    """

    version: str
    pins: str
    constraints: tuple[str, ...]


def attempts(
    version: str, pins: tuple[str, ...], minors: tuple[str, ...], bundle: Bundle
) -> tuple[Attempt, ...]:
    """Return the attempts for a release of the wrapper, in order.

    ``minors`` are the Python versions the environment may have, and ``pins`` the pin sets that may
    be used. The result is empty if only one pin set is allowed and it is not locked for any of
    these Python versions.
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
                    *_only(_own_bounds(bundle.seldon_core, "", bundle)),
                    _SETUPTOOLS,
                    python_of(minors),
                ),
            ),
        )
    for minor in minors if version == bundle.seldon_core else ():
        if (older := bundle.release_for(minor)) != version:
            locked += tuple(_attempts(older, (UPSTREAM,), (minor,), bundle))
    return locked


def find_conflict_with_current(
    attempts: tuple[Attempt, ...], taken: Attempt, packages: Iterable[Package]
) -> str:
    """Return the package that conflicts with the set `current`, or "" if none does."""
    if taken.pins != UPSTREAM:
        return ""
    current = next((attempt.constraints for attempt in attempts if attempt.pins == CURRENT), ())
    return next(iter(list_conflicts(current, packages)), "")


def list_conflicts(constraints: Iterable[str], packages: Iterable[Package]) -> list[str]:
    """Return the packages that constraints exclude, such as `flask 1.1.4`."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    taken = {package.name: package.version for package in packages}
    conflicts = []
    for constraint in constraints:
        name, _, bounds = constraint.partition(" ")
        with contextlib.suppress(InvalidSpecifier, InvalidVersion):
            if (
                name in taken
                and name != "python"
                and not SpecifierSet(bounds).contains(taken[name], prereleases=True)
            ):
                conflicts.append(f"{name} {taken[name]}")
    return conflicts


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
    """Return the conda spec that allows only these Python versions."""
    return f"python {'|'.join(f'{minor}.*' for minor in minors)}"


def _only(bounds: Iterable[str]) -> tuple[str, ...]:
    return tuple(bound for bound in bounds if bound.split()[0] in _LINKED)


def _own_bounds(version: str, pins: str, bundle: Bundle) -> tuple[str, ...]:
    """Return a release's requirements as conda match specs.

    The overrides of the pin set replace the requirements. Each bound is for both spellings of a
    name with a hyphen: conda-forge has `flask-cors`, but `prometheus_client`. A constraint on a
    package that no channel has changes nothing.
    """
    overrides = bundle.overrides(version, pins)
    other = {_name(line): _spec(line) for line in _lines(overrides)} if overrides else {}
    bounds = (other.get(_name(line), _spec(line)) for line in _required(version, bundle))
    return tuple(spelling for bound in bounds if bound for spelling in _spellings(bound))


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
    """Return conda's name of the package, which keeps dots, unlike a normalized name on PyPI."""
    return requirement_name(requirement).lower().replace("_", "-")


def _spellings(spec: str) -> tuple[str, ...]:
    name, _, bounds = spec.partition(" ")
    return tuple(dict.fromkeys((spec, f"{name.replace('-', '_')} {bounds}")))


def _spec(requirement: str) -> str:
    """Return a requirement as a match spec, or "" if it has no bounds."""
    bounds = requirement[len(_name(requirement)) :].strip(" ()")
    return f"{_name(requirement)} {bounds.replace(' ', '')}" if bounds else ""
