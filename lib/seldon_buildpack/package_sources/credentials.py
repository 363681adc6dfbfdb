"""Who may read which host: user names and passwords that stand apart from the URLs they are for."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from seldon_buildpack.masking import Secret
from seldon_buildpack.origin import NOWHERE, Origin

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Credential:
    """A user and password for a host. ``scheme`` is empty and ``port`` 0 where any will do, as in a netrc."""

    host: str
    user: str
    password: Secret
    source: Origin
    scheme: str = ""
    port: int = 0

    @classmethod
    def of_url(cls, url: str, user: str, password: str, source: Origin) -> "Credential":
        """For the host of a URL, over the same scheme and port only: what goes over https is not sent over http."""
        scheme, host, port = _place(url)
        return cls(host, user, Secret(password), source, scheme, port)

    def fits(self, url: str) -> bool:
        """Whether it is for the host that a URL names."""
        scheme, host, port = _place(url)
        return (
            bool(host)
            and host == self.host
            and (not self.scheme or (scheme, port) == (self.scheme, self.port))
        )

    def put_into(self, url: str) -> str:
        """The URL with the user and password, percent-encoded."""
        scheme, _, rest = url.partition("://")
        password = self.password.reveal()
        return f"{scheme}://{quote(self.user, safe='')}{':' + quote(password, safe='') if password else ''}@{rest}"

    def secrets(self) -> tuple[Secret, ...]:
        """What must not be printed; a user name beside a password is a word that says nothing."""
        password = self.password.reveal()
        return (
            (self.password, Secret(f"{self.user}:{password}")) if password else (Secret(self.user),)
        )


def applied(url: str, credentials: Iterable[Credential]) -> tuple[str, Origin]:
    """The URL with the first credential that fits, and that one's source; as it is, and from nowhere, where it has a user or none fits."""
    if "@" not in url.partition("://")[2].partition("/")[0]:
        for credential in credentials:
            if credential.fits(url):
                return credential.put_into(url), credential.source
    return url, NOWHERE


def _place(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a URL; empty for what is none: that is left to the tool that is told it."""
    try:
        parts = urlsplit(url)
        return (
            parts.scheme,
            (parts.hostname or "").lower(),
            parts.port or _PORTS.get(parts.scheme, 0),
        )
    except ValueError:
        return "", "", 0
