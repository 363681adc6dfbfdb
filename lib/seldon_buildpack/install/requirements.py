"""requirements.txt as pip reads it: which files it draws in, which index it names, and whether every line can be read.

uv installs from the file itself; this module finds out what the file depends on, so that a change of any of it is
noticed, and says which line is wrong before anything is downloaded.
"""

import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from pip_requirements_parser import InvalidRequirementLine, OptionLine, RequirementsFile

from seldon_buildpack import errors

# pip expands ${NAME} with capital letters, digits and underscores, nothing else (pip: Requirements File Format).
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")


@dataclass(frozen=True)
class IndexLines:
    """The options of requirements files that say where packages come from; folders are absolute or URLs."""

    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    no_index: bool = False

    def and_those_of(self, other: "IndexLines") -> "IndexLines":
        """Both, the first file's single values winning."""
        return IndexLines(
            self.index_url or other.index_url,
            self.extra_index_urls + other.extra_index_urls,
            self.find_links + other.find_links,
            self.trusted_hosts + other.trusted_hosts,
            self.no_index or other.no_index,
        )


@dataclass(frozen=True)
class Requirements:
    """A requirements file with all it includes.

    ``files`` are those read, ``local`` the wheels, archives and folders of the source they name, ``names`` the canonical
    names of what they require, ``variables`` the environment variables they use.
    """

    path: Path
    files: tuple[Path, ...] = ()
    local: tuple[Path, ...] = ()
    names: tuple[str, ...] = ()
    variables: frozenset[str] = frozenset()
    index: IndexLines = field(default_factory=IndexLines)


def read(app: Path, path: Path, env: Mapping[str, str]) -> Requirements:
    """Read the file and those it includes with -r and -c.

    Raises a BuildError for a file that is missing or is not text, or a line that pip would refuse.
    """
    found = Requirements(path)
    waiting = [path]
    while waiting:
        current = waiting.pop(0)
        if current in found.files:
            continue
        text = _text(app, current)
        expanded = _VARIABLE.sub(lambda match: env.get(match[1], match[0]), text)
        parsed = _parsed(expanded)
        _refuse_bad_lines(app, current, parsed.invalid_lines)
        options = [line.options for line in parsed.options if isinstance(line, OptionLine)]
        waiting += [
            _included(app, current, name) for table in options for key in ("requirements", "constraints") for name in table.get(key, [])
        ]
        requirements = [line for line in parsed.requirements if not isinstance(line, InvalidRequirementLine)]
        index = _index_lines(app, current, options)
        found = Requirements(
            path,
            (*found.files, current),
            (*found.local, *_local(app, [str(line.link.url) for line in requirements if line.link]), *_local(app, index.find_links)),
            (*found.names, *(canonicalize_name(line.name) for line in requirements if line.name)),
            found.variables | set(_VARIABLE.findall(text)),
            found.index.and_those_of(index),
        )
    return found


def _parsed(text: str) -> RequirementsFile:
    # from_string of release 32.0.1 uses a name it does not import.
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(text)
        file.flush()
        return RequirementsFile.from_file(file.name)


def _text(app: Path, path: Path) -> str:
    name = str(path.relative_to(app)) if path.is_relative_to(app) else str(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise errors.UnreadableManifest(name, error.strerror or "it cannot be read") from error
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise errors.ManifestNotText(name, 1, utf16=True)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise errors.ManifestNotText(name, data[: error.start].count(b"\n") + 1) from error


def _refuse_bad_lines(app: Path, path: Path, invalid: list[InvalidRequirementLine]) -> None:
    for line in invalid:
        text = line.line.split(" --hash")[0].strip()
        try:
            Requirement(text)
        except InvalidRequirement as error:
            raise errors.BadRequirementLine(str(path.relative_to(app)), line.line_number, line.line, str(error).splitlines()[0]) from error


def _included(app: Path, current: Path, name: str) -> Path:
    path = (current.parent / name).resolve()
    if not path.is_file():
        raise errors.MissingInclude(str(current.relative_to(app)), name)
    if not path.is_relative_to(app.resolve()):
        raise errors.IncludeOutside(str(current.relative_to(app)), name)
    return app / path.relative_to(app.resolve())


def _index_lines(app: Path, current: Path, options: list[dict[str, object]]) -> IndexLines:
    def values(key: str) -> Iterator[str]:
        for table in options:
            value = table.get(key, [])
            yield from [str(word) for word in value] if isinstance(value, list) else [str(value)]

    # A folder is looked for beside the file that names it first, then in the working directory (pip: --find-links).
    folders = tuple(
        next((str(base / link) for base in (current.parent, app) if "://" not in link and (base / link).exists()), link)
        for link in values("find_links")
    )
    return IndexLines(
        next(values("index_url"), ""), tuple(values("extra_index_urls")), folders, tuple(values("trusted_hosts")), any(values("no_index"))
    )


def _local(app: Path, links: list[str] | tuple[str, ...]) -> Iterator[Path]:
    for link in links:
        path = link.removeprefix("file://").partition("#")[0].partition("[")[0]
        if "://" not in path and (app / path).exists():
            yield app / path
