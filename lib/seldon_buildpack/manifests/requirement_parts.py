"""One requirement of a requirements file: a name with versions, a path or a URL.

What is a path and what is a name is decided as pip does, which looks whether there is such a
directory. Relative paths start at the source, not at the file that names them.
"""

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from seldon_buildpack import user_files
from seldon_buildpack.manifests.s2i_paths import resolve_s2i_path
from seldon_buildpack.names import canonical

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_EXTRAS = rf"\[\s*(?:{_NAME}(?:\s*,\s*{_NAME})*)?\s*\]"
_SPECIFIER = r"(?:[=!]=\s*\d+(?:\.\d+)*(?:\.\*|(?:a|b|rc)\d+)?|(?:~=|>=|<=|<|>)\s*\d+(?:\.\d+)*(?:(?:a|b|rc)\d+)?)(?:\.post\d+)?"
# A name with version specifiers and nothing else: most lines of most files. Importing
# `packaging.requirements` takes as long as all the rest of a rebuild that reuses every layer.
_PLAIN = re.compile(rf"({_NAME})((?:\s*{_SPECIFIER}(?:\s*,\s*{_SPECIFIER})*)?)\s*")
# A name and a URL, with or without a marker.
_AT_URL = re.compile(rf"({_NAME})\s*({_EXTRAS})?\s*@\s*(\S+)(?:\s+;(.*))?")
_EGG = re.compile(rf"({_NAME})({_EXTRAS})?")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
# Python does not convert a number of more than 4300 digits.
_TOO_MANY_DIGITS = re.compile(r"\d{1000}")
_PATH = re.compile(r"\.{0,2}/")
_PATH_WITH_EXTRAS = re.compile(r"(.+)(\[[^\]]+\])", re.DOTALL)
# pip 22 and 23 read `>=1.19.*` as `>=1.19`.
_WILDCARD = re.compile(r"((?:>=|<=|<|>)\s*\d+(?:\.\d+)*)\.\*(?=\s*(?:,|;|$))")

_PLAIN_SCHEMES = {"http", "https", "file", "ftp"}
_PROGRAMS = {"git": "git", "hg": "Mercurial", "svn": "Subversion", "bzr": "Bazaar"}
_ARCHIVES = (
    *(".zip", ".whl", ".tar.bz2", ".tbz", ".tar.gz", ".tgz", ".tar"),
    *(".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma"),
)
_PROJECT = ("pyproject.toml", "setup.py")


class RequirementInvalid(Exception):
    """A requirement that pip would refuse."""


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """A requirement, with its place in the user's file."""

    # The canonical name; empty if only a build of the package shows it.
    name: str = ""
    # With brackets: `[socks]`.
    extras: str = ""
    # The versions: `>=2,<3`.
    specifier: str = ""
    marker: str = ""
    # The URL, if it has one; for a path, its file: URL.
    url: str = ""
    # The local path, if it has one.
    path: Path | None = None
    editable: bool = False
    hashes: tuple[str, ...] = ()
    # Settings for the build backend: `KEY=VALUE`.
    settings: tuple[str, ...] = ()
    # Whether it is in a constraints file.
    constraint: bool = False
    # The user's file, and the number of its line there.
    file: Path = Path()
    number: int = 0

    @property
    def program(self) -> str:
        """The version control system that it comes from; empty if it comes from none."""
        return _PROGRAMS.get(scheme_of(self.url).partition("+")[0], "")


def parse_requirement(text: str, app: Path) -> Requirement:
    """Parse a requirement without its options.

    Raises:
        RequirementInvalid: pip would refuse it.
    """
    text = _readable(text.strip())
    plain = _PLAIN.fullmatch(text)
    if plain and not text.lower().endswith(_ARCHIVES):
        return Requirement(name=canonical(plain[1]), specifier="".join(plain[2].split()))
    if direct := _AT_URL.fullmatch(text):
        located = _at_url(direct[3], app, named=True)
        return replace(
            located,
            name=canonical(direct[1]),
            extras=_joined(direct[2]),
            marker=parse_marker(direct[4]),
        )
    address, _, marker = text.partition("; " if _is_url(text) else ";")
    address = address.strip()
    place = _at_url(address, app) if _is_url(address) else _local_place(address, app)
    if not place:
        place = _by_packaging(_WILDCARD.sub(r"\1", address), app)
    return replace(place, marker=parse_marker(marker))


def parse_editable(text: str, app: Path) -> Requirement:
    """Parse the value of -e.

    Raises:
        RequirementInvalid: pip would refuse it.
    """
    text = _readable(text)
    if _AT_URL.fullmatch(text.strip()):
        parsed = parse_requirement(text, app)
    else:
        address, _, marker = text.partition(" ;")
        parsed = replace(_editable_place(address, app), marker=parse_marker(marker))
    if not parsed.path and not parsed.program:
        raise RequirementInvalid("-e takes a folder of the source, or a URL like git+https://")
    return replace(parsed, editable=True)


def parse_marker(text: str | None) -> str:
    """Return a marker in its normal form; empty for none.

    Raises:
        RequirementInvalid: It is not a marker.
    """
    if not text or not text.strip():
        return ""
    from packaging.markers import InvalidMarker, Marker

    try:
        return str(Marker(text.strip()))
    except (InvalidMarker, RecursionError, ValueError) as error:
        raise RequirementInvalid(_first_line(error)) from error


def scheme_of(url: str) -> str:
    """Return the scheme of a URL in lower case; empty for anything else."""
    found = _SCHEME.match(url)
    return found[1].lower() if found else ""


def local_path(text: str, app: Path) -> Path | None:
    """Return the path that a file: URL or a path means; None for any other URL.

    `file:` may be followed by no, one, two or three slashes, and by a relative path.
    """
    text = resolve_s2i_path(app, text)
    if scheme_of(text) == "file":
        rest = text.partition(":")[2].partition("#")[0].partition("?")[0]
        rest = rest[2:].removeprefix("localhost") if rest.startswith("//") else rest
        places = [_normal(app / path) for path in (unquote(rest), rest)]
        return next((place for place in places if os.path.lexists(place)), places[0])
    return None if _is_url(text) or "://" in text else _normal(app / text)


def _normal(path: Path) -> Path:
    """Return an existing path without `..`; the parent of nothing is nothing."""
    return Path(os.path.normpath(path)) if os.path.lexists(path) else path


def _is_url(text: str) -> bool:
    scheme = scheme_of(text)
    program, plus, _ = scheme.partition("+")
    return scheme in _PLAIN_SCHEMES or (bool(plus) and program in _PROGRAMS)


def _at_url(url: str, app: Path, *, named: bool = False) -> Requirement:
    """Return the requirement for a URL.

    Unless the package is ``named`` elsewhere, the fragment or a wheel's file name have its name.
    """
    address, _, fragment = url.partition("#")
    parts = [part for part in fragment.split("&") if part]
    eggs = [unquote(part.removeprefix("egg=")) for part in parts if part.startswith("egg=")]
    egg = _EGG.fullmatch(eggs[0]) if eggs else None
    if eggs and not egg:
        raise RequirementInvalid("the name after #egg= is not the name of a package")
    if not address or (scheme_of(address) != "file" and len(url.split()) > 1):
        raise RequirementInvalid("a URL has no spaces in it")
    rest = "&".join(part for part in parts if not part.startswith("egg="))
    path = local_path(address, app)
    if path is not None:
        address = _as_uri(path)
    elif scheme_of(address).endswith("+file"):
        address = resolve_s2i_path(app, address)
    return Requirement(
        name=canonical(egg[1]) if egg else "" if named else _wheel_name(address),
        extras=_joined(egg[2]) if egg else "",
        url=f"{address}#{rest}" if rest else address,
        path=path,
    )


def _local_place(address: str, app: Path) -> Requirement | None:
    """Return the requirement for a path, or None if this is the name of a package."""
    location, extras = _split_extras(resolve_s2i_path(app, address))
    path = _normal(app / location)
    if _looks_like_path(address) and user_files.is_dir(path):
        if not any(user_files.is_file(path / name) for name in _PROJECT):
            raise RequirementInvalid(f"{address} has no {' and no '.join(_PROJECT)}")
    elif not location.lower().endswith(_ARCHIVES):
        # A path of nothing is reported by uv, if it is needed.
        if not _PATH.match(address) or user_files.exists(path):
            return None
    elif not user_files.is_file(path):
        before, at, _ = address.partition("@")
        if at and not _looks_like_path(before):
            return None
    return Requirement(
        name=_wheel_name(str(path)), extras=_joined(extras), url=_as_uri(path), path=path
    )


def _editable_place(address: str, app: Path) -> Requirement:
    scheme = scheme_of(address)
    if scheme in ("", "file"):
        location, extras = _split_extras(address)
        path = local_path(location, app)
        if path is None or (
            not scheme and not _looks_like_path(location) and not user_files.is_dir(path)
        ):
            return Requirement()
        located = _at_url(location, app) if scheme else Requirement(url=_as_uri(path), path=path)
        return replace(located, extras=located.extras or _joined(extras))
    # pip completes `git:` to `git+git:`.
    return _at_url(f"{scheme}+{address}" if scheme in _PROGRAMS else address, app)


def _by_packaging(text: str, app: Path) -> Requirement:
    from packaging.requirements import InvalidRequirement
    from packaging.requirements import Requirement as Parsed

    try:
        parsed = Parsed(text)
    except (InvalidRequirement, RecursionError, ValueError) as error:
        raise RequirementInvalid(_first_line(error)) from error
    located = _at_url(parsed.url, app, named=True) if parsed.url else Requirement()
    return replace(
        located,
        name=canonical(parsed.name),
        extras=f"[{','.join(sorted(parsed.extras))}]" if parsed.extras else "",
        specifier=str(parsed.specifier),
    )


def _wheel_name(address: str) -> str:
    """Return the package's name in the file name of a wheel; empty for any other file.

    Raises:
        RequirementInvalid: The file has not the name of a wheel.
    """
    file = unquote(address.partition("?")[0].rpartition("/")[2])
    if not file.lower().endswith(".whl"):
        return ""
    if file.count("-") not in (4, 5) or len(file.split()) > 1:
        raise RequirementInvalid(f"{file} is not NAME-VERSION-PYTHON-ABI-PLATFORM.whl")
    return canonical(file.partition("-")[0])


def _looks_like_path(text: str) -> bool:
    return "/" in text or text.startswith(".")


def _split_extras(text: str) -> tuple[str, str]:
    found = _PATH_WITH_EXTRAS.fullmatch(text)
    return (found[1].rstrip(), found[2]) if found else (text, "")


def _as_uri(path: Path) -> str:
    return path.as_uri()


def _joined(text: str | None) -> str:
    return "".join((text or "").split())


def _readable(text: str) -> str:
    if any(letter < " " and letter != "\t" for letter in text) or "\x7f" in text:
        raise RequirementInvalid("it has a control character")
    if _TOO_MANY_DIGITS.search(text):
        raise RequirementInvalid("it has a number of more than 1000 digits")
    return text


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
