"""Credentials for hosts: user names and passwords that are given apart from their URLs."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from seldon_buildpack.masking import Secret
from seldon_buildpack.origin import NOWHERE, Origin

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A user name and a password for a host."""

    host: str
    user: str
    password: Secret
    source: Origin
    # Empty if it is from a netrc, which names neither a scheme nor a port.
    scheme: str = ""
    port: int = 0

    @classmethod
    def of_url(cls, url: str, user: str, password: str, source: Origin) -> "Credential":
        """Return a credential for the host, scheme and port of a URL.

        A password for https is therefore never sent over http.
        """
        scheme, host, port = _place(url)
        return cls(
            host=host,
            user=user,
            password=Secret(password),
            source=source,
            scheme=scheme,
            port=port,
        )

    def fits(self, url: str, by_source: bool = True) -> bool:
        """Return whether the credential applies to a URL.

        One without a scheme is for https, on any port. The platform may also name a URL with
        http, but a source (``by_source``) does not decide that a password is sent in clear text.
        """
        scheme, host, port = _place(url)
        if not host or host != self.host:
            return False
        if not self.scheme:
            return scheme == "https" or not by_source
        return (scheme, port) == (self.scheme, self.port)

    def put_into(self, url: str) -> str:
        """Return the URL with the user name and the password, percent-encoded."""
        scheme, _, rest = url.partition("://")
        password = self.password.reveal()
        return f"{scheme}://{quote(self.user, safe='')}{':' + quote(password, safe='') if password else ''}@{rest}"

    def secrets(self) -> tuple[Secret, ...]:
        """Return the secrets that must be masked.

        A user name that comes with a password is not a secret by itself.
        """
        password = self.password.reveal()
        return (
            (self.password, Secret(f"{self.user}:{password}")) if password else (Secret(self.user),)
        )


def applied(
    url: str, credentials: Iterable[Credential], by_source: bool = True
) -> tuple[str, Origin]:
    """Return the URL with the first credential that fits, and the credential's origin.

    If the URL already has a user name, or no credential fits, the URL is returned unchanged, with
    the origin NOWHERE.
    """
    if "@" not in url.partition("://")[2].partition("/")[0]:
        for credential in credentials:
            if credential.fits(url, by_source):
                return credential.put_into(url), credential.source
    return url, NOWHERE


def _place(url: str) -> tuple[str, str, int]:
    """Return the scheme, host and port of a URL, or empty values if it is invalid.

    The tool that is given the URL reports invalid ones itself.
    """
    try:
        parts = urlsplit(url)
        return (
            parts.scheme,
            (parts.hostname or "").lower(),
            parts.port or _PORTS.get(parts.scheme, 0),
        )
    except ValueError:
        return "", "", 0
