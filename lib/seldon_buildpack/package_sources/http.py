"""Our own requests, few and short: after a failure, to see what is wrong, and for a catalogue that a mirror has.

requests would by itself trust a list of its own and read this process's environment; both are the build's here, as uv has them.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from seldon_buildpack.masking import without_credentials
from seldon_buildpack.package_sources import certificates
from seldon_buildpack.package_sources.indexes import Index

if TYPE_CHECKING:
    import requests

SECONDS = 5


def get(
    url: str, index: Index, headers: Mapping[str, str] | None = None, follow: bool = True
) -> "requests.Response":
    """An answer, whose body is not read yet. Raises requests.RequestException."""
    # Heavy, and of no use to a build that goes well.
    import requests
    import urllib3

    parts = urlsplit(url)
    trusted = (
        parts.hostname in index.trusted_hosts
        or parts.netloc.rpartition("@")[2] in index.trusted_hosts
    )
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    told = dict(index.variables)
    store = told.get("SSL_CERT_FILE") or certificates.store() or True
    session = requests.Session()
    session.trust_env = False
    user, password = (unquote(part or "").encode() for part in (parts.username, parts.password))
    return session.get(
        without_credentials(url),
        timeout=SECONDS,
        # As bytes: requests would write a password's other letters in Latin-1, where uv and servers have UTF-8.
        auth=requests.auth.HTTPBasicAuth(user, password) if user or password else None,
        headers=dict(headers or {}),
        verify=False if trusted else store if store is True else str(store),
        cert=told.get("SSL_CLIENT_CERT"),
        proxies=proxies(url, index),
        stream=True,
        allow_redirects=follow,
    )


def proxies(url: str, index: Index) -> dict[str, str]:
    """The proxy for a URL, by its scheme; empty where it is asked directly."""
    import requests

    told = dict(index.variables)
    found = {
        scheme: told.get(f"{scheme}_proxy") or told.get(f"{scheme.upper()}_PROXY") or ""
        for scheme in ("http", "https")
    }
    exempt = told.get("no_proxy") or told.get("NO_PROXY")
    if exempt and requests.utils.should_bypass_proxies(url, exempt):
        return {}
    return {scheme: address for scheme, address in found.items() if address}
