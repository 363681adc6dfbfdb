"""Which indexes does a build use, in which order, and with which credentials?

pip's variables take precedence over the platform's bindings, and bindings over the manifest.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from seldon_buildpack import origin
from seldon_buildpack.manifests.requirements_txt import IndexLines
from seldon_buildpack.masking import without_credentials
from seldon_buildpack.origin import REQUIREMENTS, Kind, Origin
from seldon_buildpack.package_sources.bindings import Bound
from seldon_buildpack.package_sources.connection_settings import (
    choose_connection_settings,
    is_by_source,
)
from seldon_buildpack.package_sources.credentials import Credential, applied
from seldon_buildpack.package_sources.indexes import Index, public_url
from seldon_buildpack.package_sources.uv_options import (
    absolute,
    constraint_files,
    uv_options,
    uv_variables,
)
from seldon_buildpack.settings.settings import Settings

# The folder in which s2i users mount wheels (`s2i build -i wheels:/whl`), and which Seldon's
# assemble script searched (`--find-links /whl`).
MOUNTED = Path("/whl")
_EXTRA = ("EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL")


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
    if lines.of_lock:
        lines = _of_lock(settings, lines, bound)
    folders = [Path(absolute(app, name)) for name in settings.words("BP_PIP_FIND_LINKS")]
    folders += [mounted] if mounted.exists() else []
    connections = choose_connection_settings(settings, lines, bound)
    origins: dict[str, Origin] = {}
    extra, defaults, links = (
        _with_credentials(named, bound.credentials, origins)
        for named in _named_urls(settings, lines, app, bound)
    )
    default = next((url for url in defaults if url), "")
    if lines.of_lock:
        extra = [url for url in extra if url != default]
    return Index(
        folders=tuple(dict.fromkeys(folders)),
        default=default,
        extra=_each_once(extra),
        find_links=_each_once(links),
        trusted_hosts=connections.trusted_hosts,
        no_index=settings.flag("PIP_NO_INDEX") or lines.no_index,
        strategy=settings.text("BP_PIP_INDEX_STRATEGY") or lines.strategy,
        constraints=tuple(constraint_files(settings, app)),
        options=uv_options(settings, lines, app),
        variables=uv_variables(settings, connections, app),
        credentials=tuple(origins.items()),
        advice=connections.advice,
    )


def _named_urls(
    settings: Settings, lines: IndexLines, app: Path, bound: Bound
) -> tuple[list[_Named], list[_Named], list[_Named]]:
    """Return the extra indexes, the candidates for the default index, and the links, in order."""
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
        replace(link, url=absolute(app, link.url)) for link in _named(settings, "PIP_FIND_LINKS")
    ]
    links += [_Named(link, REQUIREMENTS, True) for link in lines.find_links]
    return extra, defaults, links


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
    named: Iterable[_Named], credentials: tuple[Credential, ...], origins: dict[str, Origin]
) -> list[str]:
    """Return the URLs with credentials, and add the origins of the credentials to ``origins``."""
    urls = []
    for each in named:
        url, source = applied(each.url, credentials, each.by_source)
        if name := public_url(url):
            if source.kind is Kind.NOWHERE and without_credentials(each.url) != each.url:
                source = each.source
            if source.kind is not Kind.NOWHERE:
                origins.setdefault(name, source)
        urls.append(url)
    return urls


def _each_once(urls: Iterable[str]) -> tuple[str, ...]:
    """Return the URLs without duplicates, ignoring credentials and keeping the first."""
    found: dict[str, str] = {}
    for url in urls:
        found.setdefault(without_credentials(url), url)
    return tuple(found.values())


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
