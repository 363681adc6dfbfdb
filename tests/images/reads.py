"""The environment variables that a Python package reads, from its source."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

_CALLS = ("os.environ.get", "os.environ.pop", "os.getenv", "getenv", "getenv_as_bool")


def variables(package: Path) -> dict[str, object]:
    """Each name with the default that stands beside it as a literal, or None. A part of a name that only the running code knows is ``*``."""
    trees = [ast.parse(path.read_text()) for path in sorted(package.rglob("*.py"))]
    assert trees, package
    assigned = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    # Names in capitals are constants, which other modules import too.
    constants = {
        name: node.value.value
        for node in assigned
        if isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str | int)
        and (name := ast.unparse(node.targets[0])).isupper()
    }
    found: dict[str, object] = {}
    for name, default in (
        read for tree in trees for node in ast.walk(tree) for read in _reads(node)
    ):
        text, value = _value(name, constants), default and _value(default, constants)
        if isinstance(text, str):
            found[text] = found.get(text) if value is None else value
    return found


def _reads(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """The name and the default, where the node reads a variable."""
    if (
        isinstance(node, ast.Subscript)
        and ast.unparse(node.value) == "os.environ"
        and isinstance(node.ctx, ast.Load)
    ):
        yield node.slice, None
    elif isinstance(node, ast.Compare) and ast.unparse(node.comparators[0]) == "os.environ":
        yield node.left, None
    elif isinstance(node, ast.Call) and node.args and ast.unparse(node.func) in _CALLS:
        defaults = [
            *node.args[1:2],
            *(word.value for word in node.keywords if word.arg == "default"),
        ]
        yield node.args[0], defaults[0] if defaults else None


def _value(node: ast.expr, constants: Mapping[str, str | int]) -> object:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(_value(part, constants) or "*") for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return _value(node.value, constants)
    return constants.get(ast.unparse(node))
