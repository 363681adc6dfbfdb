"""Parser for requirements.txt as pip reads it: includes, index options, invalid lines.

uv installs from the file itself. This module finds out what the file depends on, so that a change
of any of it is noticed, and reports invalid lines before anything is downloaded.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from seldon_buildpack import digests, user_files
from seldon_buildpack.manifests import git_in_place
from seldon_buildpack.manifests.conditions import Asked, holds
from seldon_buildpack.masking import Secret, url_secrets
from seldon_buildpack.messages.errors.requirements import (
    BadRequirementLine,
    IncludeOutside,
    MissingInclude,
)
from seldon_buildpack.messages.errors.source_files import (
    ManifestNotText,
    UnreadableManifest,
    unreadable,
)
from seldon_buildpack.names import canonical

WRAPPER = "seldon-core"

# pip expands only ${NAME} with uppercase letters, digits and underscores (pip: Requirements File
# Format).
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_INDEX_LINE = re.compile(r"\s*(?:-i|-f|--index-url|--pypi-url|--extra-index-url|--find-links)\b")
_INCLUDE = re.compile(
    r"^[ \t]*+(?:-[rc]|--requirements?|--constraints?)[ \t]*+=?+[ \t]*+['\"]?+([^\s'\"]+)",
    re.MULTILINE,
)
_URL = re.compile(r"[\w+.-]+://[^\s;]+")
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_SPECIFIER = r"(?:[=!]=\s*\d+(?:\.\d+)*(?:\.\*|(?:a|b|rc)\d+)?|(?:~=|>=|<=|<|>)\s*\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?)(?:\.post\d+)?"
# A name with version specifiers and nothing else: most lines of most files.
_PLAIN = re.compile(
    rf"({_NAME})(\s*{_SPECIFIER}(?:\s*,\s*{_SPECIFIER})*)?\s*(?:(?:^|\s)#.*)?|\s*(?:#.*)?"
)


@dataclass(frozen=True, kw_only=True)
class IndexLines:
    """Options in requirements files that select package sources and candidate packages."""

    # The index that replaces PyPI.
    index_url: str = ""
    extra_index_urls: tuple[str, ...] = ()
    # Absolute paths of folders, and URLs of pages with links.
    find_links: tuple[str, ...] = ()
    # Hosts whose certificates are not verified.
    trusted_hosts: tuple[str, ...] = ()
    # Whether indexes are not searched.
    no_index: bool = False
    # Whether pre-releases are allowed.
    pre: bool = False
    # Whether each requirement must have a hash.
    require_hashes: bool = False
    # uv's index strategy.
    strategy: str = ""
    # Whether the options are from a lock file: an explicit PIP_INDEX_URL or PIP_NO_INDEX then
    # replaces its indexes.
    of_lock: bool = False

    def and_those_of(self, other: "IndexLines") -> "IndexLines":
        """Return the options of both; for single values, those of ``self`` win."""
        return IndexLines(
            index_url=self.index_url or other.index_url,
            extra_index_urls=self.extra_index_urls + other.extra_index_urls,
            find_links=self.find_links + other.find_links,
            trusted_hosts=self.trusted_hosts + other.trusted_hosts,
            no_index=self.no_index or other.no_index,
            pre=self.pre or other.pre,
            require_hashes=self.require_hashes or other.require_hashes,
        )


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """A requirements file with its includes, or another manifest with the same information."""

    # The manifest.
    path: Path
    # Further requirements files to install.
    more: tuple[Path, ...] = ()
    # The files that were read.
    files: tuple[Path, ...] = ()
    # The wheels, archives and folders in the source that it names.
    local: tuple[Path, ...] = ()
    # The subset of ``local`` that is installed in editable mode.
    editable: tuple[Path, ...] = ()
    # The canonical names of the required packages. Constraints do not count.
    names: tuple[str, ...] = ()
    # The number of requirements without a name, such as local folders.
    nameless: int = 0
    # The required versions of seldon-core: `==1.16.0`.
    wrapper: str = ""
    # Whether seldon-core is required by a URL or a path.
    wrapper_by_url: bool = False
    # The environment variables that it uses.
    variables: frozenset[str] = frozenset()
    # The subset of ``variables`` that configures package sources or contains credentials.
    configuring: frozenset[str] = frozenset()
    # The credentials in it.
    secrets: tuple[Secret, ...] = ()
    # The digest of the files, with variables expanded and credentials removed.
    digest: str = ""
    index: IndexLines = field(default_factory=IndexLines)
    # uv's arguments for a manifest that is not a list of requirements.
    arguments: tuple[str, ...] = ()
    # The requirements, if they are a section of another manifest, `path`, and not a file.
    text: str = field(default="", repr=False)
    # Whether it is a lock file: the requirements are exported from it when the layer is built.
    lock: bool = False
    # The Python versions that the lock is for.
    requires_python: str = ""
    # The requirements, or only those that may apply to some Python versions only.
    asked: tuple[Asked, ...] = field(default=(), repr=False)
    # The editable git requirements (`-e git+URL`), which uv does not support.
    from_git: tuple[str, ...] = ()

    @property
    def told(self) -> tuple[str, ...]:
        """The arguments for uv that install the requirements."""
        files = (self.path, *self.more)
        return self.arguments or tuple(word for path in files for word in ("-r", str(path)))

    def for_python(self, python: str) -> "Requirements":
        """Return a copy without the lines whose marker is false on this Python (`3.12`)."""
        if not any(one.marker for one in self.asked):
            return self
        kept = [one for one in self.asked if holds(one.marker, python)]
        stay = {one.name for one in kept}
        gone = {one.name for one in self.asked} - stay
        pins = [
            one.specifier
            for one in kept
            if one.name == WRAPPER and one.specifier and not one.by_url
        ]
        nameless = sum(not one.name for one in self.asked) - sum(not one.name for one in kept)
        return replace(
            self,
            names=tuple(name for name in self.names if name not in gone),
            nameless=self.nameless - nameless,
            wrapper=",".join(pins[:1] if self.lock else pins),
            wrapper_by_url=any(one.name == WRAPPER and one.by_url for one in kept),
        )

    def has_line_for(self, python: str) -> bool:
        """Return whether the marker of a line is true on this Python (`3.12`)."""
        return any(holds(line.marker, python) for line in self.asked)

    def wrapper_version(self, default: str) -> str:
        """Return the version of seldon-core that the files require.

        This is the pinned version, or ``default`` if it satisfies the specifiers, else the
        specifiers themselves (`<1.17`).
        """
        if not self.wrapper:
            return default
        from packaging.specifiers import SpecifierSet

        asked = SpecifierSet(self.wrapper)
        pinned = [
            one.version
            for one in asked
            if one.operator in ("==", "===") and not one.version.endswith(".*")
        ]
        return (
            pinned[0]
            if pinned
            else default
            if asked.contains(default, prereleases=True)
            else self.wrapper
        )

    def summary(self) -> str:
        """Return a phrase for the log that says what is installed."""
        if self.lock:
            return "its pinned packages" + (
                ", and the project as editable" if self.path.parent in self.editable else ""
            )
        if self.arguments:
            return "the project, as editable" if self.editable else "its dependencies"
        count = len(self.names) + self.nameless
        return f"{count} package{'' if count == 1 else 's'}"


@dataclass(frozen=True)
class ManifestSection:
    """Requirements in a section of another manifest.

    ``lines`` has the line number in the manifest for each line of ``text``.
    """

    text: str
    lines: tuple[int, ...]


def read(
    app: Path,
    path: Path,
    env: Mapping[str, str],
    part: ManifestSection | None = None,
    more: tuple[Path, ...] = (),
) -> Requirements:
    """Read a requirements file and the files that it includes with -r and -c.

    ``more`` are further requirements files. If ``part`` is given, only that section of the manifest
    is read. Variables (``${NAME}``) are
    expanded from ``env``.

    Raises:
        BuildError: A file is missing or is not text, or pip would reject a line.
    """
    found = Requirements(path=path, more=more, text=part.text if part else "")
    waiting = [(each, False) for each in (path, *more)]
    while waiting:
        # Requirements come first: a file that is included both ways counts as requirements.
        waiting.sort(key=lambda one: one[1])
        current, constraints = waiting.pop(0)
        if current in found.files:
            continue
        text = part.text if part and current == path else text_of(app, current)
        found = _with_file(found, app, current, text, env)
        plain = _plain_lines(text)
        if plain is not None:
            found = (
                found
                if constraints
                else replace(
                    found,
                    names=tuple(dict.fromkeys((*found.names, *(line.name for line in plain)))),
                    asked=(*found.asked, *plain),
                )
            )
            continue
        parsed = _parsed(_expanded(text, env))
        _refuse_bad_lines(
            app, current, parsed.invalid_lines, part.lines if part and current == path else ()
        )
        options = [line.options for line in parsed.options]
        waiting += [
            (_included(app, current, name), constraints or key == "constraints")
            for table in options
            for key in ("requirements", "constraints")
            for name in table.get(key, [])
            # uv fetches included URLs itself; their content is not checked here.
            if "://" not in name
        ]
        found = _with_index(found, app, current, options)
        found = _with_requirements(found, app, [] if constraints else parsed.requirements)
    return found


def with_includes(paths: Iterable[Path], env: Mapping[str, str]) -> dict[Path, str]:
    """Return the existing constraints files and the files that they include, with their texts.

    Variables are expanded. Errors in the files are left for uv to report.
    """
    found: dict[Path, str] = {}
    waiting = list(paths)
    for path in waiting:
        if path in found or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
        found[path] = _expanded(text, env)
        waiting += [
            Path(os.path.normpath(path.parent / name))
            for name in _INCLUDE.findall(found[path])
            if "://" not in name
        ]
    return found


def local_of_text(app: Path, text: str) -> Iterator[Path]:
    """Yield the packages in the source that the lines of a text name."""
    lines = (line.partition(" ;")[0].partition(" --hash")[0] for line in text.splitlines())
    return _local(app, [line.strip() for line in lines if "/" in line])


def _plain_lines(text: str) -> tuple[Asked, ...] | None:
    """Return the requirements of a file with only plain lines, or None if it needs the parser.

    Importing the parser takes longer than all the rest of a rebuild that reuses every layer.
    """
    lines = [_PLAIN.fullmatch(line) for line in text.splitlines()]
    asked = tuple(
        Asked(canonical(line[1]), re.sub(r"\s+", "", line[2] or ""))
        for line in lines
        if line and line[1]
    )
    is_plain = all(lines) and not any(line.name == WRAPPER for line in asked)
    return asked if is_plain else None


def _expanded(text: str, env: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: env.get(match[1]) or match[0], text)


def _with_file(
    found: Requirements, app: Path, current: Path, text: str, env: Mapping[str, str]
) -> Requirements:
    expanded = _expanded(text, env)
    public = digests.without_secrets(expanded)
    digest = hashlib.sha256(
        f"{found.digest}\0{current.relative_to(app)}\0{public}".encode(errors="surrogateescape")
    ).hexdigest()
    configuring = frozenset(_configuring(text))
    values = (env[name] for name in sorted(configuring) if env.get(name))
    urls = (secret for url in _URL.findall(expanded) for secret in url_secrets(url))
    return replace(
        found,
        files=(*found.files, current),
        variables=found.variables | set(_VARIABLE.findall(text)),
        configuring=found.configuring | configuring,
        secrets=(*found.secrets, *map(Secret, values), *urls),
        from_git=(*found.from_git, *git_in_place.names(text)),
        digest=digest,
    )


def _configuring(text: str) -> Iterator[str]:
    """Yield the variables in index options, and in the user info and query of other URLs."""
    for line in text.splitlines():
        if _INDEX_LINE.match(line):
            yield from _VARIABLE.findall(line)
        for url in _URL.findall(line):
            authority, _, _ = url.partition("://")[2].partition("/")
            yield from _VARIABLE.findall(authority.rpartition("@")[0] + url.partition("?")[2])


def _with_index(
    found: Requirements, app: Path, current: Path, options: list[dict[str, Any]]
) -> Requirements:
    lines = _index_lines(app, current, options)
    return replace(
        found,
        index=found.index.and_those_of(lines),
        local=(*found.local, *_local(app, lines.find_links)),
    )


def _with_requirements(found: Requirements, app: Path, lines: list[Any]) -> Requirements:
    links = [(str(line.link.url), bool(line.is_editable)) for line in lines if line.link]
    names = dict.fromkeys(
        (
            *found.names,
            *(canonical(name) for line in lines if (name := line.name or _name_before_at(line))),
        )
    )
    asked = [
        str(line.req.specifier)
        for line in lines
        if line.req and line.name and canonical(line.name) == WRAPPER
    ]
    by_url = any(
        line.link and canonical(line.name or _name_before_at(line)) == WRAPPER for line in lines
    )
    lines_asked = (
        Asked(
            canonical(line.name or _name_before_at(line)),
            str(line.req.specifier) if line.req else "",
            str(line.marker or ""),
            bool(line.link),
        )
        for line in lines
    )
    return replace(
        found,
        asked=(*found.asked, *lines_asked),
        wrapper_by_url=found.wrapper_by_url or by_url,
        local=(*found.local, *_local(app, [link for link, _ in links])),
        editable=(*found.editable, *_local(app, [link for link, editable in links if editable])),
        names=tuple(names),
        nameless=found.nameless
        + sum(1 for line in lines if not line.name and not _name_before_at(line)),
        wrapper=",".join(filter(None, (found.wrapper, *asked))),
    )


def _name_before_at(line: Any) -> str:
    """Return the name in `name @ ./path`, all of which the parser takes for a path."""
    name, at, _ = str(line.link.url).partition(" @ ") if line.link else ("", "", "")
    return name.partition("[")[0].strip() if at else ""


def _parsed(text: str) -> Any:
    from pip_requirements_parser import RequirementsFile

    # Not from_string: in release 32.0.1 it uses a name that it does not import.
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        # The parser's time grows with the square of the number of consecutive spaces.
        file.write(re.sub(r"[ \t]{64,}", " ", text))
        file.flush()
        return RequirementsFile.from_file(file.name)


def text_of(app: Path, path: Path) -> str:
    """Return the text of a manifest.

    Raises:
        UnreadableManifest: The file cannot be read.
        ManifestNotText: The file is not UTF-8 text.
    """
    name = str(path.relative_to(app)) if path.is_relative_to(app) else str(path)
    try:
        data = user_files.read(app, path)
    except OSError as error:
        raise UnreadableManifest(name, unreadable(path, error)) from error
    # Half the bytes of plain text in UTF-16 are null bytes, even without a byte order mark.
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:200]:
        raise ManifestNotText(name, 1, utf16=True)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ManifestNotText(name, data[: error.start].count(b"\n") + 1) from error


def _refuse_bad_lines(app: Path, path: Path, invalid: list[Any], numbers: tuple[int, ...]) -> None:
    from packaging.requirements import InvalidRequirement, Requirement

    for line in invalid:
        text = line.line.split(" --hash")[0].strip()
        try:
            Requirement(text)
        except InvalidRequirement as error:
            why = str(error).splitlines()[0]
            number = numbers[line.line_number - 1] if numbers else line.line_number
            raise BadRequirementLine(
                str(path.relative_to(app)), number, line.line, why, _meant(text)
            ) from error


def _meant(line: str) -> str:
    """Return `name=1.2` and conda's `name=1.2=py312_0` in pip's syntax.

    For any other line, return an empty string.
    """
    found = re.fullmatch(
        r"([A-Za-z0-9][\w.-]*(?:\[[\w, -]*\])?)\s*=\s*(\d[\w.*+!]*)(?:=[\w.*]+)?", line
    )
    return f"{found[1]}=={found[2]}" if found else ""


def _included(app: Path, current: Path, name: str) -> Path:
    path = (current.parent / name).resolve()
    if not path.is_relative_to(app.resolve()):
        raise IncludeOutside(str(current.relative_to(app)), name)
    if not path.is_file():
        raise MissingInclude(str(current.relative_to(app)), name)
    return app / path.relative_to(app.resolve())


def _index_lines(app: Path, current: Path, options: list[dict[str, Any]]) -> IndexLines:
    def values(key: str) -> Iterator[str]:
        for table in options:
            value = table.get(key, [])
            yield from [str(word) for word in value] if isinstance(value, list) else [str(value)]

    # A relative folder is resolved against the directory of the file that names it first, then
    # against the working directory (pip: --find-links).
    folders = tuple(
        next(
            (
                str(base / link)
                for base in (current.parent, app)
                if "://" not in link and user_files.exists(base / link)
            ),
            link,
        )
        for link in values("find_links")
    )
    return IndexLines(
        index_url=next(values("index_url"), ""),
        extra_index_urls=tuple(values("extra_index_urls")),
        find_links=folders,
        trusted_hosts=tuple(values("trusted_hosts")),
        no_index=any(values("no_index")),
        pre=any(values("pre")),
        require_hashes=any(values("require_hashes")),
    )


def _local(app: Path, links: list[str] | tuple[str, ...]) -> Iterator[Path]:
    """Yield the links that are existing files or folders.

    As in pip and uv, relative paths are resolved against the source, not against the file that
    names them.
    """
    for link in links:
        path = (
            link.rpartition(" @ ")[2]
            .removeprefix("file://localhost")
            .removeprefix("file://")
            .removeprefix("file:")
            .partition("#")[0]
            .partition("[")[0]
            .strip()
        )
        for place in dict.fromkeys((path, unquote(path)) if "file:" in link else (path,)):
            if "://" not in place and user_files.exists(app / place):
                yield app / place
