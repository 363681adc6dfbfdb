"""What the errors and the warnings about shared libraries have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

_MOST_LINES = 10


@dataclass(frozen=True, kw_only=True)
class LibrariesNeeded:
    """Libraries of the system that a package needs."""

    # The package; empty if that is not known.
    package: str
    # A file of it that needs them.
    file: str
    # Each with the Debian package that has it, or "" if that is not known.
    libraries: tuple[tuple[str, str], ...]
    # The package with the same modules that needs none, or "".
    alternative: str = ""
    # The file that requires `package`; empty if another package does.
    manifest: str = ""


def list_libraries(needed: LibrariesNeeded) -> str:
    """Return a line for each library, with its Debian package."""
    lines = [
        f"  {library}" + (f" (Debian package {package})" if package else "")
        for library, package in needed.libraries
    ]
    more = [f"  and {len(lines) - _MOST_LINES} more"] if len(lines) > _MOST_LINES else []
    return "\n".join(lines[:_MOST_LINES] + more)


def list_fixes(needed: LibrariesNeeded) -> Sequence[str]:
    """Return what to do about the libraries."""
    packages = list(dict.fromkeys(package for _, package in needed.libraries if package))
    more = f" and {len(packages) - _MOST_LINES} more" if len(packages) > _MOST_LINES else ""
    replace = (
        [
            f"Replace {needed.package} with {needed.alternative} in {needed.manifest}: it has the same modules, and needs no such library."
        ]
        if needed.alternative and needed.manifest
        else []
    )
    image = (
        f"the Debian package{'s' if packages[1:] else ''} {_and(packages[:_MOST_LINES])}{more}"
        if packages
        else "them"
    )
    return [
        *replace,
        f"Build on a run image that has {image} (docs/requirements.md, System libraries).",
    ]


def _and(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
