"""Suggestions for error messages: classes that could be served, and similar names."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.model.class_resolver import Definition, Resolver
from seldon_buildpack.model.methods import GRAPH_METHODS, of_wrapper
from seldon_buildpack.model.source_tree import Module, Sources
from seldon_buildpack.model.statements import class_names

_LARGEST = 1_000_000
_MOST = 8
_NO_MODEL = re.compile(r"test_.*|.*_test|setup|conftest|noxfile|tasks")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A class that could be served.

    ``name`` is its MODEL_NAME, ``file`` is relative to the source, and ``description`` describes it in
    a list.
    """

    name: str
    module: str
    file: Path
    description: str = ""


def named_like_module(sources: Sources) -> list[Candidate]:
    """Return the classes at the top that have their module's name and a method of the wrapper.

    Files that do not parse are skipped.
    """
    named = [
        module
        for module in sources.top()
        if _mentions(sources, module, rf"^class\s+{re.escape(module.name)}\b")
    ]
    return [
        candidate
        for module in named
        for candidate in _in(sources, module)
        if candidate.name == module.name
    ]


def candidates(sources: Sources) -> list[Candidate]:
    """Return the first few classes with a method of the wrapper.

    Modules at the top and one level below it are searched.
    """
    modules = [
        module
        for module in [*sources.top(), *sources.below()]
        if _mentions(sources, module, r"^[ \t]*class\s")
    ]
    return [candidate for module in modules for candidate in _in(sources, module)][:_MOST]


def raise_first_broken(sources: Sources) -> None:
    """Check that the files at the top that look like a model can be parsed.

    Raises:
        BuildError: The error of the first file that cannot.
    """
    methods = "|".join(GRAPH_METHODS)
    for module in sources.top():
        if not _NO_MODEL.fullmatch(module.name) and _mentions(
            sources, module, rf"^[ \t]*(async\s+)?def\s+({methods})\b"
        ):
            sources.tree(module)


def classes(sources: Sources, module: Module, wanted: str) -> tuple[list[str], str | None]:
    """Return the classes of a module, and the one whose name is most similar to ``wanted``."""
    tree = _tree(sources, module)
    names = class_names(tree) if tree else []
    return names, _nearest(wanted, names)


def nearest(sources: Sources, module_name: str, class_name: str) -> Candidate | None:
    """Return the file that may be meant by a module name that does not exist.

    It has a similar name, or else it has the class.
    """
    modules = {module.name: module for module in [*sources.top(), *sources.below()] if module.file}
    near = _nearest(module_name, list(modules))
    if near is None:
        near = next(
            (
                name
                for name, module in modules.items()
                if class_name in classes(sources, module, class_name)[0]
            ),
            None,
        )
    if near is None:
        return None
    file = modules[near].file or Path()
    model_name = in_module(sources, modules[near], class_name)
    return Candidate(
        name=model_name or (near if class_name == module_name else f"{near}.{class_name}"),
        module=near,
        file=file,
    )


def in_module(sources: Sources, module: Module, class_name: str) -> str | None:
    """Return the MODEL_NAME of the class in this module that is most likely meant.

    That is the class of this name, else the class with the most similar name if it has a method of
    the wrapper, else the only class with such a method.
    """
    names, near = classes(sources, module, class_name)
    served = [candidate.name.rpartition(".")[2] for candidate in _in(sources, module)]
    choice = (
        class_name
        if class_name in names
        else near
        if near in served
        else served[0]
        if len(served) == 1
        else None
    )
    return _name(module, choice) if choice else None


def elsewhere(sources: Sources, module: Module, class_name: str) -> str | None:
    """Return the MODEL_NAME of a class of this name in another module."""
    outside = (candidate for candidate in candidates(sources) if candidate.module != module.name)
    return next(
        (
            candidate.name
            for candidate in outside
            if candidate.name.rpartition(".")[2] == class_name
        ),
        None,
    )


def _in(sources: Sources, module: Module) -> Iterator[Candidate]:
    tree = _tree(sources, module)
    if tree is None or module.file is None or _NO_MODEL.fullmatch(module.name.rpartition(".")[2]):
        return
    for class_name in dict.fromkeys(class_names(tree)):
        try:
            definition = Resolver(sources).resolve(module, class_name)
        except BuildError:
            continue
        methods = (
            [name for name in of_wrapper(definition.names) if name in GRAPH_METHODS]
            if isinstance(definition, Definition)
            else []
        )
        if methods:
            description = (
                f"class {class_name} in {module.file.as_posix()}, with {', '.join(methods)}"
            )
            yield Candidate(
                name=_name(module, class_name),
                module=module.name,
                file=module.file,
                description=description,
            )


def _name(module: Module, class_name: str) -> str:
    return class_name if module.name == class_name else f"{module.name}.{class_name}"


def _tree(sources: Sources, module: Module) -> ast.Module | None:
    try:
        return sources.tree(module)
    except BuildError:
        return None


def _mentions(sources: Sources, module: Module, pattern: str) -> bool:
    """Return whether a file has a line that matches the pattern.

    Parsing every file of a large source would take longer than the build.
    """
    path = sources.app / (module.file or "")
    try:
        data = user_files.read(sources.app, path) if path.stat().st_size <= _LARGEST else b""
    except OSError:
        return False
    return re.search(pattern.encode(), data, re.MULTILINE) is not None


def _nearest(wanted: str, names: list[str]) -> str | None:
    import difflib

    by_case = next((name for name in names if name.casefold() == wanted.casefold()), None)
    return by_case or next(iter(difflib.get_close_matches(wanted, names, 1)), None)
