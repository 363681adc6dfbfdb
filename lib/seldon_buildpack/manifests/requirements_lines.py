"""The lines of a requirements file: encodings, continuations, comments and variables.

The rules are pip's (pip: Requirements File Format). All of them take linear time, whatever the
file is.
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# Names of uppercase letters, digits and underscores only.
VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")

# The byte order mark of UTF-32 starts with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# PEP 263, as pip reads it: in the first two lines, if `#` is their first character.
_DECLARATION = re.compile(rb"coding[:=]\s*([-\w.]+)")
# Text encodings that no editor writes, whose decoders are slow or read escapes.
_NOT_FOR_FILES = {"punycode", "idna", "undefined", "unicode_escape", "raw_unicode_escape"}


@dataclass(frozen=True)
class LogicalLine:
    """A line without its comment, after joining continued lines.

    ``number`` is that of the first line. Variables are not expanded.
    """

    number: int
    text: str


def encoding_of(data: bytes) -> str:
    """Return the encoding of a requirements file.

    The byte order mark decides, then a declaration in the first two lines, then UTF-8. An
    encoding that cannot read its own declaration is not the file's: in an ASCII file,
    `# coding: utf-16` means nothing.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    for line in data.split(b"\n", 2)[:2]:
        declared = _DECLARATION.search(line[:1000]) if line.startswith(b"#") else None
        if declared and _reads(declared[1].decode("ascii", "replace"), declared[0]):
            return declared[1].decode("ascii")
    return "utf-8"


def split_lines(text: str) -> Iterator[LogicalLine]:
    """Yield the lines that are not empty, without comments and with continued lines joined."""
    waiting: list[str] = []
    first = 0
    for number, line in enumerate(text.splitlines(), start=1):
        comment = line.lstrip()[:1] == "#"
        if line.endswith("\\") and not comment:
            first = first if waiting else number
            waiting.append(line.strip("\\"))
            continue
        # The space separates a comment from the line that it continues.
        joined = "".join((*waiting, f" {line}" if comment else line))
        yield from _without_comment(first if waiting else number, joined)
        waiting = []
    yield from _without_comment(first, "".join(waiting))


def expand(text: str, env: Mapping[str, str]) -> str:
    """Replace the variables that are set and not empty."""
    return VARIABLE.sub(lambda match: env.get(match[1]) or match[0], text)


def _without_comment(number: int, line: str) -> Iterator[LogicalLine]:
    at = line.find("#")
    while at > 0 and not line[at - 1].isspace():
        at = line.find("#", at + 1)
    if text := (line[:at] if at >= 0 else line).strip():
        yield LogicalLine(number, text)


def _reads(encoding: str, declaration: bytes) -> bool:
    try:
        codec = codecs.lookup(encoding)
        return codec.name.replace("-", "_") not in _NOT_FOR_FILES and declaration.decode(
            encoding
        ) == declaration.decode("ascii")
    except (LookupError, UnicodeError, ValueError):
        # bytes.decode refuses codecs that are not text encodings with a LookupError.
        return False
