"""Values that must not be read by anyone: their type, and the filter that keeps them out of what is printed."""

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

MASK = "****"

# What stands before the last @ of a URL's host part. A password with a raw `/`, `#` or `?` ends the host part too early: then the
# host part ends in something that is no port, and an @ follows. `git@` alone is the customary user of ssh, not a secret.
_USERINFO = re.compile(
    r"(?<=://)(?!git@)(?:[^/?#\s]+(?=@)|[^/?#\s:@\[]*:(?!\d*(?:[/?#\s'\"`,;)]|$))\S*(?=@))"
)
# What stands behind the ? of a URL: signed links carry their signature there.
_QUERY = re.compile(r"(?<=://)([^\s?#]*\?)([^\s#]+)")
# What says in a query who asks and until when, not what is asked for.
_SIGNATURE = re.compile(
    r"(?i)((?:sig|signature|expires|(?:[\w-]*[_-])?(?:token|password|secret|signature)|api[_-]?key|"
    r"awsaccesskeyid|googleaccessid|key-pair-id|policy|x-(?:amz|goog)-[\w-]+)=)[^&]*"
)
# A token for a channel of conda's, which is a part of the path (conda: conda.common.url, split_anaconda_token).
_TOKEN = re.compile(r"(?<=://)([^\s?#]*?/t/)([^\s/?#'\"`,;)]+)")
# What the WHATWG's URL standard leaves as it is in a user's part, and so does uv.
_NOT_ENCODED = "!$&'()*+,~"


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
        """The text with every secret form, and every ``user:password@`` and ``/t/token`` of a URL, replaced by ``****``."""
        for form in self.forms:
            text = text.replace(form, MASK)
        return _TOKEN.sub(rf"\1{MASK}", _USERINFO.sub(MASK, text))


def url_secrets(url: str) -> tuple[Secret, ...]:
    """The secret parts of a URL: the password, or a user name that stands alone (a token), the two together, `/t/token`, and its query.

    A user name beside a password is masked in URLs alone: elsewhere it is a word such as `admin` that says nothing; and so is
    `git`, the customary user of ssh.
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
    """The URL less its user name, password and token: fit for a key, a label, a log."""
    bare = _USERINFO.sub("", url).replace("://@", "://")
    return _TOKEN.sub(lambda found: found[1].removesuffix("/t/"), bare)


def url_token(url: str) -> str:
    """The token in the path of a channel's URL; empty where there is none."""
    found = _TOKEN.search(url)
    return found[2] if found else ""


def without_queries(text: str) -> str:
    """The text with ``****`` for the query of each URL in it."""
    return _QUERY.sub(rf"\1{MASK}", text)


def without_signatures(text: str) -> str:
    """The text with ``****`` for what in the query of a URL says who asks, not what is asked for."""
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
