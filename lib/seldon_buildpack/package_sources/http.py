"""HTTP requests of the buildpack itself.

They are few and short: to diagnose a failure, and to fetch a catalogue from a mirror. By default,
requests trusts its own list of CA certificates and reads this process's environment. Here both
come from the build's configuration, as for uv.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from seldon_buildpack.masking import without_credentials
from seldon_buildpack.package_sources import certificates
from seldon_buildpack.package_sources.indexes import Index

if TYPE_CHECKING:
    import requests

SECONDS = 5


def new_session(index: Index) -> "requests.Session":
    """Return a session for several requests, which may come from several threads.

    It loads the CA certificates once, at the first https URL, and not for each connection: that
    takes 20 ms.
    """
    import requests
    from urllib3.util.ssl_ import create_urllib3_context

    store = _store(index)

    class Adapter(requests.adapters.HTTPAdapter):
        @cached_property
        def context(self) -> Any:
            context = create_urllib3_context()
            context.load_verify_locations(str(store))
            return context

        def build_connection_pool_key_attributes(
            self, request: "requests.PreparedRequest", verify: Any, cert: Any = None
        ) -> Any:
            host, options = super().build_connection_pool_key_attributes(request, verify, cert)
            pool: dict[str, Any] = {**options}
            if pool.pop("ca_certs", None):
                pool["ssl_context"] = self.context
            return host, pool

        def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]
            conn.ca_certs = None

    session = requests.Session()
    session.trust_env = False
    if store:
        session.mount("https://", Adapter())
    return session


def get(
    url: str,
    index: Index,
    headers: Mapping[str, str] | None = None,
    follow: bool = True,
    session: "requests.Session | None" = None,
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
    store = _store(index) or True
    if session is None:
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
        cert=dict(index.variables).get("SSL_CLIENT_CERT"),
        proxies=proxies(url, index),
        stream=True,
        allow_redirects=follow,
    )


def _store(index: Index) -> str | Path | None:
    return dict(index.variables).get("SSL_CERT_FILE") or certificates.store()


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
