"""Static analysis of a class in the source.

It finds the class's methods, those of its bases in the source, and what is uncertain because only
running the code could tell.
"""

import ast
import builtins
from collections.abc import Iterator
from dataclasses import dataclass

from seldon_buildpack.model.source_tree import Module, Sources

# Bases outside the source that add no method of the wrapper. SeldonComponent defines all of them,
# but only to report that they are not implemented.
_EMPTY_BASES = {"abc.ABC", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol"}
_PLAIN_METACLASSES = {"ABCMeta", "abc.ABCMeta"}
_MAKES_NAMES = {"setattr", "exec", "globals"}
_MAKES_ATTRIBUTES = {"__getattr__", "__getattribute__", "__new__"}
_DEEPEST = 12

Seen = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Definition:
    """A class, or whatever else defines the name.

    ``doubt`` says why the class may have more methods than ``names``, or is empty if it cannot.
    """

    module: Module | None
    names: frozenset[str] = frozenset()
    doubt: str = ""


@dataclass(frozen=True)
class NotFound:
    """A name that is certainly not a class of the module.

    ``submodule`` is set if the name is a module of that package instead.
    """

    module: Module
    name: str
    submodule: Module | None = None


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
        Binding(node, sure) for node, sure in _statements(tree.body, True) if name in _bound(node)
    ]


def class_names(tree: ast.Module) -> list[str]:
    """Return the names of the classes that the module defines at its top level."""
    return [node.name for node, _ in _statements(tree.body, True) if isinstance(node, ast.ClassDef)]


def _statements(body: list[ast.stmt], sure: bool) -> Iterator[tuple[ast.stmt, bool]]:
    for node in body:
        yield node, sure
        if isinstance(node, ast.If) and never_imported(node.test):
            yield from _statements(node.orelse, False)
        elif isinstance(node, (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.TryStar)):
            for field in ("body", "orelse", "finalbody"):
                yield from _statements(
                    getattr(node, field, []), sure and isinstance(node, ast.With)
                )
            for handler in getattr(node, "handlers", []):
                yield from _statements(handler.body, False)
        elif isinstance(node, ast.Match):
            for case in node.cases:
                yield from _statements(case.body, False)


def never_imported(test: ast.expr) -> bool:
    """Return whether a test is ``__name__ == "__main__"`` or ``TYPE_CHECKING``."""
    text = written(test)
    return text in ("TYPE_CHECKING", "typing.TYPE_CHECKING") or (
        text.startswith("__name__ ==") and "__main__" in text
    )


def _bound(node: ast.stmt) -> set[str]:
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


@dataclass(frozen=True)
class Resolver:
    """Follows a name through the modules of the source."""

    sources: Sources

    def resolve(self, module: Module, name: str, seen: Seen = frozenset()) -> Definition | NotFound:
        """Resolve ``getattr(module, name)`` without running the module.

        Raises:
            BuildError: A file on the way cannot be parsed, as in ``source_tree.parse``.
        """
        if (module.name, name) in seen or len(seen) > _DEEPEST:
            return Definition(None, doubt=f"{name} is a circular import")
        seen |= {(module.name, name)}
        tree = self.sources.tree(module)
        if tree is None and module.file is not None:
            return Definition(
                module, doubt=f"{module.file.as_posix()} cannot be read without running it"
            )
        candidates = (
            [self._meaning(module, tree, binding, name, seen) for binding in bindings(tree, name)]
            if tree
            else []
        )
        if known := [part for part in candidates if isinstance(part, Definition)]:
            return _either(known)
        if candidates:
            return candidates[-1]
        if tree and (doubt := _may_appear(tree, name)):
            return Definition(module, doubt=doubt)
        submodule = self.sources.locate(f"{module.name}.{name}") if module.package else None
        return NotFound(module, name, submodule if submodule and submodule.file else None)

    def _meaning(
        self, module: Module, tree: ast.Module, binding: Binding, name: str, seen: Seen
    ) -> Definition | NotFound:
        node = binding.node
        if isinstance(node, ast.ClassDef):
            return self._class(module, tree, node, seen)
        if isinstance(node, ast.ImportFrom):
            alias = next(alias for alias in node.names if name == (alias.asname or alias.name))
            meaning = self._imported(absolute(module, node), alias.name, seen)
            return (
                meaning
                if binding.sure or isinstance(meaning, Definition)
                else Definition(module, doubt=f"{name} may be imported from elsewhere")
            )
        if isinstance(node, ast.Assign) and isinstance(node.value, (ast.Name, ast.Attribute)):
            return self._expression(module, node.value, seen)
        return Definition(module, doubt=f"{name} is created when {module.name} runs")

    def _imported(self, source: str, name: str, seen: Seen) -> Definition | NotFound:
        if f"{source}.{name}" in _EMPTY_BASES or (
            source.partition(".")[0] == "seldon_core" and name == "SeldonComponent"
        ):
            return Definition(None)
        target = self.sources.locate(source)
        if target is None:
            return Definition(None, doubt=f"{name} comes from {source}, which is not in the source")
        if target.file is None and not self.sources.locate(f"{source}.{name}"):
            return Definition(None, doubt=f"{name} comes from {source}, which is not in the source")
        # `from . import name` in a package's own __init__.py binds the submodule.
        if (
            (source, name) in seen
            and (submodule := self.sources.locate(f"{source}.{name}"))
            and submodule.file
        ):
            return NotFound(target, name, submodule)
        return self.resolve(target, name, seen)

    def _expression(self, module: Module, node: ast.expr, seen: Seen) -> Definition | NotFound:
        """Resolve an expression for a class.

        It is a name or a dotted name, perhaps with type arguments.
        """
        text = written(node)
        if isinstance(node, ast.Subscript):
            return self._expression(module, node.value, seen)
        tree = self.sources.tree(module)
        if isinstance(node, ast.Name) and tree:
            if not bindings(tree, node.id) and hasattr(builtins, node.id):
                return Definition(None)
            return self.resolve(module, node.id, seen)
        if (
            isinstance(node, ast.Attribute)
            and tree
            and (source := self._module_of(module, tree, node.value))
        ):
            return self._imported(source, node.attr, seen)
        return Definition(None, doubt=f"{text} cannot be read without running it")

    def _module_of(self, module: Module, tree: ast.Module, node: ast.expr) -> str | None:
        """Return the dotted name of the module that an expression means.

        The expression is, for example, ``package.module``.
        """
        first, *rest = written(node).split(".")
        for binding in bindings(tree, first):
            if isinstance(binding.node, ast.Import):
                alias = next(
                    alias
                    for alias in binding.node.names
                    if first == (alias.asname or alias.name.partition(".")[0])
                )
                return ".".join([alias.name if alias.asname else first, *rest])
            if isinstance(binding.node, ast.ImportFrom):
                alias = next(
                    alias for alias in binding.node.names if first == (alias.asname or alias.name)
                )
                return ".".join([absolute(module, binding.node), alias.name, *rest])
        return None

    def _class(
        self, module: Module, tree: ast.Module, node: ast.ClassDef, seen: Seen
    ) -> Definition:
        parts = [Definition(module, _names(tree, node), _own_doubt(tree, node))]
        for base in node.bases:
            definition = self._expression(module, base, seen)
            unknown = Definition(None, doubt=f"its base {written(base)} was not found")
            parts.append(definition if isinstance(definition, Definition) else unknown)
        names = frozenset[str]().union(*(part.names for part in parts))
        return Definition(module, names, next((part.doubt for part in parts if part.doubt), ""))


def _either(definitions: list[Definition]) -> Definition:
    """Merge the alternatives that a module chooses from when it runs."""
    names = frozenset[str]().union(*(part.names for part in definitions))
    module = next((part.module for part in reversed(definitions) if part.module), None)
    return Definition(module, names, next((part.doubt for part in definitions if part.doubt), ""))


def absolute(module: Module, node: ast.ImportFrom) -> str:
    """Return the full name of the module in ``from ... import``."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".") if module.package else module.name.split(".")[:-1]
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def _may_appear(tree: ast.Module, name: str) -> str:
    """Return why a name that no statement binds may exist at runtime, or "" if it cannot."""
    for node, _ in _statements(tree.body, True):
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


def _names(tree: ast.Module, node: ast.ClassDef) -> frozenset[str]:
    """Return the attributes of a class.

    These are the names that its body binds, the attributes that its methods set, and those that the
    module sets on the class.
    """
    body = frozenset[str]().union(
        *(_bound(statement) for statement, _ in _statements(node.body, True))
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


def _own_doubt(tree: ast.Module, node: ast.ClassDef) -> str:
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
        & {name for statement, _ in _statements(node.body, True) for name in _bound(statement)}
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
