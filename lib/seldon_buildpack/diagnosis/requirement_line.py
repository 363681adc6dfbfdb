"""The line of the user's file that uv refuses, in the file that was written for uv."""

import os
import re

from seldon_buildpack.diagnosis.uv_output import Attempt, UvFailure
from seldon_buildpack.manifests import requirements_export
from seldon_buildpack.masking import without_credentials, without_queries
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.requirement_lines import LinePlace, LineRefusedByUv
from seldon_buildpack.names import canonical, requirement_name

_FILES = "|".join(
    re.escape(name) for name in (requirements_export.REQUIREMENTS, requirements_export.CONSTRAINTS)
)
# "... in `FILE` at position 5", "...: FILE:1:5".
_PLACE = re.compile(rf"({_FILES})(?:` at position (\d+)|:(\d+):\d+)")


def place_of(requirement: str, attempt: Attempt) -> str:
    """Return the file and the line of the user's that require a package, or ""."""
    lines = attempt.requirements.lines if attempt.requirements else ()
    name = canonical(requirement_name(requirement))
    named = [line for line in lines if line.name == name and line.number]
    # The line that requires it comes before a constraint, unless that has the version.
    exact = [line for line in named if line.specifier and line.specifier in requirement]
    for line in sorted(exact or named, key=lambda line: line.constraint):
        return f"{os.path.relpath(line.file, attempt.app)}, line {line.number}"
    return ""


def explain(failure: UvFailure, attempt: Attempt) -> BuildError | None:
    """Return the error for a line that uv cannot read, with its place in the user's file."""
    place = _PLACE.search("\n".join(failure.lines))
    if not place or attempt.requirements is None:
        return None
    try:
        line = requirements_export.find_line(
            attempt.requirements,
            place[1],
            position=int(place[2] or 0),
            number=int(place[3] or 0),
        )
    except LookupError:
        return None
    causes = [text.partition("cause: ")[2] for text in failure.lines if "cause: " in text]
    error = failure.lines[0].removeprefix("error: ").rpartition(": ")[0]
    text = without_queries(without_credentials(requirements_export.spell(line)))
    file = os.path.relpath(line.file, attempt.app)
    return LineRefusedByUv(LinePlace(file, line.number, text), causes[-1] if causes else error)
