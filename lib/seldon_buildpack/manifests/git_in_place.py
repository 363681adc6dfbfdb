"""Conversion of editable git requirements, which uv does not support.

`pip freeze` writes a checkout as `-e git+URL#egg=NAME`; uv gets `NAME @ git+URL` instead. Nobody
edits a checkout in an image, and the imported code is the same.
"""

import re
from pathlib import Path
from urllib.parse import unquote

from seldon_buildpack.masking import without_credentials, without_queries

_EXTRAS = r"\[[\w\s,.-]*\]"
_NAMED = rf"[A-Za-z0-9][\w.-]*(?:{_EXTRAS})?"
_LINE = re.compile(
    rf"^[ \t]*(?:-e|--editable)(?:[ \t]*=[ \t]*|[ \t]+)(['\"]?)((?:{_NAMED}\s*@\s*)?)(git\+[^\s;'\"]+)\1",
    re.MULTILINE,
)
_INCLUDE = re.compile(
    r"^([ \t]*(?:-r|--requirement|-c|--constraint)(?:[ \t]*=[ \t]*|[ \t]*))([^\s=]\S*)",
    re.MULTILINE,
)
# Wheel folders are passed to uv by other means than the file, and a relative one would be resolved
# against the location of the copy.
_LINKS = re.compile(r"^[ \t]*(?:-f|--find-links)\b(?!.*://).*$", re.MULTILINE)


def names(text: str) -> tuple[str, ...]:
    """Return the packages of editable git requirements, for the log.

    A package without a name is given by its URL, without credentials and query.
    """
    lines = (_requirement(match) for match in _LINE.finditer(text))
    return tuple(
        line.partition(" @ ")[0] if " @ " in line else without_queries(without_credentials(line))
        for line in lines
    )


def rewritten(text: str) -> str:
    """Return the text with editable git requirements in the form that uv supports."""
    return _LINE.sub(_requirement, text)


def copied(
    manifests: tuple[Path, ...], files: tuple[Path, ...], app: Path, scratch: Path
) -> list[Path]:
    """Copy requirements files and their includes to ``scratch`` in the form that uv supports.

    ``files`` are the manifests themselves and the files that they include. Returns the paths of the
    manifests' copies.
    """
    copies = {path.resolve(): scratch / "requirements" / path.relative_to(app) for path in files}
    for path in files:
        text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
        copy = copies[path.resolve()]
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = _absolute(_LINKS.sub("", text), path, copies)
        copy.write_text(rewritten(text), encoding="utf-8", errors="surrogateescape")
    return [copies[manifest.resolve()] for manifest in manifests]


def write_section(manifest: Path, text: str, scratch: Path) -> Path:
    """Write the requirements in a section of a manifest to ``scratch``, as a file for uv."""
    path = scratch / f"{manifest.name}.requirements.txt"
    path.write_text(rewritten(_absolute(_LINKS.sub("", text), manifest, {})), encoding="utf-8")
    return path


def _absolute(text: str, path: Path, copies: dict[Path, Path]) -> str:
    """Return the text with includes as absolute paths, to the copies if there are any."""

    def include(match: re.Match[str]) -> str:
        if "://" in match[2]:
            return match[0]
        included = (path.parent / match[2]).resolve()
        return f"{match[1]}{copies.get(included, included)}"

    return _INCLUDE.sub(include, text)


def _requirement(match: re.Match[str]) -> str:
    url, _, fragment = match[3].partition("#")
    parts = [part for part in fragment.split("&") if part]
    eggs = [unquote(part.removeprefix("egg=")) for part in parts if part.startswith("egg=")]
    rest = "&".join(part for part in parts if not part.startswith("egg="))
    url = f"{url}#{rest}" if rest else url
    if match[2]:
        return f"{match[2].partition('@')[0].strip()} @ {url}"
    return f"{eggs[0]} @ {url}" if eggs and re.fullmatch(_NAMED, eggs[0]) else url
