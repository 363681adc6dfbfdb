"""Which attributes does a class or a module have, and what is uncertain before it runs?"""

import ast
from collections.abc import Iterator

from seldon_buildpack.model.statements import bound_names, statements, written

_PLAIN_METACLASSES = {"ABCMeta", "abc.ABCMeta"}
_MAKES_NAMES = {"setattr", "exec", "globals"}
_MAKES_ATTRIBUTES = {"__getattr__", "__getattribute__", "__new__"}


def doubt_about_name(tree: ast.Module, name: str) -> str:
    """Return why a name that no statement binds may exist at runtime, or "" if it cannot."""
    for node, _ in statements(tree.body, True):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            return f"`from {'.' * node.level}{node.module or ''} import *` may define it"
        if isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
            return "a function __getattr__ may define it"
    if maker := next(_makers(tree, {"self", "cls"}), ""):
        return f"a call of {maker} may define it"
    for part in ast.walk(tree):
        if isinstance(part, ast.Attribute) and written(part) == "sys.modules":
            return "a change of sys.modules may define it"
        if (isinstance(part, ast.NamedExpr) and part.target.id == name) or (
            isinstance(part, ast.Global) and name in part.names
        ):
            return f"{name} is created when the module runs"
    return ""


def _makers(tree: ast.AST, harmless: set[str]) -> Iterator[str]:
    """Yield the calls that may add names to a module or a class.

    ``setattr`` on a name in ``harmless`` does not count.
    """
    for part in ast.walk(tree):
        if (
            isinstance(part, ast.Call)
            and isinstance(part.func, ast.Name)
            and part.func.id in _MAKES_NAMES
        ):
            first = part.args[0] if part.args else None
            if not (
                part.func.id == "setattr" and isinstance(first, ast.Name) and first.id in harmless
            ):
                yield part.func.id


def attributes(tree: ast.Module, node: ast.ClassDef) -> frozenset[str]:
    """Return the attributes of a class.

    These are the names that its body binds, the attributes that its methods set, and those that the
    module sets on the class.
    """
    body = frozenset[str]().union(
        *(bound_names(statement) for statement, _ in statements(node.body, True))
    )
    stored = {
        part.attr
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store)
    }
    added = {
        part.attr
        for part in ast.walk(tree)
        if isinstance(part, ast.Attribute)
        and isinstance(part.ctx, ast.Store)
        and isinstance(part.value, ast.Name)
        and part.value.id == node.name
    }
    return body | stored | added


def doubt_about_class(tree: ast.Module, node: ast.ClassDef) -> str:
    """Return why the class may have methods other than its body's and its bases', or ""."""
    if node.decorator_list:
        return f"it is decorated with {written(node.decorator_list[0])}"
    for keyword in node.keywords:
        if keyword.arg != "metaclass" or written(keyword.value) not in _PLAIN_METACLASSES:
            return f"it is created with {written(keyword)}"
    if any(isinstance(base, ast.Starred) for base in node.bases):
        return "its bases are computed"
    if made := sorted(
        _MAKES_ATTRIBUTES
        & {name for statement, _ in statements(node.body, True) for name in bound_names(statement)}
    ):
        return f"it defines {made[0]}"
    if maker := next(_makers(node, set()), "") or next(_makers(tree, {"self", "cls"}), ""):
        return f"{maker} is called"
    for part in ast.walk(node):
        if (
            isinstance(part, ast.Attribute)
            and part.attr in ("__dict__", "__class__")
            and written(part).startswith(("self.", "cls."))
        ):
            return f"it uses {written(part)}"
        if isinstance(part, ast.Name) and part.id in ("locals", "vars"):
            return f"it calls {part.id}"
    return ""
