"""YAML parser that records the line of each value."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.conda_files import DuplicateKey, YamlInvalid, YamlSeveral

# Characters that neither a file nor a variable can hold.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")

# The keys and indices that lead to a value in a file.
Place = tuple[str | int, ...]

# Aliases let a few lines expand to millions of values, or a value contain itself.
_MOST_VALUES = 100_000
_DEEPEST = 20
_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7})(?: |$)", re.MULTILINE)


@dataclass(frozen=True)
class Document:
    """The content of a YAML file.

    Each scalar in ``value`` is the text as written, whatever type YAML gives it; an empty scalar is
    None. ``plain`` has the places of the scalars that YAML does not read as text, with the type:
    `int`, `float` or `bool`.
    """

    value: Any
    lines: Mapping[Place, int]
    plain: Mapping[Place, str]

    def line(self, place: Place) -> int:
        """Return the line of a value, or of the closest value around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def load(name: str, text: str) -> Document:
    """Parse the single document of a file; the value of an empty file is None.

    Raises:
        YamlInvalid: The text is not YAML, or is nested too deeply.
        YamlSeveral: There is more than one document.
        DuplicateKey: A mapping has the same key twice.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _invalid(name, text, error) from error
    except yaml.YAMLError as error:
        raise YamlInvalid(name, 1, "", str(error).splitlines()[0], "") from error
    except RecursionError as error:
        raise YamlInvalid(
            name,
            1,
            "",
            "its lists are nested too deeply",
            "Write it in the format of `conda env export`.",
        ) from error
    reader = _Reader(name=name, written=text.splitlines(), lines={}, plain={})
    return Document(reader.value(node, ()) if node else None, reader.lines, reader.plain)


@dataclass(frozen=True, kw_only=True)
class _Reader:
    """A walk over the nodes of one document that records their lines."""

    # The file's name, for messages.
    name: str
    # The lines of the file.
    written: list[str]
    # The line of each value, by its place in the document.
    lines: dict[Place, int]
    # The text of each plain scalar, before YAML makes a number or a date of it.
    plain: dict[Place, str]

    def value(self, node: yaml.Node, place: Place) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(place, line)
        if len(self.lines) > _MOST_VALUES or len(place) > _DEEPEST:
            raise YamlInvalid(
                self.name,
                line,
                self.written[line - 1],
                "its alias expands to too many values, or to itself",
                "Remove the alias.",
            )
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*place, number)) for number, child in enumerate(node.value)]
        if _NO_TEXT.search(node.value):
            raise YamlInvalid(
                self.name,
                line,
                self.written[line - 1],
                "it has a null character or half of a surrogate pair",
                "Write the character itself.",
            )
        kind = node.tag.rpartition(":")[2]
        if kind in ("int", "float", "bool"):
            self.plain[place] = kind
        return None if kind == "null" else str(node.value)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, child in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                why, fix = _meant([], line, self.written[line - 1], "a key is not a string")
                raise YamlInvalid(self.name, line, self.written[line - 1], why, fix)
            name = str(key.value)
            if name in found:
                raise DuplicateKey(self.name, line, name, self.lines[(*place, name)])
            self.lines[(*place, name)] = line
            found[name] = self.value(child, (*place, name))
        return found


def _invalid(name: str, text: str, error: yaml.MarkedYAMLError) -> BuildError:
    mark = error.problem_mark or error.context_mark
    number = mark.line + 1 if mark else 1
    lines = text.splitlines()
    problem = error.problem or ""
    if error.context == "expected a single document in the stream":
        return YamlSeveral(name, number)
    if conflict := _CONFLICT.search(text):
        number = text[: conflict.start()].count("\n") + 1
        return YamlInvalid(
            name,
            number,
            lines[number - 1],
            "it is a merge conflict marker",
            "Resolve the git conflict.",
        )
    number = _shown(lines, number, problem)
    line = lines[number - 1] if number <= len(lines) else ""
    if "quoted scalar" in (error.context or "") and error.context_mark:
        number = error.context_mark.line + 1
        return YamlInvalid(
            name,
            number,
            lines[number - 1],
            "a quotation mark is not closed",
            "Close it.",
        )
    why, fix = _meant(lines, number, line, problem)
    return YamlInvalid(name, number, line, why, fix)


def _shown(lines: list[str], number: int, problem: str) -> int:
    """Return the line that is at fault.

    If a key lacks its colon, YAML only notices on a later line.
    """
    if problem == "could not find expected ':'" and number > 1:
        number -= 1
    while 1 < number <= len(lines) + 1 and (number > len(lines) or not lines[number - 1].strip()):
        number -= 1
    return number


def _meant(lines: list[str], number: int, line: str, problem: str) -> tuple[str, str]:
    """Return what is wrong, as a clause, and how to fix it."""
    before = next((one for one in reversed(lines[: number - 1]) if one.strip()), "")
    if "\t" in line[: len(line) - len(line.lstrip())] or ("'\\t'" in problem and "\t" in line):
        return "it is indented with a tab, which YAML does not allow", "Indent it with spaces."
    if "{{" in line or "{%" in line:
        return (
            "it contains a Jinja template, which conda supports only in recipes",
            "Replace it with its value.",
        )
    if problem.startswith("mapping values are not allowed"):
        if re.fullmatch(r"\s*[\w-]+:\S+", before):
            return (
                f"the line before it has no space after its colon: {before.strip()}",
                f"Write {before.strip().replace(':', ': ', 1)}",
            )
        return (
            "it has a colon where a key is not allowed",
            "Indent it like the lines around it. If the colon is part of a string, put the string in quotes.",
        )
    if problem == "could not find expected ':'":
        return (
            "it is neither a list entry nor a key with a colon",
            "Write `- name` for an entry, or `key: value`.",
        )
    if (
        "found undefined alias" in problem
        or "cannot start any token" in problem
        or "expected alphabetic or numeric character" in problem
    ):
        return "it starts with a character that YAML reserves", "Put it in quotes."
    if problem.startswith(("expected ',' or ']'", "expected ',' or '}'")):
        return f"a `{problem[17]}` or a comma is missing", "Close it."
    if problem.startswith("expected <block end>"):
        return "its indentation differs from the entries before it", "Indent it like them."
    return f"YAML says: {problem}", ""
