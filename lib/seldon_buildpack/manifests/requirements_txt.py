"""Reader for requirements files and constraints files as pip reads them, with their includes.

The files are read once, here. uv installs from files that `requirements_export` writes from what
was read, so that everything that pip accepts can be installed, and what nobody can install is
reported with its line before anything is downloaded.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.manifests.file_line import FileLine
from seldon_buildpack.manifests.requirement_parts import local_path, scheme_of
from seldon_buildpack.manifests.requirements_collector import Collector
from seldon_buildpack.manifests.requirements_lines import encoding_of, split_lines
from seldon_buildpack.manifests.requirements_types import WRAPPER, IndexLines, Requirements
from seldon_buildpack.manifests.s2i_paths import resolve_s2i_path
from seldon_buildpack.messages.errors.requirement_lines import FileTooLong, IncludeUnusable
from seldon_buildpack.messages.errors.requirements import IncludeOutside, MissingInclude
from seldon_buildpack.messages.errors.source_files import (
    ManifestNotText,
    UnreadableManifest,
    unreadable,
)

__all__ = [
    "WRAPPER",
    "IndexLines",
    "ManifestSection",
    "Requirements",
    "read",
    "read_constraints",
    "text_of",
]

# Far above a locked environment of a thousand packages with hashes.
_MOST_BYTES, _MOST_LINES, _MOST_REQUIREMENTS, _MOST_FILES = 4_000_000, 200_000, 5_000, 500
_LONGEST_NAME = 255


@dataclass(frozen=True)
class ManifestSection:
    """Requirements in a section of another manifest.

    ``lines`` has the line number in the manifest for each line of ``text``.
    """

    text: str
    lines: tuple[int, ...]


@dataclass(frozen=True)
class _OpenFile:
    """A file that is being read, as far as ``lines`` has come."""

    path: Path
    constraint: bool
    lines: Iterator[FileLine]


def read(
    app: Path,
    path: Path,
    env: Mapping[str, str],
    part: ManifestSection | None = None,
    more: tuple[Path, ...] = (),
) -> Requirements:
    """Read a requirements file and the files that it includes with -r and -c.

    ``more`` are further requirements files. If ``part`` is given, only that section of the manifest
    is read. Variables (``${NAME}``) are expanded from ``env``.

    Raises:
        BuildError: A file is missing or is not text, or a line of it cannot be installed.
    """
    read = _read(app, [(each, False) for each in (path, *more)], env, part)
    return replace(read, more=more)


def read_constraints(app: Path, paths: Iterable[Path], env: Mapping[str, str]) -> Requirements:
    """Read constraints files, and the files that they include. Missing files are left to uv.

    Raises:
        BuildError: A file is not text, or a line of it is not a constraint.
    """
    existing = [(path, True) for path in paths if user_files.is_file(path)]
    constraints = _read(app, existing, env, None)
    return replace(
        constraints, lines=tuple(replace(line, constraint=True) for line in constraints.lines)
    )


def _read(
    app: Path,
    paths: list[tuple[Path, bool]],
    env: Mapping[str, str],
    part: ManifestSection | None,
) -> Requirements:
    collector = Collector(app=app, env=env)
    seen: set[tuple[Path, bool]] = set()
    for start in paths:
        stack = [] if start in seen else [_open(collector, *start, part)]
        seen.add(start)
        while stack:
            line = next(stack[-1].lines, None)
            if line is None:
                stack.pop()
                continue
            # The included file comes before the next line of this one, as with pip.
            for name, only_constraints in reversed(collector.add(line)):
                included = _locate(app, line, name)
                if included is None:
                    collector.remote.append((name, only_constraints))
                    continue
                if any(included == file.path for file in stack):
                    raise IncludeUnusable(line.place, "it includes itself")
                if (included, only_constraints) not in seen:
                    seen.add((included, only_constraints))
                    if len(seen) > _MOST_FILES:
                        raise IncludeUnusable(
                            line.place, f"{_MOST_FILES} files are included already"
                        )
                    stack.append(_open(collector, included, only_constraints, None))
    path = paths[0][0] if paths else app
    return collector.finish(path, part.text if part else "")


def _open(
    collector: Collector, path: Path, constraint: bool, part: ManifestSection | None
) -> _OpenFile:
    app = collector.app
    name = os.path.relpath(path, app) if path.is_relative_to(app) else str(path)
    text = part.text if part else _read_text(app, path, name)
    if text.count("\n") > _MOST_LINES:
        raise FileTooLong(name, f"it has more than {_MOST_LINES} lines")
    collector.files[path] = None
    return _OpenFile(path, constraint, _lines(collector, path, name, text, constraint, part))


def _lines(
    collector: Collector,
    path: Path,
    name: str,
    text: str,
    constraint: bool,
    part: ManifestSection | None,
) -> Iterator[FileLine]:
    for line in split_lines(text):
        if len(collector.lines) >= _MOST_REQUIREMENTS:
            raise FileTooLong(name, f"it has more than {_MOST_REQUIREMENTS} requirements")
        number = part.lines[min(line.number, len(part.lines)) - 1] if part else line.number
        yield FileLine(path=path, name=name, number=number, text=line.text, constraint=constraint)


def _locate(app: Path, line: FileLine, name: str) -> Path | None:
    """Return the file that a line includes; None if it is at a URL, which uv fetches.

    The name is relative to the file that includes it.

    Raises:
        BuildError: There is no such file in the source.
    """
    if "\0" in name or any(len(os.fsencode(part)) > _LONGEST_NAME for part in name.split("/")):
        raise IncludeUnusable(line.place, "no file can have this name")
    text = resolve_s2i_path(app, name)
    path = local_path(text if scheme_of(text) else str(line.path.parent / text), app)
    if path is None:
        return None
    home, real = Path(os.path.realpath(app)), Path(os.path.realpath(path))
    if not real.is_relative_to(home):
        raise IncludeOutside(line.name, line.place.quote_part(name))
    try:
        missing = not real.is_file()
    except PermissionError:
        raise
    except OSError:
        missing = True
    if missing:
        raise MissingInclude(line.name, line.place.quote_part(name))
    return app / real.relative_to(home)


def _read_text(app: Path, path: Path, name: str) -> str:
    """Return the text of a requirements file, in any encoding that pip reads.

    Raises:
        BuildError: The file is too large, cannot be read, or is not text.
    """
    data = _bytes_of(app, path, name)
    if len(data) > _MOST_BYTES:
        raise FileTooLong(name, f"it has more than {_MOST_BYTES // 1_000_000} MB")
    return _decode(data, encoding_of(data), name)


def text_of(app: Path, path: Path) -> str:
    """Return the text of a manifest.

    Raises:
        UnreadableManifest: The file cannot be read.
        ManifestNotText: The file is not UTF-8 text.
    """
    name = str(path.relative_to(app)) if path.is_relative_to(app) else str(path)
    data = _bytes_of(app, path, name)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ManifestNotText(name, 1, utf16=True)
    return _decode(data, "utf-8-sig", name)


def _bytes_of(app: Path, path: Path, name: str) -> bytes:
    try:
        return user_files.read(app, path)
    except OSError as error:
        raise UnreadableManifest(name, unreadable(path, error)) from error


def _decode(data: bytes, encoding: str, name: str) -> str:
    # Half the bytes of plain text in UTF-16 are null bytes, even without a byte order mark.
    if encoding.startswith("utf-8") and b"\0" in data[:200]:
        raise ManifestNotText(name, 1, utf16=True)
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ManifestNotText(name, data[: error.start].count(b"\n") + 1) from error
