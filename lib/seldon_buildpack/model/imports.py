"""The modules of the source that an import of the model runs, or may run."""

import ast
from collections.abc import Iterator

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.model.class_resolver import absolute
from seldon_buildpack.model.source_tree import Module, Sources

_MOST_MODULES = 300


def imported_modules(
    sources: Sources, model: Module, elsewhere: frozenset[str] = frozenset()
) -> Iterator[tuple[Module, tuple[str, ...]]]:
    """Yield the model's module and each that it imports, with the names that each imports.

    Modules below the top-level names in ``elsewhere`` are not in the source.
    """
    seen, waiting = {model.name}, [model]
    while waiting and len(seen) < _MOST_MODULES:
        module = waiting.pop(0)
        names = tuple(_imported(sources, module))
        yield module, names
        for name in names:
            if name.partition(".")[0] in elsewhere or name in seen:
                continue
            if following := sources.locate(name):
                seen.add(name)
                waiting.append(following)


def _imported(sources: Sources, module: Module) -> Iterator[str]:
    """Yield the full names of the modules that a module imports or may import.

    ``from a import b`` imports a, and also a.b if that is a module.
    """
    try:
        tree = sources.tree(module)
    except BuildError:
        return
    yield from (parent.name for parent in sources.parents(module))
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            source = absolute(module, node)
            yield source
            yield from (f"{source}.{alias.name}" for alias in node.names)
