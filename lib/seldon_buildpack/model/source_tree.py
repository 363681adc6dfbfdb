"""The Python files of the source: found as an import would, and parsed without being run.

The source is the last entry of ``sys.path``.
"""

import ast
import codecs
import os
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.messages.errors.source_files import (
    SourceEncodingUnknown,
    SourceNotDecodable,
    SourceSyntaxError,
    SourceUnreadable,
)

Version = tuple[int, int]
# The Python that the buildpack runs on, whose syntax its parser can read.
OURS: Version = sys.version_info[:2]

# PEP 263: in the first line, or in the second if the first is blank or a comment.
_COOKIE = re.compile(
    rb"\A(?:[ \t\f]*(?:#[^\r\n]*)?\r?\n)?[ \t\f]*#[^\r\n]*?coding[:=][ \t]*([-\w.]+)"
)
_BOM = codecs.BOM_UTF8

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
# Code written by people is far below these limits. Above them, the parser takes seconds and
# gigabytes, and the compiler crashes the process.
_LONGEST = 5_000_000
_MOST_LOOPS = 200
# The limits of Linux for a path below any source, and for a file name including `.py`.
_LONGEST_NAME, _LONGEST_PART = 2000, 250
_DEEPEST = 700
# Not text encodings. Python's decoders for them take time quadratic in the length.
_NO_TEXT = {"punycode", "idna"}
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


@dataclass(frozen=True)
class Sources:
    """The modules below ``app``.

    ``roots`` are the directories where imports start, relative to ``app``, in the order of
    ``sys.path``. ``ahead`` are the roots that PYTHONPATH names: they come before the standard
    library and installed packages.
    """

    app: Path
    roots: tuple[Path, ...] = (Path(),)
    python: Version = OURS
    ahead: tuple[Path, ...] = ()
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
        module = Sources(self.app, self.ahead).locate(name)
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


def parse(
    app: Path, file: Path, python: Version = OURS, *, compiles: bool = True
) -> ast.Module | None:
    """Parse a file, and compile it once to find errors that only the compiler reports.

    Nothing is run. Returns None if the parser gives up: the nesting is too deep, or the syntax may
    be that of a Python newer than ours. Unless it ``compiles``, which takes most of the time, the
    tree is not checked for its depth: use its statements only.

    Raises:
        SourceUnreadable: The file cannot be read.
        SourceEncodingUnknown, SourceNotDecodable: The file is not text in a known encoding.
        SourceSyntaxError: The file is not valid Python.
    """
    display_name = file.as_posix()
    try:
        data = user_files.read(app, app / file)
    except OSError as error:
        raise SourceUnreadable(display_name, error.strerror or str(error)) from error
    text = decoded(data, display_name)
    if len(text) > _LONGEST:
        return None
    try:
        # An invalid escape sequence is a warning, which the parser would print.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, display_name, feature_version=min(python, OURS))
            if compiles:
                if _too_deep(tree):
                    return None
                compile(tree, display_name, "exec", dont_inherit=True)
    except SyntaxError as error:
        if python > OURS:
            return None
        raise _syntax_error(display_name, text, error) from error
    except ValueError as error:
        raise SourceSyntaxError(display_name, *_null_byte(text), str(error)) from error
    except (RecursionError, MemoryError):
        return None
    return tree


def _too_deep(tree: ast.AST) -> bool:
    """Return whether walking this tree could crash the process.

    The compiler recurses for each loop of a comprehension, without a limit.
    """
    waiting = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > _DEEPEST or len(getattr(node, "generators", ())) > _MOST_LOOPS:
            return True
        waiting += [(child, depth + 1) for child in ast.iter_child_nodes(node)]
    return False


def decoded(data: bytes, display_name: str) -> str:
    """Decode a Python file by its byte order mark or declared encoding, else as UTF-8.

    Raises:
        SourceEncodingUnknown: The declared encoding does not exist.
        SourceNotDecodable: The file does not have the declared encoding.
    """
    marked = data.startswith(_BOM)
    body = data.removeprefix(_BOM)
    cookie = _COOKIE.match(body)
    encoding = cookie[1].decode("ascii", "replace") if cookie and not marked else "UTF-8"
    try:
        if codecs.lookup(encoding).name in _NO_TEXT:
            raise SourceEncodingUnknown(display_name, encoding)
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        offset = error.start + len(data) - len(body)
        raise SourceNotDecodable(
            display_name, data.count(b"\n", 0, offset) + 1, offset, data[offset], encoding
        ) from error
    except (LookupError, ValueError) as error:
        raise SourceEncodingUnknown(display_name, encoding) from error


def _syntax_error(display_name: str, text: str, error: SyntaxError) -> SourceSyntaxError:
    if error.lineno is None:
        return SourceSyntaxError(display_name, *_null_byte(text), error.msg)
    lines = re.split(r"\r\n|\r|\n", text)
    line = lines[error.lineno - 1] if 0 < error.lineno <= len(lines) else ""
    return SourceSyntaxError(display_name, error.lineno, line, error.offset or 1, error.msg)


def _null_byte(text: str) -> tuple[int, str, int]:
    before, _, _ = text.partition("\0")
    number = before.count("\n") + 1
    line = text.split("\n")[number - 1]
    return number, line.replace("\0", "?"), len(before) - (before.rfind("\n") + 1) + 1
