"""Check for modules of the source that an installed package hides.

The wrapper makes the working directory the last entry of ``sys.path``, as with s2i. The buildpack
keeps this order: a package's own imports must find the modules that they mean, whatever files a
source has.
"""

from collections.abc import Mapping
from pathlib import Path

from seldon_buildpack.messages.errors.model import ModelModuleInstalled
from seldon_buildpack.messages.warnings import model as model_warnings
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.model.find import Model
from seldon_buildpack.model.imports import imported_modules
from seldon_buildpack.model.source_tree import Module, Sources, entries


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
        model_warnings.module_hidden(hidden[name], name, installed[name], file.as_posix())
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
    for module, names in imported_modules(sources, model, elsewhere=hidden):
        for top in (name.partition(".")[0] for name in names):
            if top in hidden:
                importers.setdefault(top, module.file or module.folder)
    return importers
