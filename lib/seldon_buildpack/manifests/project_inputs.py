"""Files of the source that a project's build reads, apart from code served in place.

They are part of the key of the layer that the project is installed into. A file counts unless it is
certain that it does not matter.
"""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seldon_buildpack.manifests import build_code
from seldon_buildpack.names import canonical, requirement_name
from seldon_buildpack.user_files import exists, is_dir, is_file, parse_toml

SETUP, PYPROJECT, SETUP_CFG = "setup.py", "pyproject.toml", "setup.cfg"

# Files at the top of a project that build backends read without being configured to.
_ALWAYS = (
    *(SETUP, SETUP_CFG, PYPROJECT, "MANIFEST.in", "PKG-INFO", ".git_archival.txt", "hatch.toml"),
    *("hatch_build.py", "pdm_build.py", "LICEN[CS]E*", "COPYING*", "NOTICE*", "AUTHORS*"),
)
_SCRIPTS = (SETUP, "hatch_build.py", "pdm_build.py")
# Backends that read only what the configuration names, and what they require.
_PURE = frozenset(
    [
        *("setuptools", "wheel", "hatchling", "editables", "flit-core", "poetry-core"),
        *("pdm-backend", "uv-build"),
    ]
)
_COMPILED = frozenset(
    [
        *(".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".hxx", ".cu", ".cuh", ".s", ".asm"),
        *(".pyx", ".pxd", ".pxi", ".i", ".m", ".mm", ".rs", ".go", ".f", ".for", ".f90", ".f95"),
        *(".proto", ".cmake", ".build"),
    ]
)
# Suffixes of files that code run by the build is likely to read; "" for files without one.
_TEXT = frozenset(("", ".", ".txt", ".in", ".cfg", ".toml", ".md", ".rst", ".ini", ".lock"))
_VERSIONED = re.compile(r"scm|vcs|versioneer|\bpbr\b|dunamai|dynamic-versioning|versioningit")
_ATTRIBUTE = re.compile(r"\battr:\s*([\w.]+)")
_GLOB = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class ProjectInputs:
    """Inputs of a project's build.

    ``files`` count by their content, ``names`` are the names of its packages and modules, and
    ``packages`` are the other projects and archives in the source that it depends on.
    """

    files: tuple[Path, ...]
    names: tuple[str, ...]
    packages: tuple[Path, ...]


def is_project(folder: Path) -> bool:
    """Return whether a folder has a project that pip and uv can build."""
    return any(is_file(folder / name) for name in (SETUP, PYPROJECT))


def read(folder: Path, app: Path) -> ProjectInputs:
    """Find the inputs of the build of the project in ``folder``.

    They are found in the project's configuration and in the code that its build runs. Files that
    cannot be parsed are not an error here: the build reports them.
    """
    home = app.resolve()
    told = _toml(folder / PYPROJECT)
    cfg = build_code.read_text(folder / SETUP_CFG)
    real = folder.resolve()
    entries = list(_walk(folder, real, home, {real}))
    beside = [] if real == home else list(_walk(app, home, home, {home}))
    words = {*_strings(told), *build_code.split_words(cfg)}
    first = [folder / name for name in _SCRIPTS]
    first += [
        path
        for word in words
        if word.endswith(".py")
        for path in _paths(folder, home, word)
        if is_file(path)
    ]
    first += [
        path
        for name in (*_attributes(told), *_ATTRIBUTE.findall(cfg), *_backend(folder, told))
        for path in build_code.find_modules((folder, *_folders(folder, words)), name)
    ]
    scripts = build_code.follow_imports((folder, app), first, [*entries, *beside])
    literals = {word for path in scripts for word in build_code.read_literals(path)}
    names = {word.rpartition("/")[2] for word in literals}
    files = {path: None for pattern in _ALWAYS for path in folder.glob(pattern)}
    files |= dict.fromkeys(scripts)
    runs_code = any(is_file(folder / name) for name in _SCRIPTS) or _has_more_than_a_backend(told)
    suffixes = _COMPILED | _TEXT if runs_code else _COMPILED
    files |= {
        Path(entry.path): None
        for entry in entries
        if _suffix(entry.name) in suffixes or entry.name in names
    }
    # Files outside the project that its build reads, such as `here / ".." / "VERSION"`.
    files |= {
        Path(entry.path): None
        for entry in beside
        if entry.name in names and not entry.name.endswith(".py")
    }
    up = {word for word in literals if not word.strip("./")}
    named, packages, folders = _named(folder, home, words | literals - up)
    files |= dict.fromkeys(named)
    versioned = _VERSIONED.search(f"{told} {cfg}") or any(
        _VERSIONED.search(word) or word == "git" or word.startswith("git ") for word in literals
    )
    if versioned:
        files |= dict.fromkeys(_git(folder, home))
    return ProjectInputs(
        tuple(path for path in files if is_file(path) and _inside(path, home)),
        tuple(sorted(_names(folder, entries, folders))),
        (*packages, *_members(folder, home, told)),
    )


def _toml(path: Path) -> dict[str, Any]:
    try:
        return parse_toml(build_code.read_text(path))
    except ValueError:
        return {}


def _table(told: object, *names: str) -> dict[str, Any]:
    """Return a nested table, or an empty one if there is none."""
    for name in names:
        told = told.get(name) if isinstance(told, dict) else None
    return told if isinstance(told, dict) else {}


def _strings(value: object) -> Iterator[str]:
    """Yield all strings in a nested table, its keys too: some backends have paths there."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        yield from value if isinstance(value, dict) else ()
        for one in value.values() if isinstance(value, dict) else value:
            yield from _strings(one)


def _walk(folder: Path, real: Path, home: Path, seen: set[Path]) -> Iterator["os.DirEntry[str]"]:
    """Yield the files below a folder, following links that stay inside the source.

    ``real`` is the folder without links. Hidden folders and virtual environments are skipped.
    """
    with os.scandir(folder) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    for entry in entries:
        if _is_directory(entry):
            path = folder / entry.name
            below = path.resolve() if entry.is_symlink() else real / entry.name
            skipped = entry.name.startswith(".") or entry.name == "__pycache__"
            if skipped or below in seen or not below.is_relative_to(home):
                continue
            if not is_file(path / "pyvenv.cfg"):
                seen.add(below)
                yield from _walk(path, below, home, seen)
        elif _is_regular(entry):
            yield entry


def _is_directory(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link that leads to itself.
        return False


def _is_regular(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def _suffix(name: str) -> str:
    # Far faster than a Path for each of many thousand files.
    return os.path.splitext(name)[1].lower()  # noqa: PTH122


def _inside(path: Path, home: Path) -> bool:
    return path.resolve().is_relative_to(home)


def _named(
    folder: Path, home: Path, words: Iterable[str]
) -> tuple[list[Path], list[Path], list[Path]]:
    """Return the paths in the source that words refer to.

    The result has three lists: files, projects, and folders that are not packages.
    """
    files, packages, folders = [], [], []
    for word in sorted(words):
        for path in _paths(folder, home, word):
            if not _inside(path, home):
                continue
            if is_file(path):
                files.append(path)
            elif is_dir(path) and path.resolve() != folder.resolve():
                if is_project(path):
                    packages.append(path)
                elif not exists(path / "__init__.py"):
                    folders.append(path)
    return files, packages, folders


def _paths(folder: Path, home: Path, word: str) -> Iterator[Path]:
    """Yield the existing paths that a text may refer to.

    The text may be a requirement (`x @ file:///app/x`), a path that is appended to the project's
    directory (`/reqs.txt`), or a glob pattern.
    """
    text = word.rpartition(" @ ")[2].partition("#")[0].strip()
    text = text.removeprefix("file://").removeprefix("file:")
    if not text or len(text) > 255 or "\n" in text or "\0" in text or "://" in text:
        return
    for path in dict.fromkeys((folder / text, folder / text.lstrip("/"))):
        try:
            if exists(path):
                yield path
        except OSError:
            return
    if _GLOB.search(text):
        pattern = text.lstrip("/")
        try:
            if ".." in pattern and not _inside(folder / _GLOB.split(pattern)[0], home):
                return
            # Code is served in place.
            yield from (path for path in folder.glob(pattern) if path.suffix != ".py")
        except (ValueError, NotImplementedError, OSError, RuntimeError):
            return


def _attributes(told: dict[str, Any]) -> Iterator[str]:
    """Yield the values of `attr` under [tool.setuptools.dynamic]."""
    for one in _table(told, "tool", "setuptools", "dynamic").values():
        if isinstance(one, dict) and isinstance(one.get("attr"), str):
            yield one["attr"]


def _backend(folder: Path, told: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the modules that a build backend reads.

    These are an in-tree build backend, and the module that flit reads version and summary from.
    """
    system = _table(told, "build-system")
    backend = str(system.get("build-backend", "")).partition(":")[0]
    if backend.startswith("flit"):
        module = _table(told, "tool", "flit", "module").get("name")
        yield str(module or _table(told, "project").get("name", "")).replace("-", "_")
    places = system.get("backend-path")
    for place in places if isinstance(places, list) else ():
        if isinstance(place, str) and is_dir(folder / place):
            yield ".".join((*Path(place).parts, backend))


def _has_more_than_a_backend(pyproject: dict[str, Any]) -> bool:
    """Return whether a build runs code that reads files which the configuration does not name.

    That is a backend in the project, a plug-in of a backend, and a backend that compiles, such as
    scikit-build-core, which reads CMakeLists.txt.
    """
    system = _table(pyproject, "build-system")
    requires = system.get("requires")
    names = map(requirement_name, _strings(requires if isinstance(requires, list) else []))
    return "backend-path" in system or any(canonical(name) not in _PURE for name in names)


def _folders(folder: Path, words: Iterable[str]) -> Iterator[Path]:
    """Yield the folders that words name, in which a project may have its packages."""
    yield from (folder / word for word in sorted(words) if is_dir(folder / word))


def _names(
    folder: Path, entries: Iterable["os.DirEntry[str]"], folders: Iterable[Path]
) -> Iterator[str]:
    """Yield the folders that contain Python code, and the modules outside packages.

    Build backends discover packages by these names.
    """
    tops = {folder, folder / "src", *folders}
    for entry in entries:
        if entry.name.endswith(".py"):
            path = Path(entry.path)
            yield f"{path.parent.relative_to(folder)}/"
            if path.parent in tops:
                yield str(path.relative_to(folder))


def _members(folder: Path, home: Path, told: dict[str, Any]) -> Iterator[Path]:
    """Yield the members of the uv workspace that a project takes packages from."""
    sources = _table(told, "tool", "uv", "sources")
    if not any(isinstance(one, dict) and one.get("workspace") for one in _tables(sources, depth=2)):
        return
    for root in (folder, *folder.parents):
        if not _inside(root, home):
            return
        members = _table(_toml(root / PYPROJECT), "tool", "uv", "workspace").get("members")
        for pattern in members if isinstance(members, list) else ():
            yield from (path for path in _paths(root, home, str(pattern)) if is_project(path))


def _tables(value: object, depth: int) -> Iterator[object]:
    yield value
    if depth and isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _tables(one, depth - 1)


def _git(folder: Path, home: Path) -> Iterator[Path]:
    """Yield the git files that a version is computed from: the commit and the tags."""
    for root in (folder, *folder.parents):
        if not _inside(root, home):
            return
        git = root / ".git"
        yield from (git / name for name in ("HEAD", "packed-refs"))
        yield from sorted((git / "refs").rglob("*"))
