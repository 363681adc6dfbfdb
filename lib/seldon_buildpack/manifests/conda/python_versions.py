"""Python versions that a conda version spec allows, as needed to choose a Python.

Source: conda, Package match specifications, Version ordering.
"""

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

# The Pythons that some release of the wrapper supports; the last one for 3.6 is seldon-core 1.14.1.
MINORS = tuple(f"3.{minor}" for minor in range(13, 5, -1))
ANY = "*"

# The patch releases of each minor version against which a spec is tested.
_PATCHES = range(64)
_CONSTRAINT = re.compile(r"(==|!=|~=|<=|>=|=|<|>)?\s*(.*)")


@functools.cache
def minors(spec: str) -> tuple[str, ...]:
    """Return the Pythons that a version spec allows and the wrapper supports, newest first.

    An empty spec allows all.
    """
    return tuple(
        minor for minor in MINORS if any(_allows(spec, f"{minor}.{patch}") for patch in _PATCHES)
    )


def exact_by_mistake(spec: str) -> str:
    """Return `3.8` for a spec that means 3.8.0 only, or an empty string for any other spec.

    Users who write two numbers usually mean every 3.8 release.
    """
    found = re.fullmatch(r"(?:==)?\s*(\d+\.\d+)", spec)
    return found[1] if found else ""


def _pep440(operator: str, version: str) -> str:
    stem = version.rstrip("*").rstrip(".")
    if not stem:
        return ""
    if operator == "=" or (operator in ("", "==") and stem != version):
        return f"=={stem}.*"
    if operator == "!=" and stem != version:
        return f"!={stem}.*"
    return f"{operator or '=='}{stem}"


def _allows(spec: str, version: str) -> bool:
    """Return whether a version spec allows a release.

    A spec that is too complex to evaluate here counts as allowed: the solver decides.
    """
    if not spec or "(" in spec or "^" in spec:
        return True
    return any(
        all(_meets(part.strip(), version) for part in option.split(","))
        for option in spec.split("|")
    )


def _meets(constraint: str, version: str) -> bool:
    try:
        specifier = _specifier(constraint)
        return specifier is None or specifier.contains(version)
    except ValueError:
        # More digits than Python turns into a number.
        return False


@functools.cache
def _specifier(constraint: str) -> "SpecifierSet | None":
    """Return a constraint in pip's syntax, or None if it has no limit that is known here."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    found = _CONSTRAINT.fullmatch(constraint)
    text = _pep440(found[1] or "", found[2]) if found else ""
    try:
        return SpecifierSet(text) if text else None
    except InvalidSpecifier:
        return None
