"""Which Pythons does a statement about the Python allow?"""

import functools
from dataclasses import dataclass

from seldon_buildpack.origin import Origin

Minor = tuple[int, int]
# The patch releases of a minor that a specifier is tested with.
PATCHES = range(100)


@dataclass(frozen=True, kw_only=True)
class PythonRequest:
    """A statement about the Python that the source is for."""

    source: Origin
    # The value as written there.
    value: str
    # Specifiers (PEP 440), one of which the version has to meet.
    specifiers: tuple[str, ...] = ()
    # The minors that it allows, if it is not a specifier.
    minors: frozenset[Minor] = frozenset()
    # An exact version.
    exact: str = ""
    # Whether pip refuses to install the source on any other Python.
    enforced: bool = False

    def allows(self, version: str) -> bool:
        """Return whether this exact version (`3.12.1`) satisfies the request."""
        if not self.specifiers:
            major, minor = version.split(".")[:2]
            return (int(major), int(minor)) in self.minors
        # Slow to import, and most sources say nothing about their Python.
        from packaging.specifiers import SpecifierSet

        return any(SpecifierSet(each).contains(version) for each in self.specifiers)

    def allows_minor(self, minor: Minor) -> bool:
        """Return whether any release of this minor satisfies the request."""
        return bool(self.allowed_patches(minor))

    def allowed_patches(self, minor: Minor) -> frozenset[int]:
        """Return the patch releases of this minor that satisfy the request."""
        if not self.specifiers:
            return frozenset(PATCHES if minor in self.minors else ())
        return frozenset().union(*(_patches_meeting(each, minor) for each in self.specifiers))


@functools.cache
def _patches_meeting(specifier: str, minor: Minor) -> frozenset[int]:
    """Return the patch releases of a minor that satisfy a specifier.

    To parse a specifier takes ten times as long as to compare a version with it.
    """
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    required, (major, second) = SpecifierSet(specifier), minor
    return frozenset(
        patch for patch in PATCHES if required.contains(Version(f"{major}.{second}.{patch}"))
    )
