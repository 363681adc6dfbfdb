"""Where packages come from: pip's variables, the platform's bindings and the manifest's own lines, turned into what uv is told.

Explicit variables win over bindings, bindings over the manifest. Everything is handed to uv in its environment, or in a file
that only we may read, not on its command line, where any process could read a password.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from seldon_buildpack import digests, origin
from seldon_buildpack.manifests.requirements_txt import IndexLines
from seldon_buildpack.masking import Secret, url_secrets, without_credentials, without_queries
from seldon_buildpack.origin import NOWHERE, REQUIREMENTS, Kind, Origin
from seldon_buildpack.package_sources.bindings import Bound
from seldon_buildpack.package_sources.credentials import Credential, applied
from seldon_buildpack.settings.settings import Settings

# Where s2i's users put wheels (`s2i build -i wheels:/whl`), and Seldon's assemble script searched for them (`--find-links /whl`).
MOUNTED = Path("/whl")

_FALSE = {"0", "false", "no", "off", "f", "n"}
_EXTRA = ("EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL")
_CONSTRAINTS = {"PIP_CONSTRAINT": "--constraints", "PIP_BUILD_CONSTRAINT": "--build-constraints"}


@dataclass(frozen=True, kw_only=True)
class Index:
    """The index configuration of one build. URLs may carry credentials: ``names`` and ``key`` do not."""

    # Folders of wheels that come before any index.
    folders: tuple[Path, ...] = ()
    # The index in the place of PyPI; empty for PyPI itself.
    default: str = ""
    # Indexes that are asked before it.
    extra: tuple[str, ...] = ()
    # Folders and pages of links, on a par with the indexes.
    find_links: tuple[str, ...] = ()
    # Hosts whose certificates are not verified.
    trusted_hosts: tuple[str, ...] = ()
    # Whether no index is asked.
    no_index: bool = False
    # uv's index strategy; empty for its default.
    strategy: str = ""
    # The files of constraints.
    constraints: tuple[Path, ...] = ()
    # Further options of uv.
    options: tuple[str, ...] = ()
    # Further variables of uv and of what it runs.
    variables: tuple[tuple[str, str], ...] = ()
    # Where the user and password of an index come from, by its name.
    credentials: tuple[tuple[str, Origin], ...] = ()

    @property
    def source_options(self) -> tuple[str, ...]:
        """What uv is told on its command line of where packages come from: it has no variable for it."""
        return ("--no-index",) if self.no_index else ()

    @property
    def urls(self) -> tuple[str, ...]:
        """Every index URL, in the order asked."""
        return (*self.extra, *([self.default] if self.default else ()))

    def names(self) -> tuple[str, ...]:
        """The indexes as they may be shown."""
        return tuple(_public(url) for url in self.urls)

    def places(self, app: Path) -> tuple[str, ...]:
        """The indexes and what is on a par with them as they may be shown, folders of the source by their name in it."""
        links = (_public(link).removeprefix(f"{app}/") for link in self.find_links)
        return (*(() if self.no_index else self.names()), *links)

    def credentials_of(self, name: str) -> Origin:
        """Where the user and password of an index come from; nowhere where it has none."""
        return dict(self.credentials).get(name, NOWHERE)

    def secrets(self) -> tuple[Secret, ...]:
        """The credentials in its URLs."""
        return tuple(
            secret for url in (*self.urls, *self.find_links) for secret in url_secrets(url)
        )

    def key(self) -> str:
        """A digest of what is configured, less credentials: a new password does not change what is installed."""
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
        """The same for what is never taken from the user's own wheels: the wrapper at its locked versions."""
        return replace(self, folders=())

    def with_links(self, folder: Path) -> "Index":
        """The same with a folder of wheels beside the user's own ``find_links``: as an option it would take their place (uv: UV_FIND_LINKS)."""
        return replace(self, find_links=(*self.find_links, str(folder)))

    def folders_alone(self) -> "Index | None":
        """The same without any index, where folders come first; None where they do not, or there is no index anyway."""
        first = self.strategy != "unsafe-best-match" and not self.no_index
        return (
            replace(self, no_index=True, default="", extra=()) if self.folders and first else None
        )

    @property
    def local_links(self) -> tuple[Path, ...]:
        """Those of ``find_links`` that are folders which are there: for one that is not, uv says so."""
        return tuple(
            Path(link) for link in self.find_links if "://" not in link and Path(link).is_dir()
        )

    def environment(self, scratch: Path | None = None) -> dict[str, str]:
        """The variables uv reads (uv: Environment variables). Where folders come first, a file in ``scratch`` is written too.

        uv takes a folder of wheels for an index of its own in its file only, and asks what its variables name before what the
        file does: so then all indexes stand there (uv: Package indexes, Flat indexes).
        """
        first = bool(self.folders) and not self.no_index
        if first and scratch:
            (scratch / "uv.toml").write_text(self._file())
        told = {
            "UV_CONFIG_FILE": str(scratch / "uv.toml") if first and scratch else "",
            "UV_DEFAULT_INDEX": "" if first else self.default,
            "UV_INDEX": "" if first else " ".join(self.extra),
            # A comma separates here; a folder's name may hold spaces. Without any index folders have nothing to come before.
            "UV_FIND_LINKS": ",".join(
                (*self.find_links, *(map(str, self.folders) if self.no_index else ()))
            ),
            "UV_INSECURE_HOST": " ".join(self.trusted_hosts),
            "UV_INDEX_STRATEGY": self.strategy,
        }
        return {name: value for name, value in told.items() if value} | dict(self.variables)

    def _file(self) -> str:
        tables = [
            f'url = {json.dumps(folder.as_uri())}\nformat = "flat"' for folder in self.folders
        ]
        tables += [f"url = {json.dumps(url)}" for url in self.extra]
        tables += [f"url = {json.dumps(self.default)}\ndefault = true"] if self.default else []
        return "".join(f"[[index]]\n{table}\n" for table in tables)


def configure(
    settings: Settings,
    lines: IndexLines,
    app: Path,
    bound: Bound | None = None,
    mounted: Path = MOUNTED,
) -> Index:
    """Merge pip's variables, the bindings and the manifest's index lines, each index with the user and password that are for its host.

    ``mounted`` is a folder of wheels that counts where it is there.
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
        *bound.extra,
        *((url, REQUIREMENTS) for url in lines.extra_index_urls),
    ]
    defaults = [*_named(settings, "PIP_INDEX_URL"), bound.default, (lines.index_url, REQUIREMENTS)]
    links = [(_absolute(app, link), source) for link, source in _named(settings, "PIP_FIND_LINKS")]
    links += [(link, REQUIREMENTS) for link in lines.find_links]
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
        trusted_hosts=tuple(
            dict.fromkeys((*settings.words("PIP_TRUSTED_HOST"), *lines.trusted_hosts))
        ),
        no_index=settings.flag("PIP_NO_INDEX") or lines.no_index,
        strategy=settings.text("BP_PIP_INDEX_STRATEGY") or lines.strategy,
        constraints=tuple(
            Path(_absolute(app, path))
            for name in _CONSTRAINTS
            for path in settings.words(name)
            if "://" not in path
        ),
        options=_options(settings, lines, app),
        variables=_variables(settings, app),
        credentials=tuple(found.items()),
    )


def _named(settings: Settings, *names: str) -> list[tuple[str, Origin]]:
    """The words of these variables, each with its variable's name, or with the binding that stands in for it."""
    found = [(name, value) for name in names if (value := settings.get(name))]
    return [
        (word, origin.variable(name) if value.source.is_user_env else value.source)
        for name, value in found
        for word in value.value.split()
    ]


def _with_credentials(
    named: Iterable[tuple[str, Origin]],
    credentials: tuple[Credential, ...],
    found: dict[str, Origin],
) -> list[str]:
    """The URLs with users and passwords; ``found`` is told where those come from."""
    urls = []
    for given, named_by in named:
        url, source = applied(given, credentials)
        if name := _public(url):
            if source.kind is Kind.NOWHERE and without_credentials(given) != given:
                source = named_by
            if source.kind is not Kind.NOWHERE:
                found.setdefault(name, source)
        urls.append(url)
    return urls


def _each_once(urls: Iterable[str]) -> tuple[str, ...]:
    """The URLs, each once whoever may read it: the first wins."""
    found: dict[str, str] = {}
    for url in urls:
        found.setdefault(without_credentials(url), url)
    return tuple(found.values())


def _public(url: str) -> str:
    return without_queries(without_credentials(url))


def _of_lock(settings: Settings, lines: IndexLines, bound: Bound) -> IndexLines:
    """A lock's indexes as they are asked: not at all where the user names the index, else with the credentials that the user gives for them."""
    if settings.text("PIP_INDEX_URL") or bound.default[0] or settings.flag("PIP_NO_INDEX"):
        return IndexLines(find_links=lines.find_links)
    given = {without_credentials(url).rstrip("/"): url for url in settings.words(*_EXTRA)}
    default, *extra = (
        given.get(without_credentials(url), url)
        for url in (lines.index_url, *lines.extra_index_urls)
    )
    return replace(lines, index_url=default, extra_index_urls=tuple(extra))


def _absolute(app: Path, link: str) -> str:
    return link if "://" in link or Path(link).is_absolute() else str(app / link)


def _options(settings: Settings, lines: IndexLines, app: Path) -> tuple[str, ...]:
    options = (
        ["--require-hashes"] if settings.flag("PIP_REQUIRE_HASHES") or lines.require_hashes else []
    )
    options += ["--prerelease", "allow"] if settings.flag("PIP_PRE") or lines.pre else []
    # pip's inverted switch: PIP_NO_BUILD_ISOLATION=0 turns isolation off (pip: Environment Variables).
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


def _variables(settings: Settings, app: Path) -> tuple[tuple[str, str], ...]:
    proxy = settings.text("PIP_PROXY")
    certificates, client = settings.text("PIP_CERT"), settings.text("PIP_CLIENT_CERT")
    told = {
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), proxy),
        "SSL_CERT_FILE": _absolute(app, certificates) if certificates else "",
        "SSL_CLIENT_CERT": _absolute(app, client) if client else "",
        "UV_HTTP_TIMEOUT": settings.text("PIP_DEFAULT_TIMEOUT") or settings.text("PIP_TIMEOUT"),
        "UV_HTTP_RETRIES": settings.text("PIP_RETRIES"),
    }
    return tuple((name, value) for name, value in told.items() if value)
