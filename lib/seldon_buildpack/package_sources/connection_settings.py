"""The settings that decide over connections: unverified hosts, the proxy and certificates.

The source may set them, but not for connections that carry the platform's credentials: whoever
writes a requirements file does not decide how a password of the platform travels.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from seldon_buildpack.manifests.requirements_txt import IndexLines
from seldon_buildpack.masking import url_secrets, without_credentials
from seldon_buildpack.messages.warnings import indexes as indexes_warnings
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.origin import Kind
from seldon_buildpack.package_sources.bindings import Bound
from seldon_buildpack.settings.settings import Settings
from seldon_buildpack.settings.variable_kinds import configures_build

_TRUSTED_HOST, _PROXY = "PIP_TRUSTED_HOST", "PIP_PROXY"
_FILES = ("PIP_CERT", "PIP_CLIENT_CERT")
_LINE = "--trusted-host"
_APART = re.compile(r"[\s,]+")
# Shorter values occur in URLs by chance.
_SHORTEST = 6


@dataclass(frozen=True, kw_only=True)
class ConnectionSettings:
    """The settings that apply."""

    # Hosts, or hosts with a port, whose certificates are not verified.
    trusted_hosts: tuple[str, ...] = ()
    # The proxy's URL; empty for the platform's.
    proxy: str = ""
    # The files with CA certificates and with the client's certificate, as they were given.
    certificates: str = ""
    client_certificate: str = ""
    advice: tuple[Advice, ...] = ()


def is_by_source(settings: Settings, name: str) -> bool:
    """Return whether the value of a variable comes from the source, not from the platform."""
    value = settings.get(name)
    return value is not None and value.source.kind is Kind.S2I_ENVIRONMENT


def choose_connection_settings(
    settings: Settings, lines: IndexLines, bound: Bound
) -> ConnectionSettings:
    """Choose the settings that apply, with a warning for each that weakens a connection."""
    protected = frozenset(_protected_hosts(settings, lines, bound))
    of_source = [(_LINE, host) for host in lines.trusted_hosts]
    by_platform: list[tuple[str, str]] = []
    for host in settings.words(_TRUSTED_HOST):
        by_source = is_by_source(settings, _TRUSTED_HOST)
        (of_source if by_source else by_platform).append((_TRUSTED_HOST, host))
    refused = [
        (name, host) for name, host in of_source if _host(host) in protected or "" in protected
    ]
    trusted = [*by_platform, *(each for each in of_source if each not in refused)]
    dropped = [name for name in (_PROXY, *_FILES) if protected and is_by_source(settings, name)]
    kept = {name: "" if name in dropped else settings.text(name) for name in (_PROXY, *_FILES)}
    settings_refused = [*(f"{name} {host}" for name, host in refused), *dropped]
    advice = [indexes_warnings.connection_setting_refused(name) for name in settings_refused]
    if trusted:
        names, hosts = (tuple(dict.fromkeys(column)) for column in zip(*trusted, strict=True))
        advice.append(indexes_warnings.certificates_not_verified(names, hosts))
    if kept[_PROXY] and is_by_source(settings, _PROXY):
        advice.append(indexes_warnings.proxy_of_source(_PROXY, without_credentials(kept[_PROXY])))
    return ConnectionSettings(
        trusted_hosts=tuple(dict.fromkeys(host for _, host in trusted)),
        proxy=kept[_PROXY],
        certificates=kept[_FILES[0]],
        client_certificate=kept[_FILES[1]],
        advice=tuple(advice),
    )


def _protected_hosts(settings: Settings, lines: IndexLines, bound: Bound) -> Iterator[str]:
    """Yield the hosts that the platform gives credentials for; "" stands for any host."""
    yield from (credential.host for credential in bound.credentials)
    yield from (_host(credential.url) for credential in bound.conda.credentials)
    of_platform = {
        name: value.value
        for name, value in settings.values.items()
        if value.source.kind is Kind.PLATFORM_ENV
    }
    for name, text in of_platform.items():
        if configures_build(name):
            words = (word for word in _APART.split(text) if "://" in word)
            yield from (_host(word) for word in words if url_secrets(word))
    values = [text.strip() for text in of_platform.values() if len(text.strip()) >= _SHORTEST]
    for url in (lines.index_url, *lines.extra_index_urls, *lines.find_links):
        if any(text in secret.reveal() for secret in url_secrets(url) for text in values):
            yield _host(url)


def _host(text: str) -> str:
    """Return the host in a URL, or in a host with a port."""
    try:
        return (urlsplit(text if "://" in text else f"//{text}").hostname or text).lower()
    except ValueError:
        return text.lower()
