"""Requests to a server after a failure, to find out what uv does not report.

They show whether a URL is an index at all, and whose certificate uv has rejected.
"""

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
# OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which the ssl module does not define.
_NO_CHECK_TIME = 0x200000
_NOBODYS = "no-index-has-a-package-of-this-name"


def not_an_index(index: Index, package: str) -> tuple[str, str] | None:
    """Return the first URL that does not respond like an index, and what it does instead.

    The URL has no credentials. The result is None if every server responds like an index, or not at
    all.
    """
    import requests

    for url in index.urls:
        root = url.rstrip("/")
        try:
            root_page, package_page, unknown_page = (
                _request(f"{root}/{path}", index) for path in ("", f"{package}/", f"{_NOBODYS}/")
            )
        except requests.RequestException:
            continue
        if difference := describe_difference(root_page, package_page, unknown_page, package):
            return without_credentials(url), difference
    return None


def describe_difference(
    root_page: tuple[int, str],
    package_page: tuple[int, str],
    unknown_page: tuple[int, str],
    package: str,
) -> str:
    """Return how the responses differ from those of an index (PEP 503), or an empty string.

    An index may have no page at its root, and may not know a package. But it must not know a
    package that cannot exist.
    """
    if root_page[0] == 404 and package_page[0] == 404:
        return f"it has neither a root page nor a page for {package} (404)"
    if unknown_page[0] == 200 and package_page[0] == 200:
        return f"it sends a page ({package_page[1] or 'without a type'}) for any name, even for one that no index has"
    if root_page[0] == 200 and root_page[1] not in _ACCEPTED:
        return f"it sends {root_page[1] or 'a response without a content type'}, neither HTML nor its JSON"
    return ""


def _request(url: str, index: Index) -> tuple[int, str]:
    """Return the status and content type of a response.

    Raises:
        requests.RequestException: The request failed.
    """
    with requesting.get(url, index, {"Accept": ", ".join(_ACCEPTED)}) as answer:
        return answer.status_code, answer.headers.get("Content-Type", "").partition(";")[0].strip()


def certificate(url: str, index: Index) -> str:
    """Return a sentence on whose certificate the server presents, and who signed it.

    It is empty if the server cannot be reached directly.
    """
    try:
        parts = urlsplit(url)
        address = (parts.hostname or "", parts.port or 443)
        if requesting.proxies(url, index):
            return ""
        plain = ssl.create_default_context()
        plain.check_hostname, plain.verify_mode = False, ssl.CERT_NONE
        presented = _get_certificate(address, plain, binary=True)
        # ssl only parses a certificate that it has verified: this one is trusted as its own CA
        # certificate, whatever its dates.
        itself = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        itself.check_hostname = False
        itself.verify_flags = ssl.VerifyFlags(ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME)
        itself.load_verify_locations(cadata=presented or b"")
        fields = _get_certificate(address, itself, binary=False) or {}
    except (OSError, ValueError):
        return ""
    return describe_certificate(fields)


def describe_certificate(fields: Mapping[str, Any]) -> str:
    """Return a sentence that describes a certificate as returned by ssl's getpeercert."""
    hosts = (
        ", ".join(dict.fromkeys(name for _, name in fields.get("subjectAltName", ()))) or "no host"
    )
    return f"The certificate is for {hosts}, signed by {_name(fields.get('issuer', ()))}, and valid until {fields.get('notAfter', 'an unknown time')}."


def _name(parts: Iterable[Iterable[tuple[str, str]]]) -> str:
    """Return the name of a subject or issuer: its common name and its organization."""
    attributes = dict(pair for part in parts for pair in part)
    names = [attributes[key] for key in ("commonName", "organizationName") if key in attributes]
    return ", ".join(dict.fromkeys(names)) or "somebody without a name"


def _get_certificate(address: tuple[str, int], context: ssl.SSLContext, binary: bool) -> Any:
    """Return the certificate that a server presents.

    Raises:
        OSError: The connection failed.
    """
    with (
        socket.create_connection(address, requesting.SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=address[0]) as secure,
    ):
        return secure.getpeercert(binary_form=binary)
