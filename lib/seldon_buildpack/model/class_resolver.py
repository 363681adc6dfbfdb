"""Static analysis of a class in the source.

It finds the class's methods, those of its bases in the source, and what is uncertain because only
running the code could tell.
"""

import ast
import builtins
from dataclasses import dataclass

from seldon_buildpack.model.class_attributes import attributes, doubt_about_class, doubt_about_name
from seldon_buildpack.model.source_tree import Module, Sources
from seldon_buildpack.model.statements import Binding, bindings, written

# Bases outside the source that add no method of the wrapper. SeldonComponent defines all of them,
# but only to report that they are not implemented.
_EMPTY_BASES = {"abc.ABC", "typing.Generic", "typing.Protocol", "typing_extensions.Protocol"}
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
        if tree and (doubt := doubt_about_name(tree, name)):
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
        parts = [Definition(module, attributes(tree, node), doubt_about_class(tree, node))]
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
