"""How a Python file of the source is decoded and parsed, without being run."""

import ast
import codecs
import re
import sys
import warnings
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.messages.errors.source_files import (
    SourceEncodingUnknown,
    SourceNotDecodable,
    SourceSyntaxError,
    SourceUnreadable,
)

Version = tuple[int, int]

# The Python that the buildpack runs on, whose syntax its parser can read.
OURS: Version = sys.version_info[:2]
# PEP 263: in the first line, or in the second if the first is blank or a comment.
_COOKIE = re.compile(
    rb"\A(?:[ \t\f]*(?:#[^\r\n]*)?\r?\n)?[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)"
)

_BOM = codecs.BOM_UTF8
# Code written by people is far below these limits. Above them, the parser takes seconds and
# gigabytes, and the compiler crashes the process.
_LONGEST = 5_000_000
_MOST_LOOPS = 200
_DEEPEST = 700
# Not text encodings. Python's decoders for them take time quadratic in the length.
_NO_TEXT = {"punycode", "idna"}


def parse(
    app: Path, file: Path, python: Version = OURS, *, compiles: bool = True
) -> ast.Module | None:
    """Parse a file, and compile it once to find errors that only the compiler reports.

    Nothing is run. Returns None if the parser gives up: the nesting is too deep, or the syntax may
    be that of a Python newer than ours. Unless it ``compiles``, which takes most of the time, the
    tree is not checked for its depth: use its statements only.

    Raises:
        SourceUnreadable: The file cannot be read.
        SourceEncodingUnknown, SourceNotDecodable: The file is not text in a known encoding.
        SourceSyntaxError: The file is not valid Python.
    """
    display_name = file.as_posix()
    try:
        data = user_files.read(app, app / file)
    except OSError as error:
        raise SourceUnreadable(display_name, error.strerror or str(error)) from error
    text = decoded(data, display_name)
    if len(text) > _LONGEST:
        return None
    try:
        # An invalid escape sequence is a warning, which the parser would print.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, display_name, feature_version=min(python, OURS))
            if compiles:
                if _too_deep(tree):
                    return None
                compile(tree, display_name, "exec", dont_inherit=True)
    except SyntaxError as error:
        if python > OURS:
            return None
        raise _syntax_error(display_name, text, error) from error
    except ValueError as error:
        raise SourceSyntaxError(display_name, *_null_byte(text), str(error)) from error
    except (RecursionError, MemoryError):
        return None
    return tree


def _too_deep(tree: ast.AST) -> bool:
    """Return whether walking this tree could crash the process.

    The compiler recurses for each loop of a comprehension, without a limit.
    """
    waiting = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > _DEEPEST or len(getattr(node, "generators", ())) > _MOST_LOOPS:
            return True
        waiting += [(child, depth + 1) for child in ast.iter_child_nodes(node)]
    return False


def decoded(data: bytes, display_name: str) -> str:
    """Decode a Python file by its byte order mark or declared encoding, else as UTF-8.

    Raises:
        SourceEncodingUnknown: The declared encoding does not exist.
        SourceNotDecodable: The file does not have the declared encoding.
    """
    marked = data.startswith(_BOM)
    body = data.removeprefix(_BOM)
    cookie = _COOKIE.match(body)
    encoding = cookie[1].decode("ascii", "replace") if cookie and not marked else "UTF-8"
    try:
        if codecs.lookup(encoding).name in _NO_TEXT:
            raise SourceEncodingUnknown(display_name, encoding)
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        offset = error.start + len(data) - len(body)
        raise SourceNotDecodable(
            display_name, data.count(b"\n", 0, offset) + 1, offset, data[offset], encoding
        ) from error
    except (LookupError, ValueError) as error:
        raise SourceEncodingUnknown(display_name, encoding) from error


def _syntax_error(display_name: str, text: str, error: SyntaxError) -> SourceSyntaxError:
    if error.lineno is None:
        return SourceSyntaxError(display_name, *_null_byte(text), error.msg)
    lines = re.split(r"\r\n|\r|\n", text)
    line = lines[error.lineno - 1] if 0 < error.lineno <= len(lines) else ""
    return SourceSyntaxError(display_name, error.lineno, line, error.offset or 1, error.msg)


def _null_byte(text: str) -> tuple[int, str, int]:
    before, _, _ = text.partition("\0")
    number = before.count("\n") + 1
    line = text.split("\n")[number - 1]
    return number, line.replace("\0", "?"), len(before) - (before.rfind("\n") + 1) + 1
