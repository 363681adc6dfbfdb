"""Credentials for conda channels: a token, or a user name and a password."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from seldon_buildpack.masking import Secret, url_token, without_credentials
from seldon_buildpack.origin import Origin


@dataclass(frozen=True, kw_only=True)
class ChannelCredential:
    """A credential for a channel: a token, or a user name and a password."""

    # The credential is for this URL and everything below it: https://host/path.
    url: str
    source: Origin
    user: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    token: Secret = field(default_factory=lambda: Secret(""))

    @classmethod
    def in_url(cls, url: str, source: Origin) -> "ChannelCredential | None":
        """Return the credentials in a channel's URL, or None if it has none."""
        try:
            parts = urlsplit(url)
            user, password = unquote(parts.username or ""), unquote(parts.password or "")
        except ValueError:
            return None
        token = url_token(url)
        if not user and not token:
            return None
        return cls(
            url=without_credentials(url).rstrip("/"),
            source=source,
            user=user,
            password=Secret(password),
            token=Secret(token),
        )

    def fits(self, url: str) -> bool:
        """Return whether the credential applies to a URL: its own, or one below it."""
        return is_below(without_credentials(url), self.url)

    def secrets(self) -> tuple[Secret, ...]:
        """Return the secrets that must be masked.

        A user name that comes with a password is not a secret by itself.
        """
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
    """Return whether ``url`` is ``top`` or below it."""
    return f"{url.rstrip('/')}/".startswith(f"{top.rstrip('/')}/")


def closest(url: str, credentials: Iterable[ChannelCredential]) -> ChannelCredential | None:
    """Return the credential with the longest matching URL, or None.

    If several are equally long, the first is returned.
    """
    return max(
        (one for one in credentials if one.fits(url)), key=lambda one: len(one.url), default=None
    )
