"""A YAML file with the line that each of its values stands on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.conda_files import DuplicateKey, YamlInvalid, YamlSeveral

# A place in a file: the keys and indices that lead there.
Place = tuple[str | int, ...]

# Aliases let a few lines stand for millions of values, or for one inside itself.
_MOST_VALUES = 100_000
_DEEPEST = 20
_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7})(?: |$)", re.MULTILINE)


@dataclass(frozen=True)
class Document:
    """What a file says. A scalar is the text that stands there, whatever YAML would make of it, but for None where nothing stands.

    ``plain`` are the places of scalars that YAML takes for something else than text, with what: `int`, `float`, `bool`.
    """

    value: Any
    lines: Mapping[Place, int]
    plain: Mapping[Place, str]

    def line(self, place: Place) -> int:
        """The line of a value, or of the nearest one around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def load(name: str, text: str) -> Document:
    """Read the one document of a file. Raises YamlInvalid, YamlSeveral and DuplicateKey; a file that says nothing has the value None."""
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
            "it has more lists within lists than can be read",
            "Write it as `conda env export` does.",
        ) from error
    reader = _Reader(name, text.splitlines(), {}, {})
    return Document(reader.value(node, ()) if node else None, reader.lines, reader.plain)


@dataclass(frozen=True)
class _Reader:
    """Walks through the nodes of one document and notes their lines."""

    name: str
    written: list[str]
    lines: dict[Place, int]
    plain: dict[Place, str]

    def value(self, node: yaml.Node, place: Place) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(place, line)
        if len(self.lines) > _MOST_VALUES or len(place) > _DEEPEST:
            raise YamlInvalid(
                self.name,
                line,
                self.written[line - 1],
                "it stands for too many values, or for itself",
                "Take the alias out.",
            )
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(child, (*place, number)) for number, child in enumerate(node.value)]
        kind = node.tag.rpartition(":")[2]
        if kind in ("int", "float", "bool"):
            self.plain[place] = kind
        return None if kind == "null" else str(node.value)

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, child in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                why, fix = _meant([], line, self.written[line - 1], "a key is not a text")
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
            "it is a mark of a merge conflict",
            "Resolve the conflict that git has left.",
        )
    number = _shown(lines, number, problem)
    line = lines[number - 1] if number <= len(lines) else ""
    if "quoted scalar" in (error.context or "") and error.context_mark:
        number = error.context_mark.line + 1
        return YamlInvalid(
            name,
            number,
            lines[number - 1],
            "a quotation mark that opens there is not closed",
            "Close it.",
        )
    why, fix = _meant(lines, number, line, problem)
    return YamlInvalid(name, number, line, why, fix)


def _shown(lines: list[str], number: int, problem: str) -> int:
    """The line that is wrong: of a key without its colon, YAML notices only behind it."""
    if problem == "could not find expected ':'" and number > 1:
        number -= 1
    while 1 < number <= len(lines) + 1 and (number > len(lines) or not lines[number - 1].strip()):
        number -= 1
    return number


def _meant(lines: list[str], number: int, line: str, problem: str) -> tuple[str, str]:
    """What is wrong, as a clause, and how it is mended."""
    before = next((one for one in reversed(lines[: number - 1]) if one.strip()), "")
    if "\t" in line[: len(line) - len(line.lstrip())] or ("'\\t'" in problem and "\t" in line):
        return "it is indented with a tab, which YAML does not allow", "Indent it with spaces."
    if "{{" in line or "{%" in line:
        return (
            "it holds a template of Jinja's, which conda fills in for recipes only",
            "Write what it stands for.",
        )
    if problem.startswith("mapping values are not allowed"):
        if re.fullmatch(r"\s*[\w-]+:\S+", before):
            return (
                f"the line before it has no space behind its colon: {before.strip()}",
                f"Write {before.strip().replace(':', ': ', 1)}",
            )
        return (
            "it has a colon where no key can stand",
            "Indent it as the lines around it are; if the colon is part of a text, put the text in quotes.",
        )
    if problem == "could not find expected ':'":
        return (
            "it is neither an entry of a list nor a key with a colon",
            "Write `- name` for an entry, or `key: value`.",
        )
    if (
        "found undefined alias" in problem
        or "cannot start any token" in problem
        or "expected alphabetic or numeric character" in problem
    ):
        return "it starts with a character that YAML keeps for itself", "Put it in quotes."
    if problem.startswith(("expected ',' or ']'", "expected ',' or '}'")):
        return f"a `{problem[17]}` or a comma is missing behind what opens in it", "Close it."
    if problem.startswith("expected <block end>"):
        return "it is not indented as the entries before it are", "Indent it as they are."
    return f"YAML says: {problem}", ""
