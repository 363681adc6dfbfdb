"""conda's version specs, as far as the choice of a Python needs them (conda: Package match specifications, Version ordering)."""

import re

# The Pythons that some release of the wrapper runs on; 3.6 has its last in seldon-core 1.14.1.
MINORS = tuple(f"3.{minor}" for minor in range(13, 5, -1))
ANY = "*"

# The patch releases of a minor that a spec is tried on.
_PATCHES = range(64)
_CONSTRAINT = re.compile(r"(==|!=|~=|<=|>=|=|<|>)?\s*(.*)")


def minors(spec: str) -> tuple[str, ...]:
    """The Pythons of those that a wrapper runs on which a version spec allows, newest first; an empty spec allows all."""
    return tuple(
        minor for minor in MINORS if any(_allows(spec, f"{minor}.{patch}") for patch in _PATCHES)
    )


def exact_by_mistake(spec: str) -> str:
    """`3.8` for a spec that asks for 3.8.0 alone, where two numbers usually mean all of 3.8; empty for any other."""
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
    """Whether a release is in a spec. What is too intricate to say here is allowed: the solver knows."""
    if not spec or "(" in spec or "^" in spec:
        return True
    return any(
        all(_meets(part.strip(), version) for part in one.split(",")) for one in spec.split("|")
    )


def _meets(constraint: str, version: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    found = _CONSTRAINT.fullmatch(constraint)
    specifier = _pep440(found[1] or "", found[2]) if found else ""
    try:
        return not specifier or SpecifierSet(specifier).contains(version)
    except InvalidSpecifier:
        return True
