"""A look at a server after a failure: what uv takes for an index without the package, and whose certificate it refused."""

import socket
import ssl
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from seldon_buildpack.masking import without_credentials
from seldon_buildpack.package_sources import http as requesting
from seldon_buildpack.package_sources.indexes import Index

_JSON = "application/vnd.pypi.simple.v1+json"
_ACCEPTED = (_JSON, "application/vnd.pypi.simple.v1+html", "text/html")
# OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which ssl has no name for.
_NO_CHECK_TIME = 0x200000
_NOBODYS = "no-index-has-a-package-of-this-name"


def not_an_index(index: Index, package: str) -> tuple[str, str] | None:
    """The first of the indexes that does not answer as one, less credentials, and what it does instead; None where all do or do not answer."""
    import requests

    for url in index.urls:
        root = url.rstrip("/")
        try:
            top, one, none = (
                _ask(f"{root}/{path}", index) for path in ("", f"{package}/", f"{_NOBODYS}/")
            )
        except requests.RequestException:
            continue
        if found := what_is_wrong(top, one, none, package):
            return without_credentials(url), found
    return None


def what_is_wrong(
    top: tuple[int, str], one: tuple[int, str], none: tuple[int, str], package: str
) -> str:
    """Empty for an index (PEP 503). Its top may be switched off, a package may be unknown, but a package that cannot be must be."""
    if top[0] == 404 and one[0] == 404:
        return f"neither its own page nor that of {package} is there (404)"
    if none[0] == 200 and one[0] == 200:
        return f"it sends a page ({one[1] or 'without a type'}) for any name, also for one that no index has"
    if top[0] == 200 and top[1] not in _ACCEPTED:
        return f"it sends {top[1] or 'something without a type'}, neither HTML nor its JSON"
    return ""


def _ask(url: str, index: Index) -> tuple[int, str]:
    """Status and type of an answer. Raises requests.RequestException."""
    with requesting.get(url, index, {"Accept": ", ".join(_ACCEPTED)}) as answer:
        return answer.status_code, answer.headers.get("Content-Type", "").partition(";")[0].strip()


def certificate(url: str, index: Index) -> str:
    """Whose certificate the server at a URL shows, and who signed it, as a sentence; empty where it cannot be asked directly."""
    try:
        parts = urlsplit(url)
        address = (parts.hostname or "", parts.port or 443)
        if requesting.proxies(url, index):
            return ""
        plain = ssl.create_default_context()
        plain.check_hostname, plain.verify_mode = False, ssl.CERT_NONE
        shown = _shown(address, plain, binary=True)
        # Only a certificate that was verified is taken apart: it is trusted by itself, whatever its time says.
        itself = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        itself.check_hostname = False
        itself.verify_flags = ssl.VerifyFlags(ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME)
        itself.load_verify_locations(cadata=shown or b"")
        told = _shown(address, itself, binary=False) or {}
    except (OSError, ValueError):
        return ""
    return whose(told)


def whose(told: Mapping[str, Any]) -> str:
    """A certificate, in the form of ssl's getpeercert, in a sentence."""
    hosts = (
        ", ".join(dict.fromkeys(name for _, name in told.get("subjectAltName", ()))) or "no host"
    )
    return f"The certificate is for {hosts}, signed by {_name(told.get('issuer', ()))}, and valid until {told.get('notAfter', 'an unknown time')}."


def _name(parts: Iterable[Iterable[tuple[str, str]]]) -> str:
    """The name of a subject or issuer by its most telling parts."""
    found = dict(pair for part in parts for pair in part)
    words = [found[key] for key in ("commonName", "organizationName") if key in found]
    return ", ".join(dict.fromkeys(words)) or "somebody without a name"


def _shown(address: tuple[str, int], context: ssl.SSLContext, binary: bool) -> Any:
    """What certificate a server shows. Raises OSError."""
    with (
        socket.create_connection(address, requesting.SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=address[0]) as secure,
    ):
        return secure.getpeercert(binary_form=binary)
