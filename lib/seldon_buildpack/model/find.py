"""Which class is served, and whether it can be: found and checked without running any of its code.

How the wrapper takes MODEL_NAME: seldon_core 1.17.1, microservice.py, ``main``: ``rsplit('.', 1)`` into module and class, and a name without a
dot is both. Which methods it calls: seldon_methods.py. What only running the code could tell is no error: ``Model.doubt`` says what it was.
"""

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.messages import warnings
from seldon_buildpack.messages.errors.model import (
    ModelClassIsModule,
    ModelClassNotFound,
    ModelMethodMissing,
    ModelModuleIsStandard,
    ModelModuleNotFound,
    ModelModuleShadowed,
    ModelNameMissing,
)
from seldon_buildpack.messages.warnings import Advice
from seldon_buildpack.model import suggestions
from seldon_buildpack.model.class_resolver import Definition, NotFound, Resolver
from seldon_buildpack.model.methods import FITS, NEEDS, calls, of_wrapper
from seldon_buildpack.model.source_tree import OURS, Module, Sources, Version

_DEFAULT = "the wrapper's default"
# Where s2i put the source; in our run image a link to it.
_OF_S2I = Path("/microservice")

# Files that let other modules be installed than those at the top of the source.
_INSTALLS_ITSELF = ("setup.py", "setup.cfg")
_MANIFESTS = ("requirements.txt", "environment.yml", "environment.yaml", "pylock.toml", "uv.lock")
# Newer than the oldest Python that is supported, or not part of the interpreters that are served with: the user's own are found.
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

    # MODEL_NAME in the form `package.module.Class`, or `Class` of the module of the same name.
    name: str
    # The dotted name of its module.
    module: str
    # The name of the class.
    class_name: str
    # Its module's file, relative to the source; None where it is not in the source.
    path: Path | None
    # SERVICE_TYPE as the wrapper takes it.
    service_type: str
    # The wrapper's methods that were found in it.
    methods: tuple[str, ...]
    # Who says the name, as the log prints it.
    name_source: str
    # Who says the service type, as the log prints it.
    service_type_source: str
    # Why something about it is not known before it runs; empty where all is known.
    doubt: str = ""
    # Advice for the user.
    advice: tuple[Advice, ...] = ()
    # Where it was looked for.
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
    """The model of the source ``app``. Names are as ``wrapper_variables`` returns them; None or empty where they are not set.

    ``python`` is the one that was chosen, ``python_path`` the PYTHONPATH that the image will have, and ``origins`` is what the log says of the
    two names where they are given.
    Raises ModelNameMissing, ModelModuleNotFound, ModelModuleShadowed, ModelModuleIsStandard, ModelClassNotFound, ModelClassIsModule,
    ModelMethodMissing, SourceSyntaxError, SourceNotDecodable, SourceEncodingUnknown and SourceUnreadable.
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
    if service_type and not doubt and not any(method in calls(service_type) for method in methods):
        raise _method_missing(class_name, shown, service_type, definition)
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
        sources=sources,
    )


def _of_python_path(app: Path, python_path: str) -> tuple[Path, ...]:
    """The entries of PYTHONPATH that are in the source, relative to it."""
    paths = [Path(entry) for entry in python_path.split(":") if entry]
    inside = [
        next(
            (path.relative_to(place) for place in (app, _OF_S2I) if path.is_relative_to(place)),
            path,
        )
        for path in paths
    ]
    return tuple(
        dict.fromkeys(path for path in inside if not path.is_absolute() and ".." not in path.parts)
    )


def _roots(app: Path, ahead: tuple[Path, ...]) -> tuple[Path, ...]:
    """Where imports start: PYTHONPATH, the source, and ``src`` of a source that installs itself. All relative to the source."""
    installed = (Path("src"),) if _installs_itself(app) and (app / "src").is_dir() else ()
    return tuple(dict.fromkeys((*ahead, Path(), *installed)))


def _installs_itself(app: Path) -> bool:
    if any((app / name).is_file() for name in _INSTALLS_ITSELF):
        return True
    try:
        pyproject = user_files.read(app, app / "pyproject.toml")
    except OSError:
        return False
    return bool(re.search(rb"^[ \t]*\[(build-system|project)\]", pyproject, re.MULTILINE))


def _has_manifest(app: Path) -> bool:
    return _installs_itself(app) or any((app / name).is_file() for name in _MANIFESTS)


def _only_candidate(sources: Sources) -> tuple[str, str]:
    """The MODEL_NAME of the one file at the top that fits, and how it was found."""
    found = suggestions.own_named(sources)
    if len(found) == 1:
        return found[
            0
        ].name, f"the one file with a class of its own name: {found[0].file.as_posix()}"
    others = suggestions.candidates(sources)
    if not others:
        suggestions.raise_first_broken(sources)
    raise ModelNameMissing([(candidate.name, candidate.what) for candidate in others])


def _from_package(sources: Sources, name: str, module: Module) -> bool:
    """Whether a directory without ``__init__.py`` is no module of the user's at all: an installed package of that name goes first."""
    return ("." not in name or sources.locate(name) is None) and not sources.has_code(module)


def _outside(sources: Sources, name: str, module_name: str, class_name: str) -> tuple[Advice, ...]:
    """A module that is not in the source: raises ModelModuleNotFound, unless an installed package may bring it."""
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
    return (warnings.module_not_in_source(name, near.file.as_posix() if near else None),)


def _definition(sources: Sources, name: str, module: Module, class_name: str) -> Definition:
    """The class in its module; the packages above it are parsed too, for an import runs them."""
    top = module.name.partition(".")[0]
    file = (module.file or module.folder).as_posix()
    if top in sys.stdlib_module_names - _NOT_ALWAYS_STANDARD and not sources.goes_first(top):
        raise ModelModuleIsStandard(file, top, class_name)
    for package in sources.parents(module):
        sources.tree(package)
    found = Resolver(sources).resolve(module, class_name)
    if isinstance(found, Definition):
        return found
    _raise_if_hidden(sources, module, class_name)
    if found.submodule and found.module == module:
        raise ModelClassIsModule(
            name,
            _shown(found.submodule),
            suggestions.in_module(sources, found.submodule, found.name),
        )
    raise _class_not_found(sources, module, class_name, found)


def _raise_if_hidden(sources: Sources, module: Module, class_name: str) -> None:
    """Raises ModelModuleShadowed where ``name/__init__.py`` goes before the ``name.py`` that has the class."""
    beside = module.folder.parent / f"{module.folder.name}.py"
    if not module.package or module.file is None or not (sources.app / beside).is_file():
        return
    hidden = Module(module.name, beside.parent, beside)
    if isinstance(Resolver(sources).resolve(hidden, class_name), Definition):
        raise ModelModuleShadowed(class_name, beside.as_posix(), f"{module.folder.as_posix()}/")


def _class_not_found(
    sources: Sources, module: Module, class_name: str, found: NotFound
) -> ModelClassNotFound:
    classes, nearest = suggestions.classes(sources, module, class_name)
    why = ""
    if found.module != module or found.name != class_name:
        kind = "is a module there, not a class" if found.submodule else "is not defined there"
        why = f"\nIt imports {found.name} from {_shown(found.module)}, and {found.name} {kind}."
    proposal = suggestions.in_module(sources, module, class_name) or suggestions.elsewhere(
        sources, module, class_name
    )
    return ModelClassNotFound(class_name, _shown(module), classes, nearest, proposal, why)


def _shown(module: Module) -> str:
    return module.file.as_posix() if module.file else f"{module.folder.as_posix()}/"


def _method_missing(
    class_name: str, file: Path | None, service_type: str, definition: Definition
) -> ModelMethodMissing:
    has = sorted(name for name in definition.names if not name.startswith("_"))
    methods = of_wrapper(definition.names)
    fitting = next(
        (kind for kind in FITS if any(method in calls(kind) for method in methods)), None
    )
    shown = file.as_posix() if file else "the source"
    return ModelMethodMissing(class_name, shown, service_type, NEEDS[service_type], has, fitting)


def _service_type(
    class_name: str, file: Path | None, definition: Definition, methods: Sequence[str]
) -> tuple[str, str]:
    """The service type by the methods, and why; the wrapper's own default where a doubt leaves them unknown."""
    for kind in FITS:
        if present := [method for method in methods if method in calls(kind)]:
            return kind, f"{class_name} has {_and(present)}"
    if definition.doubt:
        return "MODEL", _DEFAULT
    raise _method_missing(class_name, file, "MODEL", definition)


def _and(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
