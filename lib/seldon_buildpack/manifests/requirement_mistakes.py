"""Lines of requirements files that pip refuses, or that can be installed nowhere but at home.

Each gets an error that says what the line is, and what to write instead.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.manifests.conditions import holds
from seldon_buildpack.manifests.requirement_parts import Requirement, scheme_of
from seldon_buildpack.messages.errors.requirement_lines import (
    ConflictMarker,
    ConstraintInvalid,
    DebianPackage,
    FrozenPath,
    GitAddressInvalid,
    LinePlace,
    PythonRequired,
    VcsUnsupported,
    WheelForOtherSystem,
    YamlLine,
)

# Any Python that a model may run on.
_PYTHONS = tuple(f"3.{minor}" for minor in range(6, 15))
_YAML = re.compile(r"-(?:\s+(.*))?|---|[A-Za-z][\w-]*:(?:\s.*)?")
_CONFLICT = re.compile(r"(?:<{7}|>{7}|\|{7})(?:\s.*)?|={7}")
_VERSION = re.compile(
    r"([A-Za-z0-9][\w.-]*(?:\[[\w, -]*\])?)\s*={1,2}\s*(\d[\w.*+!]*)(?:=[\w.*]+)?"
)
# git's own notation, which is no URL: git@host:path, git+ssh://git@host:path.
_GIT_ADDRESS = re.compile(
    r"(?:git\+)?(?:ssh://)?((?:[\w.-]+)@[\w.-]+):(?!\d+/)/?([^\s#;]+)((?:#\S*)?)"
)
_GIT_URL = re.compile(r"https?://[^\s#;?]+\.git(?:@[^\s#;?]*)?")
# Where conda's recipes are built: conda-build's `work` directory, below different roots.
_BUILT_BY_CONDA = re.compile(r"/(?:croot|feedstock_root|conda-bld|tmp/build|_?h?_env\w*)/|/work$")
# Users of s2i mount wheels here.
_MOUNTED = Path("/whl")
_SYSTEMS = (("win", "Windows"), ("macosx", "macOS"))


def is_other_format(text: str) -> bool:
    """Return whether a line is no requirement at all: YAML, or git's mark of a conflict."""
    return bool(_YAML.fullmatch(text) or _CONFLICT.fullmatch(text))


def refuse_other_format(place: LinePlace) -> None:
    """Refuse a line of YAML, or a mark of a conflict.

    Raises:
        BuildError: The line is one of them.
    """
    if _CONFLICT.fullmatch(place.text):
        raise ConflictMarker(place)
    if yaml := _YAML.fullmatch(place.text):
        entry = (yaml[1] or "").strip().strip("'\"")
        raise YamlLine(place, spell_version(entry) or entry if re.match(r"\w", entry) else "")


def refuse_requirement(place: LinePlace, requirement: Requirement) -> None:
    """Refuse a requirement that cannot be installed anywhere.

    Raises:
        BuildError: The requirement is of such a kind.
    """
    if requirement.constraint:
        _refuse_constraint(place, requirement)
        return
    if requirement.name == "pkg-resources" and requirement.specifier == "==0.0.0":
        raise DebianPackage(place)
    if requirement.name == "python" and not requirement.url and may_apply(requirement):
        digits = re.search(r"(?<!\d)\d+\.\d+", requirement.specifier)
        raise PythonRequired(place, digits[0] if digits else "")
    program = requirement.program
    if program not in ("", "git") and may_apply(requirement):
        raise VcsUnsupported(place, program)
    url = requirement.url.partition("#")[0]
    if scheme_of(url) in ("http", "https") and _GIT_URL.fullmatch(url):
        raise GitAddressInvalid(place, f"git+{url}")
    _refuse_wheel(place, requirement)


def spell_git_address(text: str) -> str:
    """Return an address in git's own notation, such as git@host:path, as a URL.

    For any other text, return an empty string.
    """
    name, at, address = text.rpartition(" @ ")
    found = _GIT_ADDRESS.fullmatch(address.strip())
    return f"{name}{at}git+ssh://{found[1]}/{found[2]}{found[3]}" if found else ""


def refuse_frozen_paths(app: Path, lines: Iterable[tuple[LinePlace, Requirement]]) -> None:
    """Refuse paths of the machine where `pip freeze` ran.

    Raises:
        FrozenPath: There are such lines.
    """
    frozen = [
        (place, str(requirement.path))
        for place, requirement in lines
        if requirement.path
        and _is_frozen(place.text, requirement)
        and not requirement.path.is_relative_to(app)
        and not requirement.path.is_relative_to(_MOUNTED)
        and not user_files.exists(requirement.path)
        and may_apply(requirement)
    ]
    if frozen:
        conda = any(_BUILT_BY_CONDA.search(path) for _, path in frozen)
        raise FrozenPath([place for place, _ in frozen], conda=conda)


def spell_version(line: str) -> str:
    """Return `name=1.2` and conda's `name=1.2=py312_0` in pip's syntax.

    For any other line, return an empty string.
    """
    found = _VERSION.fullmatch(line)
    return f"{found[1]}=={found[2]}" if found else ""


def may_apply(requirement: Requirement) -> bool:
    """Return whether a requirement's marker is true for any Python on this platform."""
    return any(holds(requirement.marker, python) for python in _PYTHONS)


def _is_frozen(text: str, requirement: Requirement) -> bool:
    """Return whether a requirement has a form that `pip freeze` writes."""
    return (
        requirement.editable or " @ " in text or bool(_BUILT_BY_CONDA.search(str(requirement.path)))
    )


def _refuse_constraint(place: LinePlace, requirement: Requirement) -> None:
    if requirement.editable:
        raise ConstraintInvalid(place, "pip refuses -e in a constraints file")
    if not requirement.name:
        raise ConstraintInvalid(place, "The constraint does not name a package")
    if requirement.extras:
        raise ConstraintInvalid(place, "pip refuses extras in a constraints file")


def _refuse_wheel(place: LinePlace, requirement: Requirement) -> None:
    file = requirement.url.partition("#")[0].partition("?")[0]
    # A wheel in the source is looked into when it is installed, which explains more.
    if not file.endswith(".whl") or (requirement.path and user_files.exists(requirement.path)):
        return
    platforms = file.removesuffix(".whl").rpartition("-")[2].split(".")
    for prefix, system in _SYSTEMS:
        if all(name.startswith(prefix) for name in platforms) and may_apply(requirement):
            raise WheelForOtherSystem(place, system)
