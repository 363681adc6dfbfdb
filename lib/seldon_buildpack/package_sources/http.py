"""HTTP requests of the buildpack itself.

They are few and short: to diagnose a failure, and to fetch a catalogue from a mirror. By default,
requests trusts its own list of CA certificates and reads this process's environment. Here both
come from the build's configuration, as for uv.
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
    """Send a GET request and return the response, whose body is not read yet.

    Raises:
        requests.RequestException: The request failed.
    """
    # Slow to import, and not needed by a build that succeeds.
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
        # As bytes, because requests encodes a str in Latin-1, while uv and servers use UTF-8.
        auth=requests.auth.HTTPBasicAuth(user, password) if user or password else None,
        headers=dict(headers or {}),
        verify=False if trusted else store if store is True else str(store),
        cert=told.get("SSL_CLIENT_CERT"),
        proxies=proxies(url, index),
        stream=True,
        allow_redirects=follow,
    )


def proxies(url: str, index: Index) -> dict[str, str]:
    """Return the proxies for a URL by scheme; empty if it is requested directly."""
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
