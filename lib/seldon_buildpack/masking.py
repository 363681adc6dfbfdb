"""Secret values, and the masker that keeps them out of the log."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

MASK = "****"

# The user info of a URL, up to the last @. A password with a raw `/`, `#` or `?` ends the host part
# too early: it then ends in something that is not a port, and an @ follows. `git@` alone is the
# usual user of ssh, not a secret.
_USERINFO = re.compile(
    r"(?<=://)(?!git@)(?:[^/?#\s]+(?=@)|[^/?#\s:@\[]*:(?!\d*(?:[/?#\s'\"`,;)]|$))\S*(?=@))"
)
# The query of a URL. Signed links carry their signature there.
_QUERY = re.compile(r"(?<=://)([^\s?#]*\?)([^\s#]+)")
# Query parameters that say who asks and until when, not what is requested.
_SIGNATURE = re.compile(
    r"(?i)((?:sig|signature|expires|(?:[\w-]*[_-])?(?:token|password|secret|signature)|api[_-]?key|"
    r"awsaccesskeyid|googleaccessid|key-pair-id|policy|x-(?:amz|goog)-[\w-]+)=)[^&]*"
)
# The token of a conda channel, which is a part of the path (conda: conda.common.url,
# split_anaconda_token).
_TOKEN = re.compile(r"(?<=://)([^\s?#]*?/t/)([^\s/?#'\"`,;)]+)")
# Characters in the user info that the WHATWG URL standard, and so uv, does not encode.
_NOT_ENCODED = "!$&'()*+,~"


@dataclass(frozen=True)
class Secret:
    """A value that prints as ``****``.

    ``reveal()`` is only for the place that passes it to a tool.
    """

    _value: str

    def reveal(self) -> str:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK


@dataclass(frozen=True)
class Masker:
    """Replaces secrets, in each form that a tool may print, and the user info of any URL."""

    forms: tuple[str, ...] = ()

    @classmethod
    def of(cls, secrets: Iterable[Secret]) -> "Masker":
        """Return a masker for these values: as is, percent-encoded, decoded, and in base64."""
        forms: set[str] = set()
        for secret in secrets:
            value = secret.reveal()
            for form in {value, unquote(value)}:
                data = form.encode(errors="surrogateescape")
                encoded = {
                    quote(data, safe=safe) for safe in ("", "/", ":", "@", "@:", _NOT_ENCODED)
                }
                forms |= {
                    form,
                    *encoded,
                    *(re.sub("%..", lambda found: found[0].lower(), one) for one in encoded),
                }
                forms |= {base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()}
        # A form of one or two letters would blank out half of the log and hide nothing.
        return cls(
            tuple(
                sorted(
                    (form for form in forms if len(form) > 2), key=lambda form: (-len(form), form)
                )
            )
        )

    def mask(self, text: str) -> str:
        """Replace every secret, and ``user:password@`` and ``/t/token`` in URLs, with ``****``."""
        for form in self.forms:
            text = text.replace(form, MASK)
        return _TOKEN.sub(rf"\1{MASK}", _USERINFO.sub(MASK, text))


def url_secrets(url: str) -> tuple[Secret, ...]:
    """Return the secret parts of a URL.

    These are the password or, without one, the user name (a token); user name and password
    together; `/t/token`; and the query. A user name with a password is only masked in URLs:
    elsewhere it is a word such as `admin` that reveals nothing. So is `git`, the usual user of ssh.
    """
    # A proxy is often given without a scheme.
    url = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(url)
        user, password = parts.username, parts.password
    except ValueError:
        return (Secret(url),)
    query = (Secret(found[2]) for found in _QUERY.finditer(url))
    if not user and not password and (found := _USERINFO.search(url)):
        user, _, password = found[0].partition(":")
    credentials = (
        (password, f"{user}:{password}") if password else (user,) if user and user != "git" else ()
    )
    token = (Secret(found[2]) for found in _TOKEN.finditer(url))
    return (*map(Secret, credentials), *token, *query)


def without_credentials(url: str) -> str:
    """Return the URL without user name, password and token, for a key, a label or the log."""
    bare = _USERINFO.sub("", url).replace("://@", "://")
    return _TOKEN.sub(lambda found: found[1].removesuffix("/t/"), bare)


def url_token(url: str) -> str:
    """Return the token in the path of a channel's URL, or "" if there is none."""
    found = _TOKEN.search(url)
    return found[2] if found else ""


def without_queries(text: str) -> str:
    """Replace the query of each URL in the text with ``****``."""
    return _QUERY.sub(rf"\1{MASK}", text)


def without_signatures(text: str) -> str:
    """Replace the query parameters of URLs that say who asks, not what, with ``****``."""
    return _QUERY.sub(
        lambda found: (
            found[1]
            + "&".join(
                _SIGNATURE.sub(rf"\1{MASK}", one) if _SIGNATURE.fullmatch(one) else one
                for one in found[2].split("&")
            )
        ),
        text,
    )
