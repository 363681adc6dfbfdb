"""Secret values, and the masker that keeps them out of the log."""

import base64
import html
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote, urlsplit

MASK = "****"

# The user info of a URL, up to the last @ of the word. A password with a raw `/`, `#` or `?` ends
# the host part too early: it then ends in something that is not a port, and an @ follows. `git@`
# alone is the usual user of ssh, not a secret. A URL may lack its scheme if it has a password.
_USERINFO = re.compile(
    r"(?<=://)(?!git@)(?:[^/?#\s]+(?=@)|[^/?#\s:@\[]*:(?!\d*(?:[/?#\s'\"`,;)]|$)).*(?=@))"
    r"|(?<![:/]//)(?<=//)[^/?#\s:@]*:[^/?#\s]+(?=@)"
)
_WORD = re.compile(r"\S+")
# Query parameters that say who asks and until when, not what is requested.
_SIGNATURE = re.compile(
    r"(?i)((?:sig|signature|expires|(?:[\w-]*[_-])?(?:token|password|secret|signature)|api[_-]?key|"
    r"awsaccesskeyid|googleaccessid|key-pair-id|policy|x-(?:amz|goog)-[\w-]+)=)[^&]*"
)
# What ends the path of a URL, and what ends the token in the path of a conda channel (conda:
# conda.common.url, split_anaconda_token).
_PATH_END = re.compile(r"[?#]")
_TO_FRAGMENT = re.compile(r"[^#]+")
_TOKEN = re.compile(r"[^/?#'\"`,;)]+")
# Masking shorter values would blank out half of the log and hide nothing.
_SHORTEST = 3
# A part of a secret that is long enough to be masked on its own.
_SHORTEST_PART = 8
_RUN = re.compile(r"[a-z0-9]+")
_ESCAPES = {"\t": "t", "\n": "n", "\r": "r", "\b": "b", "\f": "f", "\v": "v"}


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
class _Form:
    """A text to mask, in any letter case and any encoding.

    A tool may encode some characters and leave others. Letters and digits are never encoded, so
    the longest run of them is in every form except base64 and hexadecimal.
    """

    text: str

    @cached_property
    def _needles(self) -> tuple[str, ...]:
        return (max(_RUN.findall(self.text.lower()), key=len, default=""), *self._encoded)

    @cached_property
    def _encoded(self) -> tuple[str, ...]:
        data = self.text.encode(errors="surrogatepass")
        both = (base64.b64encode(data), base64.urlsafe_b64encode(data))
        return (*(each.decode().rstrip("=").lower() for each in both), data.hex())

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # uv writes `-` for a run of these in a name.
        pieces = re.findall(r"[-_.]+|[A-Za-z0-9]+|.", self.text, re.DOTALL)
        encoded = (re.escape(each) + "=*" for each in self._encoded)
        plain = "".join(_piece(piece) for piece in pieces)
        return re.compile("|".join((plain, *encoded)), re.IGNORECASE)

    def mask(self, text: str) -> str:
        lower = text.lower()
        # Compiling takes milliseconds, and most lines have no secret.
        if any(needle in lower for needle in self._needles):
            return self._pattern.sub(MASK, text)
        return text


@dataclass(frozen=True)
class Masker:
    """Replaces secrets, in each form that a tool may print, and the user info of any URL."""

    forms: tuple[_Form, ...] = ()

    @classmethod
    def of(cls, secrets: Iterable[Secret]) -> "Masker":
        """Return a masker for these values and their lines: in any letter case and any encoding.

        The encodings are base64 and those of URLs, JSON, HTML, shells, and the literals of Python
        and Rust.
        """
        texts: set[str] = set()
        for secret in secrets:
            for value in {secret.reveal(), unquote(secret.reveal())}:
                lines = (line for line in value.splitlines() if len(line) >= _SHORTEST_PART)
                texts |= {value, *lines}
        kept = (text for text in texts if len(text) >= _SHORTEST)
        return cls(tuple(map(_Form, sorted(kept, key=lambda text: (-len(text), text)))))

    def mask(self, text: str) -> str:
        """Replace every secret, and the credentials of any URL, with ``****``.

        Those are ``user:password@``, ``/t/token`` and signatures in its query.
        """
        text = without_signatures(_change_userinfo(text, MASK))
        for form in self.forms:
            text = form.mask(text)
        return _change_tokens(text, lambda start, _: start + MASK)


def _piece(piece: str) -> str:
    if piece.isascii() and piece.isalnum():
        return piece
    if piece.strip("-_.") == "":
        each = "".join(_character(letter) for letter in piece)
        return f"(?:[-_.]+|{each})"
    return _character(piece)


def _character(letter: str) -> str:
    """Return a pattern for a character, as it is or escaped."""
    percent = "".join(f"%(?:25)*{byte:02x}" for byte in letter.encode(errors="surrogatepass"))
    code = ord(letter)
    # JSON escapes a character above U+FFFF as two halves.
    units = json.dumps(letter)[1:-1].split("\\u")[1:] or [f"{code:04x}"]
    entities = [f"#0*{code}", f"#x0*{code:x}", *re.findall("&([^&;]+);", html.escape(letter))]
    escaped = [
        re.escape(_ESCAPES.get(letter, letter)),
        r"\\*".join(f"u{unit}" for unit in units),
        f"u\\{{0*{code:x}\\}}",
        f"x{code:02x}",
        f"U{code:08x}",
    ]
    plain = r"\\" if letter == "\\" else re.escape(letter)
    # What starts with the character itself comes before it.
    forms = [
        percent,
        rf"\\+(?:{'|'.join(escaped)})",
        f"&(?:amp;)*(?:{'|'.join(entities)});",
        *([r"\+"] if letter == " " else []),
        *([r"'\"'\"'"] if letter == "'" else []),
        plain,
    ]
    return f"(?:{'|'.join(forms)})"


def _change_userinfo(text: str, replacement: str) -> str:
    """Replace the user info of each URL in a text."""

    def change(word: re.Match[str]) -> str:
        # Nothing after the last @ is user info. Without this limit, the time would grow with the
        # square of the number of colons.
        end = word[0].rfind("@") + 1
        return _USERINFO.sub(replacement, word[0][:end]) + word[0][end:]

    return _WORD.sub(change, text) if "//" in text and "@" in text else text


def _change_queries(text: str, change: Callable[[str], str]) -> str:
    """Replace the query of each URL in a text."""

    def changed(word: re.Match[str]) -> str:
        text, done, place, start = word[0], [], word[0].find("://"), 0
        while place >= 0 and (end := _PATH_END.search(text, place + 3)):
            place = end.end()
            if end[0] == "?" and (query := _TO_FRAGMENT.match(text, place)):
                done += [text[start:place], change(query[0])]
                start = place = query.end()
            place = text.find("://", place)
        return "".join((*done, text[start:]))

    return _WORD.sub(changed, text) if "://" in text and "?" in text else text


def _change_tokens(text: str, change: Callable[[str, str], str]) -> str:
    """Replace the tokens of channels in the URLs of a text.

    ``change`` gets the URL up to its token, and the token.
    """

    def changed(word: re.Match[str]) -> str:
        text, done, place, start, stop = word[0], [], word[0].find("://"), 0, 0
        while place >= 0:
            if stop < place + 3:
                end = _PATH_END.search(text, place + 3)
                stop = end.start() if end else len(text)
            slash = text.find("/t/", place + 3, stop)
            token = _TOKEN.match(text, slash + 3) if slash >= 0 else None
            if token:
                done.append(change(text[start : token.start()], token[0]))
                start = token.end()
            place = text.find("://", token.end() if token else stop)
        return "".join((*done, text[start:]))

    return _WORD.sub(changed, text) if "/t/" in text else text


def _queries(text: str) -> list[str]:
    found: list[str] = []

    def note(query: str) -> str:
        found.append(query)
        return query

    _change_queries(text, note)
    return found


def _tokens(text: str) -> list[str]:
    found: list[str] = []

    def note(start: str, token: str) -> str:
        found.append(token)
        return start

    _change_tokens(text, note)
    return found


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
    if not user and not password and (found := _USERINFO.search(url[: url.rfind("@") + 1])):
        user, _, password = found[0].partition(":")
    credentials = (
        (password, f"{user}:{password}") if password else (user,) if user and user != "git" else ()
    )
    bare = _change_userinfo(url, "")
    queries = _queries(bare)
    words = [word for query in queries for word in query.split("&")]
    values = [word.partition("=")[2] for word in words if _SIGNATURE.fullmatch(word)]
    # A shorter value is found in other texts by chance.
    signatures = [value for value in values if len(value) >= _SHORTEST_PART]
    return tuple(map(Secret, (*credentials, *_tokens(bare), *queries, *signatures)))


def without_credentials(url: str) -> str:
    """Return the URL without user name, password and token, for a key, a label or the log."""
    bare = _change_userinfo(url, "").replace("://@", "://")
    return _change_tokens(bare, lambda start, _: start.removesuffix("/t/"))


def url_token(url: str) -> str:
    """Return the token in the path of a channel's URL, or "" if there is none."""
    return next(iter(_tokens(url)), "")


def without_queries(text: str) -> str:
    """Replace the query of each URL in the text with ``****``."""
    return _change_queries(text, lambda _: MASK)


def without_signatures(text: str) -> str:
    """Replace the query parameters of URLs that say who asks, not what, with ``****``."""
    return _change_queries(
        text,
        lambda query: "&".join(
            f"{signature[1]}{MASK}" if (signature := _SIGNATURE.fullmatch(word)) else word
            for word in query.split("&")
        ),
    )
