"""Which statements of a module bind a name?"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Binding:
    """A statement at module level that binds a name.

    ``sure`` is False inside a try or an if.
    """

    node: ast.stmt
    sure: bool


def written(node: ast.AST) -> str:
    """Return a node's code on one line, or "..." if it is nested too deeply."""
    try:
        return ast.unparse(node)
    except RecursionError:
        return "..."


def bindings(tree: ast.Module, name: str) -> list[Binding]:
    """Return the statements at module level that bind a name.

    Those inside if, try, with and loops are included.
    """
    return [
        Binding(node, sure)
        for node, sure in statements(tree.body, True)
        if name in bound_names(node)
    ]


def class_names(tree: ast.Module) -> list[str]:
    """Return the names of the classes that the module defines at its top level."""
    return [node.name for node, _ in statements(tree.body, True) if isinstance(node, ast.ClassDef)]


def statements(body: list[ast.stmt], sure: bool) -> Iterator[tuple[ast.stmt, bool]]:
    """Yield the statements of a body, and whether each one certainly runs.

    Those inside if, try, with and loops are included, those inside classes and functions are not.
    """
    for node in body:
        yield node, sure
        if isinstance(node, ast.If) and never_imported(node.test):
            yield from statements(node.orelse, False)
        elif isinstance(node, (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.TryStar)):
            for field in ("body", "orelse", "finalbody"):
                yield from statements(getattr(node, field, []), sure and isinstance(node, ast.With))
            for handler in getattr(node, "handlers", []):
                yield from statements(handler.body, False)
        elif isinstance(node, ast.Match):
            for case in node.cases:
                yield from statements(case.body, False)


def never_imported(test: ast.expr) -> bool:
    """Return whether a test is ``__name__ == "__main__"`` or ``TYPE_CHECKING``."""
    text = written(test)
    return text in ("TYPE_CHECKING", "typing.TYPE_CHECKING") or (
        text.startswith("__name__ ==") and "__main__" in text
    )


def bound_names(node: ast.stmt) -> set[str]:
    """Return the names that a statement itself binds."""
    if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        return {node.name}
    if isinstance(node, ast.ImportFrom):
        return {alias.asname or alias.name for alias in node.names}
    if isinstance(node, ast.Import):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.For)):
        targets = [node.target]
    elif isinstance(node, ast.With):
        targets = [item.optional_vars for item in node.items if item.optional_vars]
    return {
        part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)
    }
