"""Every regular expression of the buildpack ends in linear time, whatever it is matched with."""

import ast
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pytest

LIB = Path(__file__).parents[2] / "lib/seldon_buildpack"
_FUNCTIONS = (
    "compile",
    "match",
    "fullmatch",
    "search",
    "findall",
    "finditer",
    "sub",
    "subn",
    "split",
)
_AT_START = {"match", "fullmatch"}
# A linear search of this many letters takes microseconds. What takes longer is tried with more.
_FEW, _MANY = 1_000, 20_000
_SUSPICIOUS, _MOST_SECONDS = 0.005, 1.0
# What is shorter: words in the output of tools, names of files and variables, and specs whose
# spaces were joined.
_LONGEST = {
    "diagnosis/": 2_000,
    "package_sources/wheel_folders.py": 2_000,
    "manifests/inputs.py": 255,
    "manifests/conda/match_spec.py": 1_000,
    "settings/settings.py": 255,
}

# What a quantifier of some expression repeats, with what makes the rest fail.
_REPEATED = (
    *(
        " ",
        "\n",
        " \n",
        "a",
        "1",
        ".",
        "a.",
        "-",
        "=",
        ", ",
        ";",
        "/",
        "\\",
        "//",
        "://:",
        "://a:",
        "a@",
    ),
    *("'", '"', " #", "?", "&", "[", "]", "(", "<", "{", "^$,", "*", "%", "_", "-r", "/t/"),
    *("-e git+", "class A(", "def ", "a = ", "a b ", "\r"),
)
_STARTS = ("", "a", "x = ", "https://", "class A(")
_ENDS = ("", "!", "@")


def _expressions() -> Iterator[tuple[str, str | bytes, int, str]]:
    """Yield the place, text, flags and method of each expression, as far as it is a constant."""
    for path in sorted(LIB.rglob("*.py")):
        code = path.read_text()
        tree = ast.parse(code)
        assigned = [
            (target.id, node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        ]
        names = {id(value): name for name, value in assigned}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if not isinstance(node.func.value, ast.Name) or node.func.value.id != "re":
                continue
            text = _text(node.args[0], dict(assigned)) if node.func.attr in _FUNCTIONS else None
            if text is not None:
                methods = {node.func.attr}
                if node.func.attr == "compile" and (name := names.get(id(node))):
                    methods = set(re.findall(rf"\b{name}\.(\w+)", code)) or {"search"}
                method = "search" if methods - _AT_START else max(methods)
                yield f"{path.relative_to(LIB)}:{node.lineno}", text, _flags(node), method


def _text(node: ast.expr, known: dict[str, ast.expr], depth: int = 0) -> str | bytes | None:
    """Return a constant expression, with a word for each value that is not known here."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        return node.value
    if isinstance(node, ast.Name) and node.id in known and depth < 9:
        return _text(known[node.id], known, depth + 1)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _text(node.left, known, depth), _text(node.right, known, depth)
        if isinstance(left, str) and isinstance(right, str):
            return left + right
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        inner = _text(node.func.value, known, depth)
        return inner.encode() if node.func.attr == "encode" and isinstance(inner, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value)
            if isinstance(part, ast.Constant)
            else str(_text(part.value, known, depth + 1) or "word")
            for part in node.values
            if isinstance(part, ast.Constant | ast.FormattedValue)
        )
    return None


def _flags(call: ast.Call) -> int:
    names = {
        node.attr
        for arg in (*call.args[1:], *call.keywords)
        for node in ast.walk(arg)
        if isinstance(node, ast.Attribute)
    }
    return sum(
        getattr(re, name)
        for name in sorted(names & {"MULTILINE", "IGNORECASE", "DOTALL", "VERBOSE", "ASCII"})
    )


class _Slow(Exception):
    """The time is up."""


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise _Slow


def _seconds(match: Callable[[str | bytes], object], subject: str | bytes) -> float:
    """Return how long a match takes, or infinity if it takes too long."""
    began = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, _MOST_SECONDS)
    try:
        match(subject)
    except _Slow:
        return float("inf")
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return time.process_time() - began


def _subjects(length: int) -> Iterator[str]:
    for start in _STARTS:
        for repeated in _REPEATED:
            for end in _ENDS:
                yield start + repeated * (length // len(repeated)) + end


def test_expressions_are_found() -> None:
    assert len(list(_expressions())) > 150


@pytest.mark.parametrize(
    ("place", "text", "flags", "method"),
    [pytest.param(*expression, id=expression[0]) for expression in _expressions()],
)
def test_an_expression_ends_in_linear_time(
    place: str, text: str | bytes, flags: int, method: str
) -> None:
    match = getattr(re.compile(text, flags), method)
    signal.signal(signal.SIGVTALRM, _stop)
    many = next((most for file, most in _LONGEST.items() if place.startswith(file)), _MANY)
    for few, more in zip(_subjects(min(_FEW, many)), _subjects(many), strict=True):
        short, long = (few.encode(), more.encode()) if isinstance(text, bytes) else (few, more)
        if _seconds(match, short) > _SUSPICIOUS:
            assert _seconds(match, long) < _MOST_SECONDS, (few[:20], few[-3:])
