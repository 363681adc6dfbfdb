"""Values that must not be read by anyone: their type, and the filter that keeps them out of what is printed."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

MASK = "****"

# `git@` alone is the customary user of ssh, not a secret.
_USERINFO = re.compile(r"(?<=://)(?!git@)[^/\s@'\"`]+(?=@)")


@dataclass(frozen=True)
class Secret:
    """A value that prints as ``****``; ``reveal()`` is for the one place that hands it to a tool."""

    _value: str

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK


@dataclass(frozen=True)
class Masker:
    """Replaces what is known to be secret, in each form a tool may print it in, and the user part of any URL."""

    forms: tuple[str, ...] = ()

    @classmethod
    def of(cls, secrets: Iterable[Secret]) -> "Masker":
        """A masker for these values: as they are, percent-encoded, decoded, and in base64."""
        forms: set[str] = set()
        for secret in secrets:
            value = secret.reveal()
            for form in {value, unquote(value)}:
                forms |= {form, quote(form, safe=""), quote(form), base64.b64encode(form.encode()).decode()}
        # A form of one or two letters would blank out half of the log and hide nothing.
        return cls(tuple(sorted((form for form in forms if len(form) > 2), key=lambda form: (-len(form), form))))

    def mask(self, text: str) -> str:
        """The text with every secret form, and every ``user:password@`` of a URL, replaced by ``****``."""
        for form in self.forms:
            text = text.replace(form, MASK)
        return _USERINFO.sub(MASK, text)


def url_secrets(url: str) -> tuple[Secret, ...]:
    """The secret parts of a URL: the password, or a user name that stands alone (a token), and the two together."""
    try:
        parts = urlsplit(url)
        user, password = parts.username, parts.password
    except ValueError:
        return (Secret(url),)
    if password:
        return (Secret(password), Secret(f"{user}:{password}"))
    return (Secret(user),) if user else ()


def without_credentials(url: str) -> str:
    """The URL less its user name and password: fit for a key, a label, a log."""
    return _USERINFO.sub("", url).replace("://@", "://")
