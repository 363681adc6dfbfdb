"""A second attempt at a build from source, with a setuptools that still has what the build needs."""

import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from seldon_buildpack.commands.uv import Outcome
from seldon_buildpack.messages.warnings import packages as packages_warnings
from seldon_buildpack.messages.warnings.base import Advice

# What a build's output says if setuptools no longer has something, its name, and the first release
# without it (setuptools: History).
_REMOVED = (
    (re.compile(r"No module named 'pkg_resources'"), "pkg_resources", 82),
    (re.compile(r"No module named 'distutils\.\w+'"), "parts of distutils", 74),
    (re.compile(r"use_2to3 is invalid"), "use_2to3", 58),
    (re.compile(r"cannot import name 'Feature' from 'setuptools'"), "Feature", 46),
)
_BUILD_FAILED = "build backend returned an error"


def run(
    attempt: Callable[[Sequence[str]], Outcome], command: Sequence[str]
) -> tuple[Outcome, tuple[Advice, ...]]:
    """Run uv, and again with an older setuptools if a build failed because of a new one.

    ``attempt`` runs uv with arguments. If a build fails with an older setuptools, too, the result
    is that of the first run. The advice says which setuptools was used.
    """
    first = outcome = attempt(command)
    removed, limit = "", 0
    while outcome.code and (hit := _removed_feature(outcome)) and (not limit or hit[1] < limit):
        removed, limit = hit
        with tempfile.TemporaryDirectory() as scratch:
            constraints = Path(scratch) / "setuptools.txt"
            constraints.write_text(f"setuptools<{limit}\n")
            outcome = attempt([*command, "--build-constraints", str(constraints)])
    if outcome.code:
        # A conflict, for example, is only known once the package has been built.
        return (first if _BUILD_FAILED in outcome.text else outcome), ()
    if not limit:
        return first, ()
    return outcome, (packages_warnings.built_with_older_setuptools(removed, f"setuptools<{limit}"),)


def _removed_feature(outcome: Outcome) -> tuple[str, int] | None:
    """Return what the newest setuptools lacks, and the first release without it."""
    hits = [(name, limit) for pattern, name, limit in _REMOVED if pattern.search(outcome.text)]
    return min(hits, key=lambda hit: hit[1], default=None)
