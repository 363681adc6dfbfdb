"""Where interpreters are fetched from in the place of their original hosts: BP_DEPENDENCY_MIRROR or a `dependency-mirror` binding.

The convention is Paketo's (packit, libpak): a mirror's address takes the place of scheme and host, the path stays;
``{originalHost}`` in it stands for the host. BP_DEPENDENCY_MIRROR_GITHUB_COM is for one host: dots are written as `_`, a hyphen as `__`.
A variable wins over a binding, an entry for the host over the general one.
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

# Where the archives of uv's built-in catalogue lie; uv puts UV_PYTHON_INSTALL_MIRROR in its place (uv: Environment variables).
_ARCHIVES = "https://github.com/astral-sh/python-build-standalone/releases/download"


@dataclass(frozen=True)
class Mirror:
    """``named`` maps a host, or `default`, to the address that stands for it, first those of variables."""

    named: Mapping[str, str] = field(default_factory=dict, repr=False)

    def of(self, url: str) -> str:
        """The URL as the mirror has it; the same where no mirror stands for its host."""
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
        """Its addresses as they may be shown."""
        return tuple(without_queries(without_credentials(url)) for url in self.named.values())

    def variables(self) -> dict[str, str]:
        """What uv is told of it for its own catalogue."""
        address = self.of(_ARCHIVES)
        return {"UV_PYTHON_INSTALL_MIRROR": address} if address != _ARCHIVES else {}

    def in_catalogue(self, text: str) -> str:
        """A catalogue in uv's form with the addresses of its archives as the mirror has them. Raises NoCatalogue."""
        try:
            told = json.loads(text)
            return json.dumps(
                {name: {**entry, "url": self.of(entry["url"])} for name, entry in told.items()}
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise NoCatalogue("it is no catalogue of Pythons in uv's form") from error


class NoCatalogue(Exception):
    """A catalogue could not be had from the mirror; its text is the reason, a clause."""


def read(settings: Settings, bound: Bound) -> Mirror:
    """The mirrors of the variables, then those of bindings. Raises MirrorInvalid."""
    named: dict[str, str] = {}
    for name in sorted(settings.plain()):
        if name == VARIABLE or name.startswith(f"{VARIABLE}_"):
            value = settings.text(name)
            if value and not value.startswith(("http://", "https://", "file://")):
                raise MirrorInvalid(name)
            named["default" if name == VARIABLE else name] = value
    return Mirror({host: url for host, url in ({**dict(bound.mirrors), **named}).items() if url})


def catalogue(named: str, mirror: Mirror, index: Index, folder: Path) -> str:
    """What uv is told as its catalogue: as it is named, or a copy in ``folder`` whose addresses lead to the mirror. Raises NoCatalogue."""
    if not named or not mirror.named:
        return named
    path = folder / "catalogue.json"
    path.write_text(mirror.in_catalogue(_fetched(mirror.of(named), index)))
    return str(path)


def _fetched(url: str, index: Index) -> str:
    """The text of a URL, or of a file's name or URL. Raises NoCatalogue."""
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
                raise NoCatalogue(f"{host} answered {answer.status_code} ({answer.reason})")
            return answer.text
    except requests.RequestException as error:
        raise NoCatalogue(plainly(str(error), host) or f"{host} could not be asked") from error


def _as_variable(host: str) -> str:
    return f"{VARIABLE}_{host.upper().replace('-', '__').replace('.', '_')}"
