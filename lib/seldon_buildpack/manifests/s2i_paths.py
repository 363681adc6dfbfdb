"""Paths of s2i: there, the source is in /microservice, both at build and at run."""

import os
import re
from pathlib import Path

S2I_SOURCE = "/microservice"

# With or without a scheme: `/microservice/libs`, `file:///microservice/libs`,
# `git+file:///microservice/repo.git`. What follows is a path, extras, a fragment or a query.
_IN_S2I = re.compile(
    rf"((?:[a-z]+\+)?file:(?://(?:localhost)?)?)?{S2I_SOURCE}(?=[/#?\[]|$)", re.IGNORECASE
)

# A path within a value: alone, or in a list separated by spaces, commas, colons or semicolons.
_IN_VALUE = re.compile(rf"(?<![^\s:,;='\"]){S2I_SOURCE}(/[^\s:,;'\"]*)?(?=[\s:,;'\"]|$)")


def resolve_s2i_path(app: Path, text: str) -> str:
    """Return a path or a file URL in s2i's source directory as one in ``app``.

    Any other text is returned unchanged. The result may be outside the source, as any path may.
    """
    found = _IN_S2I.match(text)
    if not found:
        return text
    base = app.as_uri().removeprefix("file://") if found[1] else str(app)
    return f"{found[1] or ''}{base}{text[found.end() :]}"


def resolve_s2i_paths_in_value(app: Path, value: str) -> str:
    """Return a variable's value with the paths of s2i's source directory as paths in ``app``.

    A path stays if there is no such file or directory: it may be the path of a URL.
    """

    def resolve(match: re.Match[str]) -> str:
        path = f"{app}{match[1] or ''}"
        return path if os.path.exists(path) else match[0]  # noqa: PTH110 - no path is too long

    return _IN_VALUE.sub(resolve, value)
