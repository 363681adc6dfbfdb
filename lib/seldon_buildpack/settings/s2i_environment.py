"""Parser for ``.s2i/environment`` that follows s2i's rules.

It warns about lines with which, under s2i, the model would crash.

The rules are those of openshift/source-to-image v1.5.1: pkg/scripts/environment.go (lines; ``#`` in
column 0 starts a comment) and EnvironmentList.Set in pkg/api/types.go (split at the first ``=``,
both sides trimmed, lines without ``=`` or without a name are skipped). Variables are appended in
order, and the last one of a name wins.
"""

import re
from pathlib import Path
from typing import NamedTuple

from seldon_buildpack import user_files
from seldon_buildpack.launch import serving_variables
from seldon_buildpack.messages.errors.settings import (
    EnvironmentFileBadName,
    EnvironmentFileNotUtf8,
    EnvironmentFileUnreadable,
    VariableNameTooLong,
)
from seldon_buildpack.messages.errors.source_files import unreadable
from seldon_buildpack.messages.warnings import settings as settings_warnings
from seldon_buildpack.messages.warnings.base import Advice

FILE = ".s2i/environment"

# The characters that Go's strings.TrimSpace removes (unicode.IsSpace). Python's strip() removes
# more.
SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"

# The file `NAME.override` sets a variable, and a file's name has at most 255 bytes.
LONGEST_NAME = 240
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_EXPORT = re.compile(r"export\s+(?=[^\s=]+$)")
# `NAME: value` as in YAML, or one of the most common names without `=`.
_ALMOST = re.compile(
    r"\s*(?:export\s+)?(?:([A-Za-z_]\w*)\s*:(?!//)|(MODEL_NAME|SERVICE_TYPE|PERSISTENCE|API_TYPE|EXTRA_INDEX_URL|PIP_[A-Z_]+)\b)"
)


class Variable(NamedTuple):
    """A line that sets a variable; ``line`` counts from 1."""

    name: str
    value: str
    line: int

    @property
    def origin(self) -> str:
        """The file and line, for the log."""
        return f"{FILE} line {self.line}"

    # The value may be a password.
    def __repr__(self) -> str:
        return f"Variable({self.name}, line {self.line})"


class S2iEnvironment(NamedTuple):
    """The variables in ``.s2i/environment``, and warnings about the file.

    Each name occurs once; the order is that of the lines that win.
    """

    variables: tuple[Variable, ...] = ()
    advice: tuple[Advice, ...] = ()

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Return the names and values."""
        return tuple((variable.name, variable.value) for variable in self.variables)

    def get(self, name: str) -> Variable | None:
        """Return the variable with this name, or None."""
        return next((variable for variable in self.variables if variable.name == name), None)


def read(app: Path) -> S2iEnvironment:
    """Read ``app/.s2i/environment``; the result is empty if there is no such file.

    Raises:
        EnvironmentFileUnreadable: The file cannot be read.
        EnvironmentFileNotUtf8: The file is not UTF-8 text.
        EnvironmentFileBadName, VariableNameTooLong: A variable's name is not valid.
    """
    path = app / FILE
    try:
        if not user_files.exists(path) and not path.is_symlink():
            return S2iEnvironment()
        data = user_files.read(app, path)
    except OSError as error:
        raise EnvironmentFileUnreadable(unreadable(path, error)) from error
    return parse(data)


def parse(data: bytes) -> S2iEnvironment:
    """Parse the content of ``.s2i/environment``.

    Raises:
        EnvironmentFileNotUtf8: The content is not UTF-8 text.
        EnvironmentFileBadName, VariableNameTooLong: A variable's name is not valid.
    """
    text = _text(data)
    advice = [settings_warnings.byte_order_mark(FILE)] if text.startswith("\ufeff") else []
    found: dict[str, Variable] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if line.startswith("#"):
            continue
        variable, said = _line(line, number)
        advice += said
        if variable is None:
            continue
        if earlier := found.pop(variable.name, None):
            advice.append(settings_warnings.set_twice(variable.origin, variable.name, earlier.line))
        found[variable.name] = variable
    return S2iEnvironment(tuple(found.values()), tuple(advice))


def _text(data: bytes) -> str:
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data[:200]
    try:
        text = data.decode("utf-8")
        offset = data.find(b"\x00")
    except UnicodeDecodeError as error:
        text, offset = "", error.start
    if offset < 0:
        return text
    raise EnvironmentFileNotUtf8(data.count(b"\n", 0, offset) + 1, offset, data[offset], utf16)


def _line(line: str, number: int) -> tuple[Variable | None, list[Advice]]:
    origin = f"{FILE} line {number}"
    left, equals, right = line.partition("=")
    if not equals:
        almost = _ALMOST.match(line)
        return None, [
            settings_warnings.not_an_assignment(origin, almost[1] or almost[2])
        ] if almost else []
    name = left.strip(SPACES)
    if not name:
        return None, [settings_warnings.nameless_line(origin)]
    if name.startswith("#"):
        return None, [settings_warnings.indented_comment(origin)]
    advice = []
    if export := _EXPORT.match(name):
        name = name[export.end() :]
        advice.append(settings_warnings.export_taken_off(origin, name))
    if not _NAME.fullmatch(name):
        raise EnvironmentFileBadName(number, name)
    if len(name) > LONGEST_NAME:
        raise VariableNameTooLong(FILE, number, LONGEST_NAME)
    if "." in name:
        return None, [*advice, settings_warnings.dotted_name(origin, name)]
    value, said = unquoted(name, right.strip(SPACES), origin)
    return Variable(name, value, number), [*advice, *said]


def unquoted(name: str, value: str, origin: str) -> tuple[str, tuple[Advice, ...]]:
    """Return the value without quotes around all of it, and warnings.

    s2i and ``--env`` keep such quotes, but nobody wants them to be part of the value.
    """
    inner = serving_variables.unquote(value)
    if inner != value:
        return inner, (settings_warnings.quotes_taken_off(origin, name),)
    if serving_variables.has_open_quote(value):
        return value, (settings_warnings.quote_left_open(origin, name),)
    return value, ()
