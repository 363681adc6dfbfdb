"""The search for the class to serve, and checks of it, without running any of its code.

The wrapper reads MODEL_NAME in seldon_core 1.17.1, microservice.py, ``main``: ``rsplit('.', 1)``
gives module and class, and a name without a dot is both. seldon_methods.py has the methods that it
calls. What only running the code could tell is not an error: ``Model.doubt`` describes it.
"""

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.messages.errors.model import (
    ModelClassIsModule,
    ModelClassNotFound,
    ModelMethodMissing,
    ModelModuleIsStandard,
    ModelModuleNotFound,
    ModelModuleShadowed,
    ModelNameMissing,
)
from seldon_buildpack.messages.warnings import model as model_warnings
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.model import suggestions
from seldon_buildpack.model.class_resolver import Definition, NotFound, Resolver
from seldon_buildpack.model.methods import (
    NEEDS,
    calls,
    infer_service_type,
    of_wrapper,
    select_called,
)
from seldon_buildpack.model.source_tree import OURS, Module, Sources, Version

_DEFAULT = "the wrapper's default"
# s2i put the source here. In our run image, this is a link to it.
OF_S2I = Path("/microservice")

# With these files, modules other than those at the top of the source may be installed.
_INSTALLS_ITSELF = ("setup.py", "setup.cfg")
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
    sources: Sources = field(default=Sources(Path()), repr=False, compare=False)


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
    ahead = _of_python_path(app, python_path)
    sources = Sources(app, _roots(app, ahead), python, ahead)
    if model_name:
        name, source = model_name, origins[0]
    else:
        name, source = _only_candidate(sources)
    before, _, class_name = name.rpartition(".")
    module_name = before or class_name
    module = sources.locate(module_name)
    if module is None or (module.file is None and _from_package(sources, name, module)):
        found = _outside(sources, name, module_name, class_name)
        kind = (service_type, origins[1]) if service_type else ("MODEL", _DEFAULT)
        return Model(
            name=name,
            module=module_name,
            class_name=class_name,
            path=None,
            service_type=kind[0],
            methods=(),
            name_source=source,
            service_type_source=kind[1],
            doubt=f"{module_name} is not in the source",
            advice=found,
            sources=sources,
        )
    definition = _definition(sources, name, module, class_name)
    methods = of_wrapper(definition.names)
    shown = (definition.module or module).file or module.file
    doubt = definition.doubt
    advice: tuple[Advice, ...] = ()
    if service_type and not doubt and not any(method in calls(service_type) for method in methods):
        if not select_called(methods):
            raise _method_missing(class_name, shown, service_type, definition)
        advice = (_advise_on_type(class_name, service_type, origins[1], methods),)
    guess, why = (
        (service_type, origins[1])
        if service_type
        else _service_type(class_name, shown, definition, methods)
    )
    return Model(
        name=name,
        module=module_name,
        class_name=class_name,
        path=module.file,
        service_type=guess,
        methods=methods,
        name_source=source,
        service_type_source=why,
        doubt=doubt,
        advice=advice,
        sources=sources,
    )


def _advise_on_type(
    class_name: str, service_type: str, origin: str, methods: Sequence[str]
) -> Advice:
    return model_warnings.method_of_another_type(
        class_name,
        (service_type, origin),
        NEEDS[service_type],
        select_called(methods),
        _inferred_type(methods),
    )


def _of_python_path(app: Path, python_path: str) -> tuple[Path, ...]:
    """Return the entries of PYTHONPATH that are in the source, relative to it."""
    paths = [Path(entry) for entry in python_path.split(":") if entry]
    inside = [
        next(
            (path.relative_to(place) for place in (app, OF_S2I) if path.is_relative_to(place)),
            path,
        )
        for path in paths
    ]
    return tuple(
        dict.fromkeys(path for path in inside if not path.is_absolute() and ".." not in path.parts)
    )


def _roots(app: Path, ahead: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return the directories where imports start, relative to the source.

    These are the entries of PYTHONPATH, the source itself, and ``src`` if the source is an
    installable project.
    """
    installed = (Path("src"),) if _installs_itself(app) and user_files.is_dir(app / "src") else ()
    return tuple(dict.fromkeys((*ahead, Path(), *installed)))


def _installs_itself(app: Path) -> bool:
    if any(user_files.is_file(app / name) for name in _INSTALLS_ITSELF):
        return True
    try:
        pyproject = user_files.read(app, app / "pyproject.toml")
    except OSError:
        return False
    return bool(re.search(rb"^[ \t]*\[(build-system|project)\]", pyproject, re.MULTILINE))


def _has_manifest(app: Path) -> bool:
    return _installs_itself(app) or any(user_files.is_file(app / name) for name in _MANIFESTS)


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
    may_be_installed = _installs_itself(sources.app) or (_has_manifest(sources.app) and not meant)
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


def _method_missing(
    class_name: str, file: Path | None, service_type: str, definition: Definition
) -> ModelMethodMissing:
    has = sorted(name for name in definition.names if not name.startswith("_"))
    methods = of_wrapper(definition.names)
    fitting = _inferred_type(methods)
    path = file.as_posix() if file else "the source"
    return ModelMethodMissing(class_name, path, service_type, NEEDS[service_type], has, fitting)


def _inferred_type(methods: Sequence[str]) -> str | None:
    inferred = infer_service_type(methods)
    return inferred[0] if inferred else None


def _service_type(
    class_name: str, file: Path | None, definition: Definition, methods: Sequence[str]
) -> tuple[str, str]:
    """Infer the service type from the methods, and return it with the reason.

    If the methods are not fully known and none decides, it is the wrapper's own default.
    """
    if inferred := infer_service_type(methods):
        return inferred[0], f"{class_name} has {_and(inferred[1])}"
    if definition.doubt:
        return "MODEL", _DEFAULT
    if present := list(select_called(methods)):
        return "MODEL", f"{class_name} has {_and(present)}, which no type needs"
    raise _method_missing(class_name, file, "MODEL", definition)


def _and(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
