"""Check for modules of the source that an installed package hides.

The wrapper makes the working directory the last entry of ``sys.path``, as with s2i. The buildpack
keeps this order: a package's own imports must find the modules that they mean, whatever files a
source has.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

from seldon_buildpack.messages import warnings
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.model import ModelModuleInstalled
from seldon_buildpack.messages.warnings import Advice
from seldon_buildpack.model.class_resolver import absolute
from seldon_buildpack.model.find import Model
from seldon_buildpack.model.source_tree import Module, Sources, entries

_MOST_MODULES = 300


def check(model: Model, installed: Mapping[str, str]) -> tuple[Advice, ...]:
    """Return advice for each hidden module that the model would import.

    ``installed`` maps top-level modules to their packages.

    Raises:
        ModelModuleInstalled: The model's own module is hidden.
    """
    hidden = _hidden(model.sources, installed)
    module = model.sources.locate(model.module)
    if model.path is None or module is None or not hidden:
        return ()
    top = model.module.partition(".")[0]
    if top in hidden:
        raise ModelModuleInstalled(hidden[top], model.module, model.class_name, installed[top])
    importers = _importers(model.sources, module, frozenset(hidden))
    return tuple(
        warnings.module_hidden(hidden[name], name, installed[name], file.as_posix())
        for name, file in importers.items()
    )


def _hidden(sources: Sources, installed: Mapping[str, str]) -> dict[str, str]:
    """Return the source's modules that are hidden, by name.

    The value is the module's file, or its directory with a trailing slash.
    """
    there = {
        entry.name.partition(".")[0]
        for root in sources.roots
        for entry in entries(sources.app / root)
    }
    modules = {
        name: sources.locate(name)
        for name in sorted(there & installed.keys())
        if not sources.goes_first(name)
    }
    return {
        name: f"{module.folder.as_posix()}/"
        if module.package
        else (module.file or module.folder).as_posix()
        for name, module in modules.items()
        if module and sources.has_code(module)
    }


def _importers(sources: Sources, model: Module, hidden: frozenset[str]) -> dict[str, Path]:
    """Return the hidden modules that importing the model may import.

    The value is the first file that imports it.
    """
    importers: dict[str, Path] = {}
    seen, waiting = {model.name}, [model]
    while waiting and len(seen) < _MOST_MODULES:
        module = waiting.pop(0)
        for name in _imported(sources, module):
            top = name.partition(".")[0]
            if top in hidden:
                importers.setdefault(top, module.file or module.folder)
            elif name not in seen and (next_one := sources.locate(name)):
                seen.add(name)
                waiting.append(next_one)
    return importers


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
