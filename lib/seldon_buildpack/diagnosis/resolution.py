"""Named errors for requirements that uv found no solution for."""

import re
from collections.abc import Iterator

from seldon_buildpack.diagnosis import connection, server_probe
from seldon_buildpack.diagnosis.requirement_line import place_of
from seldon_buildpack.diagnosis.source_build import name_only_folder
from seldon_buildpack.diagnosis.uv_output import Attempt, UvFailure
from seldon_buildpack.masking import without_credentials
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.indexes import NotAnIndex
from seldon_buildpack.messages.errors.packages import (
    NoMatchingWheel,
    RequirementNotFound,
    ShadowedByFirstIndex,
    VersionNotFound,
    WrongPython,
)
from seldon_buildpack.messages.errors.requirements import RequirementsConflict
from seldon_buildpack.messages.errors.wrapper import WrapperConflict, WrapperUnknown
from seldon_buildpack.names import requirement_name
from seldon_buildpack.package_sources import wheel_folders
from seldon_buildpack.python_version import SUPPORTED

_WRAPPER = "seldon-core"
_SETUPTOOLS = "setuptools<82"


def explain(failure: UvFailure, attempt: Attempt) -> BuildError | None:
    """Return the named error if uv found no solution, or None if something else failed."""
    if "No solution found" not in failure.message:
        return None
    flat = " ".join(" ".join(failure.causes).split())
    for part in (_conflict_with_wrapper, _index_order, _unknown, _other_python, _version):
        if error := part(flat, failure, attempt):
            return error
    return (
        WrapperConflict(attempt.wrapper, "", (), "", "", failure.tail, attempt.lock)
        if _WRAPPER in flat
        else RequirementsConflict(failure.tail)
    )


def _conflict_with_wrapper(flat: str, _failure: UvFailure, attempt: Attempt) -> BuildError | None:
    """Return the error for a package on which the wrapper conflicts with something else."""
    wants = list(dict.fromkeys(_wants(flat)))
    # The wrapper's metadata does not require this: layers/requirements.py adds it.
    if re.search(rf"{_SETUPTOOLS}(?=[, ])", flat):
        wants = [(_WRAPPER, _SETUPTOOLS), *(want for want in wants if want[1] != _SETUPTOOLS)]
    by_wrapper = {
        requirement_name(wanted): wanted
        for who, wanted in wants
        if requirement_name(who) == _WRAPPER
    }
    for who, wanted in wants:
        name = requirement_name(wanted)
        if name in by_wrapper and requirement_name(who) != _WRAPPER and wanted != by_wrapper[name]:
            asks = f"{who or 'your requirements'} {'requires' if who else 'require'} {wanted}"
            pinned = _requirement_behind(who, flat) if who else wanted
            return WrapperConflict(
                attempt.wrapper,
                name,
                (f"seldon-core {attempt.wrapper} requires {by_wrapper[name]}", asks),
                by_wrapper[name],
                pinned,
                (),
                attempt.lock,
            )
    return None


def _wants(flat: str) -> Iterator[tuple[str, str]]:
    """Yield who requires what, in uv's order; the user is an empty string.

    A version set contains no spaces (`numpy>=2,<2.3`).
    """
    yield from re.findall(r"(?<!\S)(\S+) depends? on (\S+?)[,.]?(?= |$)", flat)
    yield from (("", requirement) for requirement in _required(flat))


def _requirement_behind(name: str, flat: str) -> str:
    """Return the user's requirement for a package, or the first one that uv mentions."""
    required = _required(flat)
    same = (text for text in required if requirement_name(text) == requirement_name(name))
    return next(same, "") or next(iter(required), "") or name


def _required(flat: str) -> list[str]:
    """Return what uv says that the user requires.

    The wrapper is left out, and so is what uv concludes from other requirements.
    """
    pairs = re.findall(
        r"(?:Because|and|because) you require (\S+?)(?: and (?!you)(\S+?))?[,.]?(?= |$)", flat
    )
    return [text for pair in pairs for text in pair if text and requirement_name(text) != _WRAPPER]


def _unknown(flat: str, failure: UvFailure, attempt: Attempt) -> BuildError | None:
    unknown = re.search(
        r"(?<!\S)(\S+) was not found in the (?:package registry|provided package locations)", flat
    )
    # The index has no files of the package; a page that is not an index looks the same to uv.
    empty = re.search(r"there are no versions of (\S+) and you require", flat)
    if not unknown and not empty:
        return None
    package = (unknown or empty or [""])[1]
    if difference := server_probe.not_an_index(attempt.index, package):
        return NotAnIndex(*difference, package)
    searched, no_index = _list_searched(attempt), attempt.index.no_index
    if package == _WRAPPER:
        return WrapperUnknown(attempt.wrapper, searched, no_index)
    if not unknown:
        return VersionNotFound(package, searched, no_index, "", place_of(package, attempt))
    needed = re.search(
        r"Failed to resolve requirements from `?(?:setup\.py|build-system\.requires)",
        failure.message,
    )
    built = re.search(r"Failed to (?:download and )?build `([^`]+)`", failure.message)
    needed_for = (
        (built[1].rpartition(" @ ")[2] if built else name_only_folder(attempt)) if needed else ""
    )
    place = "" if needed_for else place_of(package, attempt)
    return RequirementNotFound(package, searched, no_index, without_credentials(needed_for), place)


def _list_searched(attempt: Attempt) -> tuple[str, ...]:
    """Return the package sources that were searched, in a form that can be printed."""
    public = () if attempt.index.no_index or attempt.index.default else ("PyPI",)
    folders = (wheel_folders.shown(folder, attempt.app) for folder in attempt.index.folders)
    return (*folders, *attempt.index.places(attempt.app), *public)


def _other_python(flat: str, failure: UvFailure, attempt: Attempt) -> BuildError | None:
    """Return the error for a release that exists, but not for this Python or platform."""
    if needs := re.search(r"(?<!\S)([^\s=]+)(?:==\S+)? requires Python (\S+?),? and", flat):
        release = re.search(r"(?<!\S)(\S+) requires Python", flat)
        return WrongPython(
            release[1] if release else needs[1],
            attempt.python,
            f"It needs Python {needs[2]}.",
            _newest_supported(needs[2]),
        )
    lacking = re.search(
        r"(?<!\S)([^\s=]+==\S+) has no (?:usable )?wheels?(?: with a matching (Python ABI|Python version|Python implementation|platform))?",
        flat,
    )
    if not lacking:
        return None
    hint = " ".join(failure.hints)
    if lacking[2] and lacking[2].startswith("Python"):
        return _wheels_for_other_pythons(lacking[1], hint.partition("following")[2], attempt)
    if lacking[2]:
        platforms = re.findall(r"`(\w+)`", hint.partition("following platform")[2])
        return NoMatchingWheel(
            lacking[1],
            attempt.python,
            f"The image runs on linux/amd64; its wheels are only for {', '.join(platforms)}.",
        )
    return NoMatchingWheel(
        lacking[1],
        attempt.python,
        "Building from source is disabled (PIP_ONLY_BINARY or --only-binary), and it has no compatible wheel.",
    )


def _newest_supported(requires_python: str) -> str:
    """Return the newest Python that a requires-python allows, or an empty string."""
    from packaging.specifiers import SpecifierSet

    allowed = SpecifierSet(requires_python)
    minors = [f"{major}.{minor}" for major, minor in SUPPORTED]
    return next((minor for minor in reversed(minors) if allowed.contains(f"{minor}.99")), "")


def _wheels_for_other_pythons(release: str, tags: str, attempt: Attempt) -> WrongPython:
    """Return the error for a release whose wheels are for the Pythons in ``tags`` only."""
    pairs = re.findall(r"`(?:cp|py)(\d)(\d+)\w*`", tags)
    minors = sorted({(int(major), int(minor)) for major, minor in pairs})
    names = ", ".join(f"{major}.{minor}" for major, minor in minors)
    supported = [f"{major}.{minor}" for major, minor in minors if (major, minor) in SUPPORTED]
    why = (
        f"It has wheels only for Python {names}, and no source to build one from."
        if names
        else "It has no wheel for this Python."
    )
    return WrongPython(release, attempt.python, why, supported[-1] if supported else "")


def _index_order(_flat: str, failure: UvFailure, attempt: Attempt) -> BuildError | None:
    """Return the error for a package that the first index has, but in no version that fits.

    uv then ignores the other indexes (uv: Searching across multiple indexes).
    """
    hint = re.search(
        r"`(\S+)` was found on (\S+), but not at the requested version \((\S+)\)",
        " ".join(failure.hints),
    )
    if not hint:
        return None
    # A wheel folder that comes first shadows a name just as an index does.
    first = connection.index_of(hint[2], attempt) or without_credentials(hint[2]).removeprefix(
        "file://"
    )
    return ShadowedByFirstIndex(
        hint[1], hint[3], first, [place for place in _list_searched(attempt) if place != first]
    )


def _version(flat: str, _failure: UvFailure, attempt: Attempt) -> BuildError | None:
    missing = re.search(r"there is no version of (\S+?),?(?= |$)", flat)
    only = re.search(r"only (\S+) (?:is|are) available and you require (\S+?),", flat)
    if not missing and not only:
        return None
    requirement = missing[1] if missing else only[2] if only else ""
    if requirement_name(requirement) == _WRAPPER:
        return WrapperUnknown(attempt.wrapper, _list_searched(attempt), attempt.index.no_index)
    return VersionNotFound(
        requirement,
        _list_searched(attempt),
        attempt.index.no_index,
        only[1] if only and not missing else "",
        place_of(requirement, attempt),
    )
