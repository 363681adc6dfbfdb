"""Mirrors for interpreter downloads.

They are configured with BP_DEPENDENCY_MIRROR or a `dependency-mirror` binding. The convention is
Paketo's (packit, libpak): a mirror's URL replaces the scheme and the host, and the path stays the
same. ``{originalHost}`` in the URL is replaced by the host.
BP_DEPENDENCY_MIRROR_GITHUB_COM is for a single host: dots are written as `_`, hyphens as `__`.
A variable takes precedence over a binding, and an entry for a host over the default.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from seldon_buildpack.masking import without_credentials, without_queries
from seldon_buildpack.messages.errors.bindings import MirrorInvalid
from seldon_buildpack.package_sources import http as requesting
from seldon_buildpack.package_sources.bindings import Bound
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.package_sources.network_errors import plainly
from seldon_buildpack.settings.settings import Settings

VARIABLE = "BP_DEPENDENCY_MIRROR"

# The URL prefix of the archives in uv's built-in catalogue, which uv replaces by
# UV_PYTHON_INSTALL_MIRROR (uv: Environment variables).
_ARCHIVES = "https://github.com/astral-sh/python-build-standalone/releases/download"


@dataclass(frozen=True)
class Mirror:
    """The mirrors of one build.

    ``named`` maps a host, `default` or, for a single host, the name of its variable to the mirror's
    URL.
    """

    named: Mapping[str, str] = field(default_factory=dict, repr=False)

    def of(self, url: str) -> str:
        """Return the mirror's URL for a URL, which is unchanged if its host has no mirror."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        address = (
            self.named.get(_as_variable(host)) or self.named.get(host) or self.named.get("default")
        )
        if not address or parts.scheme not in ("http", "https"):
            return url
        return (
            address.replace("{originalHost}", host).rstrip("/")
            + parts.path
            + (f"?{parts.query}" if parts.query else "")
        )

    def shown(self) -> tuple[str, ...]:
        """Return the mirrors' URLs without secrets, so that they can be shown."""
        return tuple(without_queries(without_credentials(url)) for url in self.named.values())

    def variables(self) -> dict[str, str]:
        """Return the environment variables that make uv use the mirror for its own catalogue."""
        address = self.of(_ARCHIVES)
        return {"UV_PYTHON_INSTALL_MIRROR": address} if address != _ARCHIVES else {}

    def in_catalogue(self, text: str) -> str:
        """Return a catalogue in uv's format with the archives' URLs replaced by the mirror's.

        Raises:
            NoCatalogue: The text is not such a catalogue.
        """
        try:
            told = json.loads(text)
            return json.dumps(
                {name: {**entry, "url": self.of(entry["url"])} for name, entry in told.items()}
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise NoCatalogue("it is not a Python catalogue in uv's format") from error


class NoCatalogue(Exception):
    """An exception for a catalogue that cannot be used; its text is a clause with the reason."""


def read(settings: Settings, bound: Bound) -> Mirror:
    """Read the mirrors from variables and bindings.

    Raises:
        MirrorInvalid: A variable is not a URL.
    """
    named: dict[str, str] = {}
    for name in sorted(settings.plain()):
        if name == VARIABLE or name.startswith(f"{VARIABLE}_"):
            value = settings.text(name)
            if value and not value.startswith(("http://", "https://", "file://")):
                raise MirrorInvalid(name)
            named["default" if name == VARIABLE else name] = value
    return Mirror({host: url for host, url in ({**dict(bound.mirrors), **named}).items() if url})


def catalogue(named: str, mirror: Mirror, index: Index, folder: Path) -> str:
    """Return the path or URL of the catalogue for uv.

    If there are mirrors, this is a copy in ``folder`` with the mirror's URLs.

    Raises:
        NoCatalogue: The catalogue cannot be fetched, or is not in uv's format.
    """
    if not named or not mirror.named:
        return named
    path = folder / "catalogue.json"
    path.write_text(mirror.in_catalogue(_fetched(mirror.of(named), index)))
    return str(path)


def _fetched(url: str, index: Index) -> str:
    """Return the text at a URL or in a file.

    Raises:
        NoCatalogue: The URL or the file cannot be read.
    """
    if not url.startswith(("http://", "https://")):
        try:
            return Path(url.removeprefix("file://")).read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise NoCatalogue("it cannot be read") from error
    import requests

    host = urlsplit(without_credentials(url)).netloc
    try:
        with requesting.get(url, index) as answer:
            if answer.status_code != 200:
                raise NoCatalogue(f"{host} responded with {answer.status_code} ({answer.reason})")
            return answer.text
    except requests.RequestException as error:
        raise NoCatalogue(plainly(str(error), host) or f"{host} cannot be reached") from error


def _as_variable(host: str) -> str:
    return f"{VARIABLE}_{host.upper().replace('-', '__').replace('.', '_')}"
