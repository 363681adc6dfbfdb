"""Support for ``.s2iignore``, which lists what is not part of the source.

The rules are those of openshift/source-to-image v1.5.1, pkg/ignore/ignore.go. Spaces around a line
are removed. A line is empty, a comment that starts with ``#``, or a pattern for Go's filepath.Glob,
relative to the top of the source. ``!`` before a pattern restores paths that earlier lines matched,
if the pattern matches the same path. ``*`` does not match a slash, but matches hidden names. A
directory is removed with everything in it. A malformed pattern matches nothing.
"""

import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from seldon_buildpack import user_files
from seldon_buildpack.app_dir import image_labels
from seldon_buildpack.manifests.inputs import MANIFESTS
from seldon_buildpack.messages.errors.source_files import (
    IgnoredNotRemoved,
    UnreadableManifest,
    unreadable,
)
from seldon_buildpack.messages.warnings import source_files as source_files_warnings
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.settings import s2i_environment

FILE = ".s2iignore"

_META = re.compile(r"[*?\[\\]")
# A file of a thousand lines is a long one.
_MOST_BYTES = 1_000_000
# The longest path. A longer pattern takes seconds to compile.
_LONGEST = 4096
# With more folders than this at a level, each is looked into once, by whichever path. Links to
# folders above them would double their number at each level.
_MOST_FOLDERS = 1000
# Files that the build reads. Ignoring a folder also ignores the files in it.
_READ = {*MANIFESTS, ".s2i", s2i_environment.FILE, image_labels.FILE}


class _Chunk(NamedTuple):
    """The part of a pattern between two stars, and whether a star precedes it."""

    star: bool
    letters: re.Pattern[str]


def apply(app: Path) -> tuple[str, ...]:
    """Remove what ``app/.s2iignore`` lists, and return the removed paths.

    The paths are relative and sorted, and none is below another. The directory is a copy on every
    platform except one that builds in a checkout. Nothing outside it changes: links are removed,
    not followed, and a pattern does not look through a link that leads out of the source.

    Raises:
        UnreadableManifest: .s2iignore cannot be read.
        IgnoredNotRemoved: A path cannot be removed.
    """
    names = listed(app)
    for name in names:
        path = app / name
        try:
            if user_files.is_dir(path) and not path.is_symlink():
                user_files.remove_tree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise IgnoredNotRemoved(name, error.strerror or str(error)) from error
    return names


def advice(names: Iterable[str]) -> tuple[Advice, ...]:
    """Return advice for each ignored path that the build would have read.

    s2i ignored those as well, but the user may not have meant to.
    """
    return tuple(source_files_warnings.left_out_unread(name) for name in names if name in _READ)


def listed(app: Path) -> tuple[str, ...]:
    """Return the paths that ``apply`` would remove.

    Raises:
        UnreadableManifest: .s2iignore cannot be read.
    """
    caught: set[str] = set()
    for line in _lines(app):
        pattern = _from_top(line.removeprefix("!"))
        if pattern is None:
            continue
        if line.startswith("!"):
            chunks = _chunks(pattern)
            caught -= {path for path in caught if chunks is not None and _matches(chunks, path)}
        else:
            caught.update(_glob(app, pattern))
    if "" in caught:
        caught = {f"/{name}" for name in _names(app)}
    above = (path for path in caught if not any(path[:end] in caught for end in _slashes(path)))
    return tuple(sorted(path.removeprefix("/") for path in above))


def _lines(app: Path) -> Iterator[str]:
    path = app / FILE
    try:
        data = user_files.read(app, path, _MOST_BYTES)
    except FileNotFoundError:
        return
    except OSError as error:
        raise UnreadableManifest(FILE, unreadable(path, error)) from error
    for line in os.fsdecode(data).split("\n"):
        # The only white space that s2i strips is spaces and a carriage return at the end.
        meant = line.removesuffix("\r").strip(" ")
        if meant and not meant.startswith("#"):
            yield meant


def _from_top(pattern: str) -> str | None:
    """Return the pattern as s2i joins it to the source's path, without that path.

    Returns "" for the source itself, and None for a pattern that leads outside.
    """
    clean = posixpath.normpath(f"./{pattern}")
    if clean == ".." or clean.startswith("../"):
        return None
    return "" if clean == "." else f"/{clean}"


def _slashes(path: str) -> Iterator[int]:
    return (place.start() for place in re.finditer("/", path) if place.start())


def _glob(app: Path, pattern: str) -> list[str]:
    """Return the matching paths, each with a leading slash, or "" for the source itself."""
    top = os.path.realpath(app)
    found = [""]
    for part in pattern.split("/")[1:]:
        folders = _inside(top, found)
        if not _META.search(part):
            found = [
                f"{folder}/{part}" for folder in folders if os.path.lexists(f"{top}{folder}/{part}")
            ]
        elif (chunks := _chunks(part)) is not None:
            found = [
                f"{folder}/{name}"
                for folder in folders
                for name in _names(Path(f"{top}{folder}"))
                if _matches(chunks, name)
            ]
        else:
            return []
    return found


def _inside(top: str, paths: list[str]) -> list[str]:
    """Return the paths that lead to a place inside the source."""
    real = [(path, os.path.realpath(f"{top}{path}")) for path in paths]
    inside = [(path, place) for path, place in real if f"{place}/".startswith(f"{top}/")]
    if len(inside) > _MOST_FOLDERS:
        return list({place: path for path, place in reversed(inside)}.values())
    return [path for path, _ in inside]


def _names(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir()]
    except OSError:
        return []


def _matches(chunks: list[_Chunk], text: str) -> bool:
    """Match as Go's filepath.Match does.

    Each chunk matches at the first place where it fits, without backtracking into earlier chunks. A
    star does not match a slash.
    """
    place = 0
    for number, chunk in enumerate(chunks, start=1):
        last = number == len(chunks)
        slash = text.find("/", place)
        furthest = place if not chunk.star else slash if slash >= 0 else len(text)
        if last and chunk.star and not chunk.letters.pattern:
            return slash < 0
        fits = (chunk.letters.match(text, start) for start in range(place, furthest + 1))
        found = next((fit for fit in fits if fit and not (last and fit.end() < len(text))), None)
        if not found:
            return False
        place = found.end()
    return place == len(text)


def _chunks(pattern: str) -> list[_Chunk] | None:
    """Parse a pattern of Go's filepath.Match. Returns None if it is malformed or too long."""
    if len(pattern) > _LONGEST:
        return None
    chunks: list[_Chunk] = []
    star, letters, place = False, "", 0
    while place < len(pattern):
        letter = pattern[place]
        if letter == "*":
            if letters:
                chunks.append(_Chunk(star, re.compile(letters)))
            star, letters, place = True, "", place + 1
        elif letter == "[":
            one, place = _class(pattern, place + 1)
            letters += one
        elif letter == "?":
            letters, place = f"{letters}[^/]", place + 1
        else:
            one, place = _letter(pattern, place)
            letters += re.escape(one)
        if place < 0:
            return None
    if star or letters:
        chunks.append(_Chunk(star, re.compile(letters)))
    return chunks


def _class(pattern: str, place: int) -> tuple[str, int]:
    """Parse the character class whose ``[`` is just before ``place``.

    Returns the class as a regular expression, and the position after it, which is negative if the
    class is malformed. Unlike ``*`` and ``?``, a class can match a slash: `[^a]` does.
    """
    negated = pattern.startswith("^", place)
    place += negated
    ranges = ""
    first = True
    while first or not pattern.startswith("]", place):
        if pattern[place : place + 1] in ("", "-", "]"):
            return "", -1
        low, place = _letter(pattern, place)
        high = low
        if pattern.startswith("-", place):
            if pattern[place + 1 : place + 2] in ("", "-", "]"):
                return "", -1
            high, place = _letter(pattern, place + 1)
        if place < 0 or place >= len(pattern):
            return "", -1
        first = False
        if low <= high:
            ranges += f"{re.escape(low)}-{re.escape(high)}"
    if not ranges:
        return r"[\s\S]" if negated else "(?!)", place + 1
    return f"[{'^' if negated else ''}{ranges}]", place + 1


def _letter(pattern: str, place: int) -> tuple[str, int]:
    """Return the letter at this position, or the one that a backslash escapes.

    The second value is the position after it, or -1 if the backslash is the last letter.
    """
    if pattern[place] != "\\":
        return pattern[place], place + 1
    return (pattern[place + 1], place + 2) if place + 1 < len(pattern) else ("", -1)
