"""Index configuration for uv, from variables, bindings and the manifest.

pip's variables take precedence over the platform's bindings, and bindings over the manifest. The
configuration is passed to uv in its environment, or in a file that only the build user can read.
It is not passed on the command line, where any process could read a password.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from seldon_buildpack import digests, origin, user_files
from seldon_buildpack.manifests.requirements_txt import IndexLines
from seldon_buildpack.manifests.s2i_paths import resolve_s2i_path
from seldon_buildpack.masking import Secret, url_secrets, without_credentials, without_queries
from seldon_buildpack.messages.errors.indexes import ConstraintsOutside
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.origin import NOWHERE, REQUIREMENTS, Kind, Origin
from seldon_buildpack.package_sources.bindings import Bound
from seldon_buildpack.package_sources.connection_settings import (
    ConnectionSettings,
    choose_connection_settings,
    is_by_source,
)
from seldon_buildpack.package_sources.credentials import Credential, applied
from seldon_buildpack.settings.settings import Settings

# The folder in which s2i users mount wheels (`s2i build -i wheels:/whl`), and which Seldon's
# assemble script searched (`--find-links /whl`).
MOUNTED = Path("/whl")

_FALSE = {"0", "false", "no", "off", "f", "n"}
_EVERY = ":all:"
_EXTRA = ("EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL")
_CONSTRAINTS = {"PIP_CONSTRAINT": "--constraints", "PIP_BUILD_CONSTRAINT": "--build-constraints"}


@dataclass(frozen=True, kw_only=True)
class Index:
    """The index configuration of one build.

    URLs may contain credentials. The results of ``names`` and ``key`` do not.
    """

    # Folders with wheels that take precedence over any index.
    folders: tuple[Path, ...] = ()
    # The index that replaces PyPI; empty for PyPI itself.
    default: str = ""
    # Indexes that are searched before the default index.
    extra: tuple[str, ...] = ()
    # Folders and pages with links, with the same priority as the indexes.
    find_links: tuple[str, ...] = ()
    # Hosts whose certificates are not verified.
    trusted_hosts: tuple[str, ...] = ()
    # Whether to search no index at all.
    no_index: bool = False
    # uv's index strategy; empty for its default.
    strategy: str = ""
    # Constraints files.
    constraints: tuple[Path, ...] = ()
    # Further command line options for uv.
    options: tuple[str, ...] = ()
    # Further environment variables for uv and its child processes.
    variables: tuple[tuple[str, str], ...] = ()
    # The origin of an index's credentials, by the name of the index.
    credentials: tuple[tuple[str, Origin], ...] = ()
    # The file with the bindings' netrc, for pip, which has no other store of credentials.
    netrc: str = ""
    # Warnings about connections.
    advice: tuple[Advice, ...] = ()

    @property
    def source_options(self) -> tuple[str, ...]:
        """The package source options that uv only takes on its command line."""
        return ("--no-index",) if self.no_index else ()

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs of all indexes, in the order of the search."""
        return (*self.extra, *([self.default] if self.default else ()))

    def names(self) -> tuple[str, ...]:
        """Return the indexes' URLs without secrets, so that they can be shown."""
        return tuple(_public(url) for url in self.urls)

    def places(self, app: Path) -> tuple[str, ...]:
        """Return the indexes and find-links without secrets, so that they can be shown.

        Folders in the source are shown relative to it.
        """
        links = (_public(link).removeprefix(f"{app}/") for link in self.find_links)
        return (*(() if self.no_index else self.names()), *links)

    def credentials_of(self, name: str) -> Origin:
        """Return the origin of an index's credentials, or NOWHERE if it has none."""
        return dict(self.credentials).get(name, NOWHERE)

    def secrets(self) -> tuple[Secret, ...]:
        """Return the credentials in all URLs, which must be masked."""
        return tuple(
            secret for url in (*self.urls, *self.find_links) for secret in url_secrets(url)
        )

    def key(self) -> str:
        """Return a digest of the configuration without credentials.

        A new password does not change what is installed.
        """
        told = [
            *map(str, self.folders),
            "|",
            *self.urls,
            "|",
            *self.find_links,
            "|",
            *self.trusted_hosts,
            str(self.no_index),
            self.strategy,
            *self.options,
        ]
        return hashlib.sha256(
            json.dumps([digests.without_secrets(word) for word in told]).encode()
        ).hexdigest()

    def without_folders(self) -> "Index":
        """Return a copy without the folders.

        It is for what is never installed from the user's own wheels: the wrapper at its locked
        versions.
        """
        return replace(self, folders=())

    def with_links(self, folder: Path) -> "Index":
        """Return a copy with one more folder of wheels in ``find_links``.

        As a command line option, the folder would replace the user's own links instead (uv:
        UV_FIND_LINKS).
        """
        return replace(self, find_links=(*self.find_links, str(folder)))

    def folders_alone(self) -> "Index | None":
        """Return a copy without any index, if folders take precedence over indexes.

        Return None if they do not, or if no index is searched anyway.
        """
        first = self.strategy != "unsafe-best-match" and not self.no_index
        return (
            replace(self, no_index=True, default="", extra=()) if self.folders and first else None
        )

    @property
    def local_links(self) -> tuple[Path, ...]:
        """The existing folders in ``find_links``; uv itself reports missing ones."""
        return tuple(
            Path(link)
            for link in self.find_links
            if "://" not in link and user_files.is_dir(Path(link))
        )

    @property
    def _has_secrets(self) -> bool:
        return any(without_credentials(url) != url for url in (*self.urls, *self.find_links))

    def environment(self, scratch: Path) -> dict[str, str]:
        """Return the variables that configure uv (uv: Environment variables).

        Indexes are in a configuration file in ``scratch`` instead, if one of them has credentials,
        which package builds would see in uv's environment, or if folders come before them. uv only
        supports a folder of wheels as an index in its configuration file, and searches the indexes
        in its variables before those in the file (uv: Package indexes, Flat indexes).
        """
        folders = () if self.no_index else self.folders
        in_file = bool(folders) or self._has_secrets
        # If no index is searched, the folders need no precedence over indexes and are passed as
        # links.
        links = (*self.find_links, *(map(str, self.folders) if self.no_index else ()))
        file = scratch / "uv.toml"
        if in_file:
            file.touch(mode=0o600)
            file.write_text(self._file(folders, links))
        variables = {
            "UV_CONFIG_FILE": str(file) if in_file else "",
            "UV_DEFAULT_INDEX": "" if in_file else self.default,
            "UV_INDEX": "" if in_file else " ".join(self.extra),
            # The separator is a comma, because a folder's name may contain spaces.
            "UV_FIND_LINKS": "" if in_file else ",".join(links),
            "UV_INSECURE_HOST": " ".join(self.trusted_hosts),
            "UV_INDEX_STRATEGY": self.strategy,
        }
        kept = {name: value for name, value in variables.items() if value}
        return kept | dict(self.variables)

    def _file(self, folders: Iterable[Path], links: Iterable[str]) -> str:
        tables = [f'url = {quote(folder.as_uri())}\nformat = "flat"' for folder in folders]
        tables += [f"url = {quote(url)}" for url in self.extra]
        tables += [f"url = {quote(self.default)}\ndefault = true"] if self.default else []
        listed = ", ".join(map(quote, links))
        first = f"find-links = [{listed}]\n" if listed else ""
        return first + "".join(f"[[index]]\n{table}\n" for table in tables)


@dataclass(frozen=True)
class _Named:
    """A URL, its origin, and whether the source names it, rather than the platform."""

    url: str
    source: Origin
    by_source: bool


def configure(
    settings: Settings,
    lines: IndexLines,
    app: Path,
    bound: Bound | None = None,
    mounted: Path = MOUNTED,
) -> Index:
    """Merge pip's variables, the bindings and the manifest's index lines.

    Each index gets the credentials for its host. ``mounted`` is a folder with wheels that is used
    if it exists.

    Raises:
        ConstraintsOutside: The source names a constraints file outside.
    """
    bound = bound or Bound()
    folders = (
        *(Path(_absolute(app, name)) for name in settings.words("BP_PIP_FIND_LINKS")),
        *((mounted,) if mounted.exists() else ()),
    )
    if lines.of_lock:
        lines = _of_lock(settings, lines, bound)
    extra = [
        *_named(settings, *_EXTRA),
        *(_Named(*each, False) for each in bound.extra),
        *(_Named(url, REQUIREMENTS, True) for url in lines.extra_index_urls),
    ]
    defaults = [
        *_named(settings, "PIP_INDEX_URL"),
        _Named(*bound.default, False),
        _Named(lines.index_url, REQUIREMENTS, True),
    ]
    links = [
        replace(link, url=_absolute(app, link.url)) for link in _named(settings, "PIP_FIND_LINKS")
    ]
    links += [_Named(link, REQUIREMENTS, True) for link in lines.find_links]
    connections = choose_connection_settings(settings, lines, bound)
    found: dict[str, Origin] = {}
    urls = [
        _with_credentials(named, bound.credentials, found) for named in (extra, defaults, links)
    ]
    default = next((url for url in urls[1] if url), "")
    if lines.of_lock:
        urls[0] = [url for url in urls[0] if url != default]
    return Index(
        folders=tuple(dict.fromkeys(folders)),
        default=default,
        extra=_each_once(urls[0]),
        find_links=_each_once(urls[2]),
        trusted_hosts=connections.trusted_hosts,
        no_index=settings.flag("PIP_NO_INDEX") or lines.no_index,
        strategy=settings.text("BP_PIP_INDEX_STRATEGY") or lines.strategy,
        constraints=tuple(_constraints(settings, app)),
        options=_options(settings, lines, app),
        variables=_variables(settings, connections, app),
        credentials=tuple(found.items()),
        advice=connections.advice,
    )


def _named(settings: Settings, *names: str) -> list[_Named]:
    """Return the words of these variables, each with its origin.

    The origin is the variable if the user set it in the source or on the command line. Otherwise it
    is the origin of the value, such as a binding.
    """
    values = [(name, value) for name in names if (value := settings.get(name))]
    return [
        _Named(
            word,
            origin.variable(name) if value.source.is_user_env else value.source,
            is_by_source(settings, name),
        )
        for name, value in values
        for word in value.value.split()
    ]


def _with_credentials(
    named: Iterable[_Named], credentials: tuple[Credential, ...], found: dict[str, Origin]
) -> list[str]:
    """Return the URLs with credentials, and add the origins of the credentials to ``found``."""
    urls = []
    for each in named:
        url, source = applied(each.url, credentials, each.by_source)
        if name := _public(url):
            if source.kind is Kind.NOWHERE and without_credentials(each.url) != each.url:
                source = each.source
            if source.kind is not Kind.NOWHERE:
                found.setdefault(name, source)
        urls.append(url)
    return urls


def _constraints(settings: Settings, app: Path) -> Iterator[Path]:
    """Yield the constraints files. What uv cannot read of them, it prints.

    Raises:
        ConstraintsOutside: The source names a file outside.
    """
    for name in _CONSTRAINTS:
        for word in settings.words(name):
            path = Path(_absolute(app, word))
            if "://" in word:
                continue
            if is_by_source(settings, name) and not user_files.is_inside(app, path):
                raise ConstraintsOutside(name, word)
            yield path


def _each_once(urls: Iterable[str]) -> tuple[str, ...]:
    """Return the URLs without duplicates, ignoring credentials and keeping the first."""
    found: dict[str, str] = {}
    for url in urls:
        found.setdefault(without_credentials(url), url)
    return tuple(found.values())


def _public(url: str) -> str:
    return without_queries(without_credentials(url))


def _of_lock(settings: Settings, lines: IndexLines, bound: Bound) -> IndexLines:
    """Return the index lines to use for a lock file.

    If the user names the default index or disables indexes, the lock's indexes are dropped.
    Otherwise they get the credentials that the user gives for them.
    """
    if settings.text("PIP_INDEX_URL") or bound.default[0] or settings.flag("PIP_NO_INDEX"):
        return IndexLines(find_links=lines.find_links)
    given = {without_credentials(url).rstrip("/"): url for url in settings.words(*_EXTRA)}
    default, *extra = (
        given.get(without_credentials(url), url)
        for url in (lines.index_url, *lines.extra_index_urls)
    )
    return replace(lines, index_url=default, extra_index_urls=tuple(extra))


def _absolute(app: Path, link: str) -> str:
    """Return a path in the source as an absolute path, and any URL unchanged."""
    place = resolve_s2i_path(app, link)
    return place if "://" in place or Path(place).is_absolute() else str(app / place)


def _options(settings: Settings, lines: IndexLines, app: Path) -> tuple[str, ...]:
    options = (
        ["--require-hashes"] if settings.flag("PIP_REQUIRE_HASHES") or lines.require_hashes else []
    )
    options += _releases(settings, lines)
    for names, option in ((lines.no_binary, "--no-binary"), (lines.only_binary, "--only-binary")):
        options += [word for name in names for word in (option, name)]
    # pip's switch is inverted: PIP_NO_BUILD_ISOLATION=0 disables isolation (pip: Environment
    # Variables).
    options += (
        ["--no-build-isolation"]
        if settings.text("PIP_NO_BUILD_ISOLATION").lower() in _FALSE
        else []
    )
    for name, option in (("PIP_NO_BINARY", "--no-binary"), ("PIP_ONLY_BINARY", "--only-binary")):
        options += [
            word
            for package in settings.text(name).replace(",", " ").split()
            for word in (option, package)
        ]
    for name, option in _CONSTRAINTS.items():
        options += [
            word for path in settings.words(name) for word in (option, _absolute(app, path))
        ]
    return tuple(options)


def _releases(settings: Settings, lines: IndexLines) -> list[str]:
    """Return uv's options that allow pre-releases or exclude them."""
    if settings.flag("PIP_PRE") or lines.pre or _EVERY in lines.all_releases:
        options = ["--prerelease", "allow"]
    else:
        options = ["--prerelease", "disallow"] if _EVERY in lines.only_final else []
    for names, mode in ((lines.all_releases, "allow"), (lines.only_final, "disallow")):
        options += [
            word
            for name in names
            if name != _EVERY
            for word in ("--prerelease-package", f"{name}={mode}")
        ]
    return options


def _variables(
    settings: Settings, connections: ConnectionSettings, app: Path
) -> tuple[tuple[str, str], ...]:
    certificates, client = connections.certificates, connections.client_certificate
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
    variables = {
        **dict.fromkeys(proxies, connections.proxy),
        "SSL_CERT_FILE": _absolute(app, certificates) if certificates else "",
        "SSL_CLIENT_CERT": _absolute(app, client) if client else "",
        "UV_HTTP_TIMEOUT": settings.text("PIP_DEFAULT_TIMEOUT") or settings.text("PIP_TIMEOUT"),
        "UV_HTTP_RETRIES": settings.text("PIP_RETRIES"),
    }
    return tuple((name, value) for name, value in variables.items() if value)


def quote(text: str) -> str:
    """Return a text as a string of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
