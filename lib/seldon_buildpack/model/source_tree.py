"""Which Python files does the source have, and which of them does an import find?

The source is the last entry of ``sys.path``.
"""

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.model.parsing import OURS, Version, parse

# Directories that hold no model, but possibly very many files.
_PASSED_OVER = {
    "node_modules",
    "venv",
    "env",
    "site-packages",
    "__pycache__",
    "build",
    "dist",
    "tests",
    "test",
    "docs",
}
# The limits of Linux for a path below any source, and for a file name including `.py`.
_LONGEST_NAME, _LONGEST_PART = 2000, 250
_MOST_FOLDERS = 200
_MOST_ENTRIES = 2000


@dataclass(frozen=True, kw_only=True)
class Module:
    """A module of the source.

    ``file`` is relative to the source, and None for a directory without ``__init__.py``.
    """

    name: str
    folder: Path
    file: Path | None = None
    package: bool = False

    @property
    def readable(self) -> bool:
        """Return whether it is Python source, not an extension module or bytecode only."""
        return self.file is not None and self.file.suffix == ".py"


@dataclass(frozen=True, kw_only=True)
class Sources:
    """The modules below ``app``."""

    # The directory of the source.
    app: Path
    # The directories where imports start, relative to `app`, in the order of sys.path.
    roots: tuple[Path, ...] = (Path(),)
    # The Python whose syntax the modules have.
    python: Version = OURS
    # The roots that PYTHONPATH names: they come before the standard library and installed packages.
    ahead: tuple[Path, ...] = ()
    # The syntax trees of the files that have been parsed.
    _trees: dict[Path, ast.Module | None] = field(default_factory=dict, repr=False, compare=False)

    def locate(self, name: str) -> Module | None:
        """Return the module with this dotted name, or None.

        The search order is that of importlib's FileFinder.
        """
        *folders, last = name.split(".")
        bare = None
        if len(name) > _LONGEST_NAME or any(
            len(part.encode()) > _LONGEST_PART for part in (*folders, last)
        ):
            return None
        for root in self.roots:
            folder = root.joinpath(*folders)
            module = self._in_folder(folder, name, last)
            if module and module.file:
                return module
            bare = bare or module
        return bare

    def goes_first(self, name: str) -> bool:
        """Return whether PYTHONPATH makes this top-level module win over any other of its name."""
        module = Sources(app=self.app, roots=self.ahead).locate(name)
        return module is not None and module.file is not None

    def has_code(self, module: Module | None) -> bool:
        """Return whether this is a module of the user's.

        A directory that only looks like a namespace package is not one.
        """
        return module is not None and (
            module.file is not None
            or any(is_source(entry) for entry in entries(self.app / module.folder))
        )

    def _in_folder(self, folder: Path, name: str, last: str) -> Module | None:
        directory = self.app / folder
        if not last or not user_files.is_dir(directory):
            return None
        if user_files.is_file(directory / last / "__init__.py"):
            return Module(
                name=name, folder=folder / last, file=folder / last / "__init__.py", package=True
            )
        # importlib prefers an extension module, but one next to a .py of the same name is that file
        # compiled.
        if user_files.is_file(directory / f"{last}.py"):
            return Module(name=name, folder=folder, file=folder / f"{last}.py")
        for suffix in (".so", ".pyc"):
            if compiled := sorted(
                entry.name
                for entry in directory.glob(f"{glob_escaped(last)}.*")
                if entry.suffix == suffix
            ):
                return Module(name=name, folder=folder, file=folder / compiled[0])
        return (
            Module(name=name, folder=folder / last, package=True)
            if user_files.is_dir(directory / last)
            else None
        )

    def tree(self, module: Module) -> ast.Module | None:
        """Return the syntax tree of a module, or None if there is no source to parse.

        Raises:
            BuildError: The file cannot be parsed, as in ``parse``.
        """
        if module.file is None or not module.readable:
            return None
        if module.file not in self._trees:
            self._trees[module.file] = parse(self.app, module.file, self.python)
        return self._trees[module.file]

    def outline(self, module: Module) -> ast.Module | None:
        """Return the syntax tree of a module without the compiler's checks, as ``parse`` does.

        Raises:
            BuildError: The file cannot be parsed.
        """
        if module.file is None or not module.readable:
            return None
        if module.file in self._trees:
            return self._trees[module.file]
        return parse(self.app, module.file, self.python, compiles=False)

    def parents(self, module: Module) -> Iterator[Module]:
        """Yield the parent packages, which an import of the module imports first."""
        parts = module.name.split(".")
        for end in range(1, len(parts)):
            if package := self.locate(".".join(parts[:end])):
                yield package

    def top(self) -> list[Module]:
        """Return the modules directly in the roots, by name."""
        return [module for root in self.roots for module in self._listed(root, "")]

    def below(self) -> list[Module]:
        """Return the modules one level below the roots."""
        modules = []
        for root in self.roots:
            folders = (entry for entry in entries(self.app / root) if looked_into(entry))
            for folder in islice(folders, _MOST_FOLDERS):
                modules += self._listed(root / folder.name, f"{folder.name}.")
        return modules

    def _listed(self, folder: Path, prefix: str) -> list[Module]:
        files = [
            entry.name
            for entry in entries(self.app / folder)
            if is_source(entry) and entry.name != "__init__.py"
        ]
        return [
            Module(name=prefix + name.removesuffix(".py"), folder=folder, file=folder / name)
            for name in files
        ]


def entries(directory: Path, most: int = _MOST_ENTRIES) -> list[os.DirEntry[str]]:
    """Return the entries of a directory, sorted by name.

    Of a very large directory, only some are returned. The list is empty if the directory cannot be
    listed.
    """
    try:
        with os.scandir(directory) as scan:
            return sorted(islice(scan, most), key=lambda entry: entry.name)
    except OSError:
        return []


def closed_directory(app: Path, error: OSError) -> str:
    """Return the source directory whose permissions caused this error, or ""."""
    if not isinstance(error, PermissionError) or error.filename is None:
        return ""
    path = Path(os.fsdecode(error.filename))
    folders = [
        folder for folder in reversed(path.parents) if folder.is_relative_to(app) and folder != app
    ]
    return next(
        (
            str(folder.relative_to(app))
            for folder in folders
            if not os.access(folder, os.R_OK | os.X_OK)
        ),
        "",
    )


def is_source(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry is a Python file."""
    return entry.name.endswith(".py") and is_file(entry)


def is_file(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry is a file or a link to one, and not part of a loop of links."""
    try:
        return entry.is_file()
    except OSError:
        return False


def looked_into(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry is a directory that may hold the user's own Python files."""
    try:
        return not entry.name.startswith(".") and entry.name not in _PASSED_OVER and entry.is_dir()
    except OSError:
        return False


def glob_escaped(name: str) -> str:
    """Escape the characters that have a meaning in a glob pattern."""
    return re.sub(r"([*?[])", r"[\1]", name)
