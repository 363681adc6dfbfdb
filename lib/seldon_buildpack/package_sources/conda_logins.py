"""Who may read which channel: a token, or a user and a password."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from seldon_buildpack.masking import Secret, url_token, without_credentials
from seldon_buildpack.origin import Origin


@dataclass(frozen=True)
class Login:
    """Who may read what lies at or below ``url`` (https://host/path, less credentials): by a token, else by user and password."""

    url: str
    source: Origin
    user: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    token: Secret = field(default_factory=lambda: Secret(""))

    @classmethod
    def in_url(cls, url: str, source: Origin) -> "Login | None":
        """The credentials that stand in a channel's address; None where it has none."""
        try:
            parts = urlsplit(url)
            user, password = unquote(parts.username or ""), unquote(parts.password or "")
        except ValueError:
            return None
        token = url_token(url)
        if not user and not token:
            return None
        return cls(
            without_credentials(url).rstrip("/"), source, user, Secret(password), Secret(token)
        )

    def fits(self, url: str) -> bool:
        """Whether it is for an address: the same, or one below it."""
        return is_below(without_credentials(url), self.url)

    def secrets(self) -> tuple[Secret, ...]:
        """What must be masked; a user name beside a password is a word that says nothing."""
        password, token = self.password.reveal(), self.token.reveal()
        basic = (
            (self.password, Secret(f"{self.user}:{password}"))
            if password
            else (Secret(self.user),)
            if self.user
            else ()
        )
        return (*basic, *([self.token] if token else []))


def is_below(url: str, top: str) -> bool:
    """Whether an address is another one or lies below it."""
    return f"{url.rstrip('/')}/".startswith(f"{top.rstrip('/')}/")


def closest(url: str, logins: Iterable[Login]) -> Login | None:
    """The login for an address: the one whose own is the longest of those it lies below; of equals the first."""
    return max((one for one in logins if one.fits(url)), key=lambda one: len(one.url), default=None)
