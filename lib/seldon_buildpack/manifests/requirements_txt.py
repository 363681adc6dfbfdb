"""requirements.txt as pip reads it: which files it draws in, which index it names, and whether every line can be read.

uv installs from the file itself; this module finds out what the file depends on, so that a change of any of it is
noticed, and says which line is wrong before anything is downloaded.
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

# pip expands ${NAME} with capital letters, digits and underscores, nothing else (pip: Requirements File Format).
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_INDEX_LINE = re.compile(r"\s*(?:-i|-f|--index-url|--pypi-url|--extra-index-url|--find-links)\b")
_INCLUDE = re.compile(
    r"^[ \t]*+(?:-[rc]|--requirements?|--constraints?)[ \t]*+=?+[ \t]*+['\"]?+([^\s'\"]+)",
    re.MULTILINE,
)
_URL = re.compile(r"[\w+.-]+://[^\s;]+")
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_SPECIFIER = r"(?:[=!]=\s*\d+(?:\.\d+)*(?:\.\*|(?:a|b|rc)\d+)?|(?:~=|>=|<=|<|>)\s*\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?)(?:\.post\d+)?"
# A name with versions and nothing else, which is what most lines of most files are.
_PLAIN = re.compile(
    rf"({_NAME})(?:\s*{_SPECIFIER}(?:\s*,\s*{_SPECIFIER})*)?\s*(?:(?:^|\s)#.*)?|\s*(?:#.*)?"
)


@dataclass(frozen=True, kw_only=True)
class IndexLines:
    """The options of requirements files that say where packages come from and which count."""

    # The index in the place of PyPI.
    index_url: str = ""
    # Indexes beside it.
    extra_index_urls: tuple[str, ...] = ()
    # Folders, absolute, and pages of links.
    find_links: tuple[str, ...] = ()
    # Hosts whose certificates are not verified.
    trusted_hosts: tuple[str, ...] = ()
    # Whether no index is asked.
    no_index: bool = False
    # Whether pre-releases count.
    pre: bool = False
    # Whether each requirement must have a hash.
    require_hashes: bool = False
    # uv's index strategy.
    strategy: str = ""
    # Whether a lock file says all this: an explicit PIP_INDEX_URL or PIP_NO_INDEX then takes the place of its indexes.
    of_lock: bool = False

    def and_those_of(self, other: "IndexLines") -> "IndexLines":
        """Both, the first file's single values winning."""
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
    """A requirements file with all it includes, or another manifest that says the same."""

    # The manifest.
    path: Path
    # The files that were read.
    files: tuple[Path, ...] = ()
    # The wheels, archives and folders of the source that it names.
    local: tuple[Path, ...] = ()
    # Those of them that are installed in place.
    editable: tuple[Path, ...] = ()
    # The canonical names of what is required; constraints require nothing.
    names: tuple[str, ...] = ()
    # The number of local folders beside them.
    nameless: int = 0
    # The versions of seldon-core that it asks for: `==1.16.0`.
    wrapper: str = ""
    # Whether it says by a URL or a path where seldon-core is.
    wrapper_by_url: bool = False
    # The environment variables that it uses.
    variables: frozenset[str] = frozenset()
    # Those of them that say where packages come from, or carry credentials.
    configuring: frozenset[str] = frozenset()
    # The credentials in it.
    secrets: tuple[Secret, ...] = ()
    # Over what the files say with their variables filled in, less credentials.
    digest: str = ""
    # What it says of indexes.
    index: IndexLines = field(default_factory=IndexLines)
    # uv's arguments for a manifest that is not a list of requirements.
    arguments: tuple[str, ...] = ()
    # What it says, where it is no file of the source but a part of another manifest, `path`.
    text: str = field(default="", repr=False)
    # Whether it is a lock file: the requirements are exported from it when the layer is made.
    lock: bool = False
    # The Pythons that the lock is for.
    requires_python: str = ""
    # The lines, or those of them that may be for some Pythons only.
    asked: tuple[Asked, ...] = field(default=(), repr=False)
    # What a line wants in place (`-e git+URL`), which uv does not do.
    from_git: tuple[str, ...] = ()

    @property
    def told(self) -> tuple[str, ...]:
        """What uv is told to install."""
        return self.arguments or ("-r", str(self.path))

    def for_python(self, python: str) -> "Requirements":
        """The same less the lines whose marker is false on this Python (`3.12`)."""
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

    def wrapper_version(self, default: str) -> str:
        """The release of seldon-core that the files ask for: pinned, or ``default`` if it will do, else what they say (`<1.17`)."""
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
        """What of it is installed, for the log."""
        if self.lock:
            return "what it pins" + (
                ", and the project in place" if self.path.parent in self.editable else ""
            )
        if self.arguments:
            return "the project, in place" if self.editable else "what it depends on"
        count = len(self.names) + self.nameless
        return f"{count} package{'' if count == 1 else 's'}"


@dataclass(frozen=True)
class ManifestSection:
    """Requirements that are a part of another manifest: their text, and for each of its lines the line of the manifest."""

    text: str
    lines: tuple[int, ...]


def read(
    app: Path, path: Path, env: Mapping[str, str], part: ManifestSection | None = None
) -> Requirements:
    """Read the file, or the ``part`` of it that is meant, and those it includes with -r and -c; ``env`` is what ${NAME} is looked up in.

    Raises a BuildError for a file that is missing or is not text, or a line that pip would refuse.
    """
    found = Requirements(path=path, text=part.text if part else "")
    waiting = [(path, False)]
    while waiting:
        # A file that is both counts as what requires.
        waiting.sort(key=lambda one: one[1])
        current, constraints = waiting.pop(0)
        if current in found.files:
            continue
        text = part.text if part and current == path else text_of(app, current)
        found = _with_file(found, app, current, text, env)
        names = _plain_names(text)
        if names is not None:
            found = (
                found
                if constraints
                else replace(
                    found,
                    names=tuple(dict.fromkeys((*found.names, *names))),
                    asked=(*found.asked, *map(Asked, names)),
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
            # uv fetches one from a URL itself; what it holds is not looked at before.
            if "://" not in name
        ]
        found = _with_index(found, app, current, options)
        found = _with_requirements(found, app, [] if constraints else parsed.requirements)
    return found


def with_includes(paths: Iterable[Path], env: Mapping[str, str]) -> dict[Path, str]:
    """Files of constraints that are there and those they include, with the text of each; what is wrong with one is for uv to say."""
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
    """Packages of the source that lines of a file name."""
    lines = (line.partition(" ;")[0].partition(" --hash")[0] for line in text.splitlines())
    return _local(app, [line.strip() for line in lines if "/" in line])


def _plain_names(text: str) -> tuple[str, ...] | None:
    """The names of a file of plain lines only; None where the parser has to look.

    Importing it takes longer than all else that a rebuild which makes nothing has to do.
    """
    lines = [_PLAIN.fullmatch(line) for line in text.splitlines()]
    names = tuple(canonical(line[1]) for line in lines if line and line[1])
    return names if all(lines) and WRAPPER not in names else None


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
    """The variables in index lines, and in the user part and the query of any other URL."""
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
    """The name in `name @ ./path`, which the parser takes for a path as a whole."""
    name, at, _ = str(line.link.url).partition(" @ ") if line.link else ("", "", "")
    return name.partition("[")[0].strip() if at else ""


def _parsed(text: str) -> Any:
    from pip_requirements_parser import RequirementsFile

    # from_string of release 32.0.1 uses a name it does not import.
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        # The parser takes a time that grows with the square of a run of spaces.
        file.write(re.sub(r"[ \t]{64,}", " ", text))
        file.flush()
        return RequirementsFile.from_file(file.name)


def text_of(app: Path, path: Path) -> str:
    """The text of a manifest. Raises UnreadableManifest and ManifestNotText."""
    name = str(path.relative_to(app)) if path.is_relative_to(app) else str(path)
    try:
        data = user_files.read(app, path)
    except OSError as error:
        raise UnreadableManifest(name, unreadable(path, error)) from error
    # Half of plain text in UTF-16 are null bytes, also where the mark that says so is missing.
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
    """`name=1.2` and conda's `name=1.2=py312_0`, as pip writes a version; empty for any other line."""
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

    # A folder is looked for beside the file that names it first, then in the working directory (pip: --find-links).
    folders = tuple(
        next(
            (
                str(base / link)
                for base in (current.parent, app)
                if "://" not in link and (base / link).exists()
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
    """Those of the links that are files or folders; relative ones start at the source, wherever the file that names them lies (pip, uv)."""
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
            if "://" not in place and (app / place).exists():
                yield app / place
