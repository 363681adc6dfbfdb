"""The search for the class to serve, and checks of it, without running any of its code.

The wrapper reads MODEL_NAME in seldon_core 1.17.1, microservice.py, ``main``: ``rsplit('.', 1)``
gives module and class, and a name without a dot is both. seldon_methods.py has the methods that it
calls. What only running the code could tell is not an error: ``Model.doubt`` describes it.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.messages.errors.model import (
    ModelClassIsModule,
    ModelClassNotFound,
    ModelModuleIsStandard,
    ModelModuleNotFound,
    ModelModuleShadowed,
    ModelNameMissing,
)
from seldon_buildpack.messages.warnings import model as model_warnings
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.model import suggestions
from seldon_buildpack.model.class_resolver import Definition, NotFound, Resolver
from seldon_buildpack.model.import_roots import (
    entries_of_python_path,
    import_roots,
    installs_itself,
)
from seldon_buildpack.model.methods import calls, of_wrapper, select_called
from seldon_buildpack.model.parsing import OURS, Version
from seldon_buildpack.model.service_type import (
    BY_DEFAULT,
    advise_on_type,
    choose_service_type,
    method_missing,
)
from seldon_buildpack.model.source_tree import Module, Sources

_MANIFESTS = ("requirements.txt", "environment.yml", "environment.yaml", "pylock.toml", "uv.lock")
# Modules newer than the oldest supported Python, or missing from the interpreters in the image. The
# user's own modules of these names are found.
_NOT_ALWAYS_STANDARD = {
    "graphlib",
    "tomllib",
    "zoneinfo",
    "test",
    "idlelib",
    "tkinter",
    "turtle",
    "turtledemo",
    "msvcrt",
    "nt",
    "winreg",
    "winsound",
}


@dataclass(frozen=True, kw_only=True)
class Model:
    """The class that is served."""

    # MODEL_NAME in the form `package.module.Class`, or `Class` if the module has the same name.
    name: str
    # The dotted name of its module.
    module: str
    class_name: str
    # The module's file, relative to the source, or None if it is not in the source.
    path: Path | None
    # SERVICE_TYPE in the wrapper's spelling.
    service_type: str
    # The methods of the wrapper that the class has.
    methods: tuple[str, ...]
    # Where the name comes from, as printed in the log.
    name_source: str
    # Where the service type comes from, as printed in the log.
    service_type_source: str
    # Why the methods are not fully known before the code runs, or empty if they are.
    doubt: str = ""
    advice: tuple[Advice, ...] = ()
    # The source tree that was searched.
    sources: Sources = field(default=Sources(app=Path()), repr=False, compare=False)


def find(
    app: Path,
    model_name: str | None,
    service_type: str | None,
    *,
    python: Version = OURS,
    python_path: str = "",
    origins: tuple[str, str] = ("MODEL_NAME", "SERVICE_TYPE"),
) -> Model:
    """Find the model in the source ``app``.

    ``model_name`` and ``service_type`` are as ``settings.serving`` returns them, and None or empty
    if not set. ``python`` is the chosen Python version, ``python_path`` is PYTHONPATH in the image,
    and ``origins`` say in the log where the two names come from, if they are set.

    Raises:
        ModelNameMissing, ModelModuleNotFound, ModelModuleShadowed, ModelModuleIsStandard: There is
            no module to serve, or another one is imported instead.
        ModelClassNotFound, ModelClassIsModule, ModelMethodMissing: The module has no such class, or
            the wrapper cannot serve it.
        SourceSyntaxError, SourceNotDecodable, SourceEncodingUnknown, SourceUnreadable: A file
            cannot be parsed.
    """
    ahead = entries_of_python_path(app, python_path)
    sources = Sources(app=app, roots=import_roots(app, ahead), python=python, ahead=ahead)
    name, source = (model_name, origins[0]) if model_name else _only_candidate(sources)
    served = _Served(name=name, source=source, service_type=service_type, type_source=origins[1])
    module = sources.locate(served.module)
    if module is None or (module.file is None and _from_package(sources, name, module)):
        return _find_installed(sources, served)
    return _find_in_source(sources, served, module)


@dataclass(frozen=True, kw_only=True)
class _Served:
    """What the user says about the class."""

    # MODEL_NAME, or the name of the only candidate, and where it comes from.
    name: str
    source: str
    # SERVICE_TYPE, if it is set, and where it comes from.
    service_type: str | None
    type_source: str

    @property
    def module(self) -> str:
        return self.name.rpartition(".")[0] or self.class_name

    @property
    def class_name(self) -> str:
        return self.name.rpartition(".")[2]


def _find_installed(sources: Sources, served: _Served) -> Model:
    """Return a model that an installed package may provide."""
    advice = _outside(sources, served.name, served.module, served.class_name)
    return Model(
        name=served.name,
        module=served.module,
        class_name=served.class_name,
        path=None,
        service_type=served.service_type or "MODEL",
        methods=(),
        name_source=served.source,
        service_type_source=served.type_source if served.service_type else BY_DEFAULT,
        doubt=f"{served.module} is not in the source",
        advice=advice,
        sources=sources,
    )


def _find_in_source(sources: Sources, served: _Served, module: Module) -> Model:
    """Find the class and its methods in a module of the source."""
    class_name, service_type = served.class_name, served.service_type
    definition = _definition(sources, served.name, module, class_name)
    methods = of_wrapper(definition.names)
    file = (definition.module or module).file or module.file
    advice: tuple[Advice, ...] = ()
    if service_type:
        type_source = served.type_source
        if not definition.doubt and not set(methods) & calls(service_type):
            if not select_called(methods):
                raise method_missing(class_name, file, service_type, definition)
            advice = (advise_on_type(class_name, service_type, type_source, methods),)
    else:
        service_type, type_source = choose_service_type(class_name, file, definition, methods)
    return Model(
        name=served.name,
        module=served.module,
        class_name=class_name,
        path=module.file,
        service_type=service_type,
        methods=methods,
        name_source=served.source,
        service_type_source=type_source,
        doubt=definition.doubt,
        advice=advice,
        sources=sources,
    )


def _has_manifest(app: Path) -> bool:
    return installs_itself(app) or any(user_files.is_file(app / name) for name in _MANIFESTS)


def _only_candidate(sources: Sources) -> tuple[str, str]:
    """Return the MODEL_NAME of the only suitable file at the top, and how it was found."""
    named = suggestions.named_like_module(sources)
    if len(named) == 1:
        file = named[0].file.as_posix()
        return named[0].name, f"the only file with a class of the same name: {file}"
    candidates = suggestions.candidates(sources)
    if not candidates:
        suggestions.raise_first_broken(sources)
    raise ModelNameMissing([(candidate.name, candidate.description) for candidate in candidates])


def _from_package(sources: Sources, name: str, module: Module) -> bool:
    """Return whether a directory without ``__init__.py`` is not a module of the user's.

    An installed package of the same name takes precedence over such a directory.
    """
    return ("." not in name or sources.locate(name) is None) and not sources.has_code(module)


def _outside(sources: Sources, name: str, module_name: str, class_name: str) -> tuple[Advice, ...]:
    """Return advice about a module that is not in the source but may be installed.

    Raises:
        ModelModuleNotFound: No installed package can provide the module.
    """
    top = module_name.partition(".")[0]
    near = suggestions.nearest(sources, module_name, class_name)
    only_case = near is not None and near.module.casefold() == module_name.casefold()
    meant = "." not in name and near is not None and "." not in near.module
    may_be_installed = installs_itself(sources.app) or (_has_manifest(sources.app) and not meant)
    if (
        not may_be_installed
        or only_case
        or ("." in module_name and sources.has_code(sources.locate(top)))
    ):
        files = f"{module_name.replace('.', '/')}.py"
        raise ModelModuleNotFound(
            name,
            f"{files} or {files[:-3]}/__init__.py",
            (near.file.as_posix(), near.name) if near else None,
            only_case,
        )
    return (model_warnings.module_not_in_source(name, near.file.as_posix() if near else None),)


def _definition(sources: Sources, name: str, module: Module, class_name: str) -> Definition:
    """Find the class in its module.

    The parent packages are parsed too, because an import runs them.
    """
    top = module.name.partition(".")[0]
    file = (module.file or module.folder).as_posix()
    if top in sys.stdlib_module_names - _NOT_ALWAYS_STANDARD and not sources.goes_first(top):
        raise ModelModuleIsStandard(file, top, class_name)
    for package in sources.parents(module):
        sources.tree(package)
    definition = Resolver(sources).resolve(module, class_name)
    if isinstance(definition, Definition):
        return definition
    _raise_if_hidden(sources, module, class_name)
    if definition.submodule and definition.module == module:
        raise ModelClassIsModule(
            name,
            _path_of(definition.submodule),
            suggestions.in_module(sources, definition.submodule, definition.name),
        )
    raise _class_not_found(sources, module, class_name, definition)


def _raise_if_hidden(sources: Sources, module: Module, class_name: str) -> None:
    """Check that ``name/__init__.py`` does not hide a ``name.py`` that has the class.

    Raises:
        ModelModuleShadowed: It does.
    """
    beside = module.folder.parent / f"{module.folder.name}.py"
    if not module.package or module.file is None or not user_files.is_file(sources.app / beside):
        return
    hidden = Module(name=module.name, folder=beside.parent, file=beside)
    if isinstance(Resolver(sources).resolve(hidden, class_name), Definition):
        raise ModelModuleShadowed(class_name, beside.as_posix(), f"{module.folder.as_posix()}/")


def _class_not_found(
    sources: Sources, module: Module, class_name: str, missing: NotFound
) -> ModelClassNotFound:
    classes, nearest = suggestions.classes(sources, module, class_name)
    why = ""
    if missing.module != module or missing.name != class_name:
        kind = "is a module there, not a class" if missing.submodule else "is not defined there"
        why = f"\nIt imports {missing.name} from {_path_of(missing.module)}, and {missing.name} {kind}."
    proposal = suggestions.in_module(sources, module, class_name) or suggestions.elsewhere(
        sources, module, class_name
    )
    return ModelClassNotFound(class_name, _path_of(module), classes, nearest, proposal, why)


def _path_of(module: Module) -> str:
    return module.file.as_posix() if module.file else f"{module.folder.as_posix()}/"
