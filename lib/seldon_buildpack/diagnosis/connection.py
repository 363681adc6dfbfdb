"""Named errors for failed requests to an index, a proxy or a download server.

They come from uv's messages, and from a request to the server if those leave the cause open.
"""

import re
from urllib.parse import urlsplit

from seldon_buildpack.diagnosis import server_probe
from seldon_buildpack.diagnosis.uv_output import Attempt, UvFailure
from seldon_buildpack.masking import without_credentials, without_queries
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.indexes import (
    IndexFails,
    IndexFilesUnreachable,
    IndexRefused,
    IndexSlow,
    IndexUnreachable,
    NetworkUnreachable,
    NotAnIndex,
    ProxyRefuses,
    ProxyUnreachable,
    TlsNotTrusted,
)
from seldon_buildpack.messages.errors.packages import DownloadBroken, DownloadFailed
from seldon_buildpack.package_sources import http as requesting
from seldon_buildpack.package_sources.network_errors import plainly

_URL = re.compile(r"https?://[^\s)`'\"]+")
_REQUEST_FAILED = re.compile(r"Failed to (?:fetch|download|query)|error sending request")
_PACKAGE = re.compile(r"Failed to (?:download|fetch wheel|download and build)[^`\n]*`([^`]+)`")
_BROKE_OFF = re.compile(
    r"decoding response body|end of file before|closed before|ended prematurely|unexpected EOF"
)
_CONNECTING = re.compile(
    r"client error \(Connect\)|underlying connection|tcp connect error|dns error|timed out"
)
_TLS = (
    (
        r"CaUsedAsEndEntity",
        "it is a self-signed CA certificate, which a server cannot use",
        False,
    ),
    (
        r"UnknownIssuer|self.signed|SelfSigned",
        "it is not signed by a CA certificate that the build trusts",
        True,
    ),
    (r"Expired", "it has expired", False),
    (r"NotValidYet", "it is not valid yet", False),
    (r"NotValidForName", "it is for another host", False),
)


def explain(failure: UvFailure, attempt: Attempt) -> BuildError | None:
    """Return the named error for a failed request, or None if something else failed."""
    if content := re.search(
        r"Unsupported `Content-Type` \"([^\"]*)\" for `([^`]+)`", failure.message
    ):
        index = index_of(content[2], attempt) or _root(content[2])
        return NotAnIndex(index, f"it sends {content[1]}, neither HTML nor its JSON", "")
    url = _url(failure)
    if (package := _PACKAGE.search(failure.message)) and _BROKE_OFF.search(failure.message):
        return DownloadBroken(without_credentials(package[1]), _root(url) if url else "The server")
    if not url or not _REQUEST_FAILED.search(failure.message):
        return None
    if error := _proxy(failure, url, attempt) or _tls(failure, url, attempt):
        return error
    if direct := re.search(r"`([\w.\[\],-]+ @ https?://[^`]+)`", failure.message):
        return DownloadFailed(
            without_queries(without_credentials(direct[1])), _plainly(failure, url)
        )
    return _of_index(failure, url, attempt)


def reason(failure: UvFailure) -> str:
    """Return the reason why a request failed, as a clause."""
    return _plainly(failure, _url(failure)) if failure.causes else "uv said nothing"


def _url(failure: UvFailure) -> str:
    """Return the last URL that was requested: after a redirect, it differs from the first."""
    if last := re.search(r"for url \((https?://[^)]+)\)", failure.message):
        return last[1]
    first = next((match for line in failure.causes if (match := _URL.search(line))), None)
    return first[0] if first else ""


def _of_index(failure: UvFailure, url: str, attempt: Attempt) -> BuildError:
    index = index_of(url, attempt)
    if status := re.search(r"HTTP status \w+ error \((\d+) ([^)]*)\)", failure.message):
        if status[1] in ("401", "403"):
            return _refusal(url, int(status[1]), attempt)
        return IndexFails(index or _root(url), f"{status[1]} ({status[2]})")
    why = _plainly(failure, url)
    if index and "timed out" in failure.message:
        return IndexSlow(index, dict(attempt.index.variables).get("UV_HTTP_TIMEOUT", "30"))
    if index:
        return IndexUnreachable(index, why)
    if attempt.index.default:
        return IndexFilesUnreachable(attempt.index.names()[-1], _root(url), why)
    return NetworkUnreachable(_root(url), why)


def _proxy(failure: UvFailure, url: str, attempt: Attempt) -> BuildError | None:
    """Return the error if the request went through a proxy, and the proxy is the cause."""
    address = requesting.proxies(url, attempt.index).get(urlsplit(url).scheme, "")
    if not address:
        return None
    printable = without_credentials(address)
    host, proxy = (
        urlsplit(without_credentials(url)).netloc,
        urlsplit(printable if "://" in printable else f"http://{printable}").netloc,
    )
    if re.search(r"proxy authorization required|\(407 ", failure.message):
        given = (
            "rejected the user and password"
            if printable != address
            else "requires a user and password"
        )
        return ProxyRefuses(proxy, host, f"{given} (407)", credentials=True)
    if "tunnel error: unsuccessful" in failure.message:
        return ProxyRefuses(proxy, host, f"does not let {host} through", credentials=False)
    if "failed to create underlying connection" in failure.message or url.startswith("http://"):
        return (
            ProxyUnreachable(proxy, host, _plainly(failure, f"http://{proxy}"))
            if _CONNECTING.search(failure.message)
            else None
        )
    return None


def _tls(failure: UvFailure, url: str, attempt: Attempt) -> BuildError | None:
    if "invalid peer certificate" not in failure.message:
        return None
    why, signer = next(
        ((why, signer) for pattern, why, signer in _TLS if re.search(pattern, failure.message)),
        ("uv refuses it", True),
    )
    return TlsNotTrusted(
        index_of(url, attempt) or _root(url),
        why,
        signer,
        server_probe.certificate(url, attempt.index),
    )


def _plainly(failure: UvFailure, url: str) -> str:
    host = urlsplit(without_credentials(url)).netloc
    last = next((line for line in reversed(failure.causes) if line), "")
    return (host and plainly(failure.message, host)) or without_credentials(last).rstrip(".")


def index_of(url: str, attempt: Attempt) -> str:
    """Return the index or page of links that a request went to, as the user named it.

    The result is empty if the request went elsewhere.
    """
    bare = without_credentials(url)
    named = (
        *attempt.index.names(),
        *(without_credentials(link) for link in attempt.index.find_links if "://" in link),
    )
    # A host may serve several indexes: prefer the one that the URL is below.
    here = sorted(
        (name for name in named if urlsplit(name).netloc == urlsplit(bare).netloc),
        key=bare.startswith,
        reverse=True,
    )
    return here[0] if here else ""


def _root(url: str) -> str:
    parts = urlsplit(without_credentials(url))
    return f"{parts.scheme}://{parts.netloc}"


def refused(failure: UvFailure, attempt: Attempt) -> BuildError | None:
    """Return the error if an index has denied access, which uv only mentions in a hint.

    uv treats such an index like one that does not have the package.
    """
    for hint in failure.hints:
        status, url = re.search(r"\b(401|403)\b", hint), _URL.search(hint)
        if status and url:
            return _refusal(url[0], int(status[1]), attempt)
    return None


def _refusal(url: str, status: int, attempt: Attempt) -> BuildError:
    name = index_of(url, attempt)
    # With plain http, the response may come from the proxy and not from the index.
    proxy = (
        without_credentials(requesting.proxies(url, attempt.index).get("http", ""))
        if url.startswith("http://")
        else ""
    )
    return IndexRefused(name or _root(url), status, attempt.index.credentials_of(name), proxy)
