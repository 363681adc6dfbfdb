"""Check of what the model imports, without running it.

Modules are followed through the source, as an import of the model would load them. A statement
that certainly runs and whose module nothing provides would end the model at its start.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.model import ModelImportMissing, ModuleNeeded
from seldon_buildpack.model.class_resolver import absolute
from seldon_buildpack.model.find import Model
from seldon_buildpack.model.source_tree import Module, Sources
from seldon_buildpack.model.standard_library import is_standard, removed_in
from seldon_buildpack.model.statements import never_imported, written

_MOST_MODULES = 300
# Names by which code adds modules, or places to look for them.
_ADDS_MODULES = frozenset(
    ("sys.path", "sys.modules", "sys.meta_path", "sys.path_hooks", "addsitedir", "__path__")
)
_ADDING = re.compile(rb"sys|__path__|__getattr__|addsitedir|subprocess|popen")
_RUNS_PROGRAMS = ("subprocess.", "os.system", "os.popen")


@dataclass(frozen=True)
class ImportPlace:
    """A module, and the first statement that imports it."""

    name: str
    file: str
    line: int


@dataclass(frozen=True)
class MissingImports:
    """What the model imports and the image lacks.

    The statements of ``certain`` run at each start of the model; those of ``possible`` may.
    """

    certain: tuple[ImportPlace, ...] = ()
    possible: tuple[ImportPlace, ...] = ()
    # Modules of installed packages, or attributes of them, that each start imports.
    installed: tuple[ImportPlace, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Import:
    name: str
    line: int
    # Whether it runs whenever the module is imported.
    sure: bool
    # Whether the name may be an attribute instead of a module, as `b` in `from a import b`.
    attribute: bool = False


@dataclass(kw_only=True)
class _Walk:
    """The state of a walk through the imports of the source."""

    sources: Sources
    # The modules that installed packages provide.
    installed: frozenset[str]
    # Whether an import that fails may be meant to.
    doubt: bool
    # The files that were walked through.
    seen: set[str] = field(default_factory=set)
    certain: dict[str, ImportPlace] = field(default_factory=dict)
    possible: dict[str, ImportPlace] = field(default_factory=dict)
    provided: dict[str, ImportPlace] = field(default_factory=dict)
    broken: BuildError | None = None


def find_missing_imports(
    model: Model, installed: frozenset[str], *, complete: bool = True
) -> MissingImports:
    """Return the modules that the model imports and nothing provides.

    ``installed`` are the top-level names that the packages in the image make importable. Unless
    it is ``complete``, no missing module is certain.

    Raises:
        BuildError: A module that the model certainly imports cannot be parsed.
    """
    start = model.sources.locate(model.module)
    if model.path is None or start is None:
        return MissingImports()
    walk = _Walk(sources=model.sources, installed=installed, doubt=not complete)
    _follow(walk, start)
    if walk.doubt:
        return MissingImports(possible=tuple({**walk.possible, **walk.certain}.values()))
    if walk.broken:
        raise walk.broken
    certain = tuple(walk.certain.values())
    return MissingImports(
        certain,
        tuple(missing for name, missing in walk.possible.items() if name not in walk.certain),
        tuple(walk.provided.values()),
    )


def explain_missing(
    missing: Iterable[ImportPlace], model: Model, manifest: str
) -> ModelImportMissing:
    """Return the error for modules that the model certainly imports and nothing provides."""
    names = json.loads((Path(__file__).parent / "package_names.json").read_text())
    files = {module.name.casefold(): module.file for module in model.sources.top() if module.file}
    return ModelImportMissing(
        [
            ModuleNeeded(
                name=place.name,
                file=place.file,
                line=place.line,
                package=names.get(place.name, ""),
                removed=removed_in(place.name, model.sources.python),
                near=near.as_posix() if (near := files.get(place.name.casefold())) else "",
            )
            for place in missing
        ],
        manifest,
    )


def _follow(walk: _Walk, start: Module) -> None:
    """Visit the modules that importing ``start`` certainly imports."""
    waiting = [*walk.sources.parents(start), start]
    walk.seen.update(module.name for module in waiting)
    while waiting and len(walk.seen) < _MOST_MODULES:
        module = waiting.pop(0)
        for statement in _imports_of(walk, module):
            waiting += _resolve(walk, module, statement)


def _resolve(walk: _Walk, importer: Module, statement: _Import) -> Iterator[Module]:
    """Yield the modules of the source that a statement imports for the first time."""
    if _is_provided(walk, statement.name):
        if statement.sure:
            file = (importer.file or importer.folder).as_posix()
            place = ImportPlace(statement.name, file, statement.line)
            walk.provided.setdefault(statement.name, place)
        return
    parts = statement.name.split(".")
    for end in range(1, len(parts) + 1):
        name = ".".join(parts[:end])
        module = walk.sources.locate(name)
        if module is None:
            if not (statement.attribute and end == len(parts)):
                _note(walk, importer, name, statement)
            return
        if statement.sure and name not in walk.seen:
            walk.seen.add(name)
            yield module


def _is_provided(walk: _Walk, name: str) -> bool:
    """Return whether the top-level module comes from the image and not from the source."""
    top = name.partition(".")[0]
    if walk.sources.goes_first(top):
        return False
    return is_standard(top, walk.sources.python) or top in walk.installed


def _note(walk: _Walk, importer: Module, name: str, statement: _Import) -> None:
    parent = walk.sources.locate(name.rpartition(".")[0]) if "." in name else None
    # A directory without __init__.py may have parts elsewhere, and C code holds what it likes.
    if "." in name and not (parent and parent.package and parent.readable):
        return
    file = (importer.file or importer.folder).as_posix()
    missing = ImportPlace(name, file, statement.line)
    (walk.certain if statement.sure else walk.possible).setdefault(name, missing)


def _imports_of(walk: _Walk, module: Module) -> list[_Import]:
    try:
        tree = walk.sources.outline(module)
    except BuildError as error:
        walk.broken = walk.broken or error
        return []
    if tree is None:
        # Compiled code, or code that our parser cannot read.
        walk.doubt = walk.doubt or module.file is not None
        return []
    if not walk.doubt and _may_add_modules(walk.sources, module) and _adds_modules(tree):
        walk.doubt = True
    return list(_imports(tree.body, module, True))


def _may_add_modules(sources: Sources, module: Module) -> bool:
    """Return whether the text has a word that ``_adds_modules`` looks for; most files have none."""
    try:
        data = user_files.read(sources.app, sources.app / (module.file or ""))
    except OSError:
        return True
    return _ADDING.search(data) is not None


def _adds_modules(tree: ast.Module) -> bool:
    """Return whether the module may change what can be imported."""
    names, pip = set[str](), False
    # The nodes of an unchecked tree may be nested deeply: this walk does not recurse.
    waiting: list[ast.AST] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Attribute):
            names.add(node.attr)
            if isinstance(node.value, ast.Name):
                names.add(f"{node.value.id}.{node.attr}")
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Constant):
            pip = pip or (isinstance(node.value, str) and "pip" in node.value)
        elif isinstance(node, ast.ImportFrom) and node.module == "sys":
            names.update(f"sys.{alias.name}" for alias in node.names)
        waiting += ast.iter_child_nodes(node)
    runs = any(name.startswith(_RUNS_PROGRAMS) for name in names)
    # PEP 562: a package may make its submodules on demand.
    on_demand = any(
        isinstance(node, ast.FunctionDef) and node.name == "__getattr__" for node in tree.body
    )
    return on_demand or not names.isdisjoint(_ADDS_MODULES) or (runs and pip)


def _imports(body: list[ast.stmt], module: Module, sure: bool) -> Iterator[_Import]:
    """Yield the imports of a block, except those whose failure the code handles."""
    for node in body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from _names(node, module, sure)
        elif isinstance(node, ast.If):
            if not never_imported(node.test):
                yield from _imports(node.body, module, False)
            yield from _imports(node.orelse, module, False)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            if not any("suppress" in written(item.context_expr) for item in node.items):
                yield from _imports(node.body, module, sure)
        elif isinstance(node, ast.ClassDef):
            yield from _imports(node.body, module, sure)
        elif isinstance(
            node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.For, ast.AsyncFor, ast.While)
        ):
            yield from _imports(node.body, module, False)


def _names(node: ast.Import | ast.ImportFrom, module: Module, sure: bool) -> Iterator[_Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield _Import(name=alias.name, line=node.lineno, sure=sure)
    elif source := absolute(module, node):
        yield _Import(name=source, line=node.lineno, sure=sure)
        for alias in node.names:
            name = f"{source}.{alias.name}"
            yield _Import(name=name, line=node.lineno, sure=sure, attribute=True)
