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
from seldon_buildpack.manifests.project_configuration import (
    all_strings,
    backend_modules,
    has_more_than_a_backend,
    read_table,
    version_attributes,
    workspace_members,
)
from seldon_buildpack.manifests.project_files import (
    PYPROJECT,
    SETUP,
    SETUP_CFG,
    is_inside,
    is_project,
    paths_of,
    suffix_of,
    walk_source,
)
from seldon_buildpack.user_files import exists, is_dir, is_file

# Files at the top of a project that build backends read without being configured to.
_ALWAYS = (
    *(SETUP, SETUP_CFG, PYPROJECT, "MANIFEST.in", "PKG-INFO", ".git_archival.txt", "hatch.toml"),
    *("hatch_build.py", "pdm_build.py", "LICEN[CS]E*", "COPYING*", "NOTICE*", "AUTHORS*"),
)
_SCRIPTS = (SETUP, "hatch_build.py", "pdm_build.py")
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


@dataclass(frozen=True)
class ProjectInputs:
    """Inputs of a project's build.

    ``files`` count by their content, ``names`` are the names of its packages and modules, and
    ``packages`` are the other projects and archives in the source that it depends on.
    """

    files: tuple[Path, ...]
    names: tuple[str, ...]
    packages: tuple[Path, ...]


def read(folder: Path, app: Path) -> ProjectInputs:
    """Find the inputs of the build of the project in ``folder``.

    They are found in the project's configuration and in the code that its build runs. Files that
    cannot be parsed are not an error here: the build reports them.
    """
    home, real = app.resolve(), folder.resolve()
    pyproject = read_table(folder / PYPROJECT)
    cfg = build_code.read_text(folder / SETUP_CFG)
    entries = list(walk_source(folder, real, home, {real}))
    beside = [] if real == home else list(walk_source(app, home, home, {home}))
    words = {*all_strings(pyproject), *build_code.split_words(cfg)}
    starts = _configured_scripts(folder, home, words)
    starts += _configured_modules(folder, words, pyproject, cfg)
    scripts = build_code.follow_imports((folder, app), starts, [*entries, *beside])
    literals = {word for path in scripts for word in build_code.read_literals(path)}
    names = {word.rpartition("/")[2] for word in literals}
    up = {word for word in literals if not word.strip("./")}
    named, packages, folders = _named(folder, home, words | literals - up)
    suffixes = _read_suffixes(folder, pyproject)
    files = (
        *(path for pattern in _ALWAYS for path in folder.glob(pattern)),
        *scripts,
        *(
            Path(entry.path)
            for entry in entries
            if suffix_of(entry.name) in suffixes or entry.name in names
        ),
        # Files outside the project that its build reads, such as `here / ".." / "VERSION"`.
        *(
            Path(entry.path)
            for entry in beside
            if entry.name in names and not entry.name.endswith(".py")
        ),
        *named,
        *(_git(folder, home) if _is_versioned(f"{pyproject} {cfg}", literals) else ()),
    )
    return ProjectInputs(
        tuple(path for path in dict.fromkeys(files) if is_file(path) and is_inside(path, home)),
        tuple(sorted(_names(folder, entries, folders))),
        (*packages, *workspace_members(folder, home, pyproject)),
    )


def _configured_scripts(folder: Path, home: Path, words: set[str]) -> list[Path]:
    """Return the scripts that a build runs, and the Python files that the configuration names."""
    named = (
        path for word in words if word.endswith(".py") for path in paths_of(folder, home, word)
    )
    return [*(folder / name for name in _SCRIPTS), *(path for path in named if is_file(path))]


def _configured_modules(
    folder: Path, words: set[str], pyproject: dict[str, Any], cfg: str
) -> list[Path]:
    """Return the files of the modules that the build backend imports or reads."""
    names = (
        *version_attributes(pyproject),
        *_ATTRIBUTE.findall(cfg),
        *backend_modules(folder, pyproject),
    )
    folders = (folder, *_folders(folder, words))
    return [path for name in names for path in build_code.find_modules(folders, name)]


def _read_suffixes(folder: Path, pyproject: dict[str, Any]) -> frozenset[str]:
    """Return the suffixes of the files that the build may read without being configured to."""
    runs_code = any(is_file(folder / name) for name in _SCRIPTS)
    return _COMPILED | _TEXT if runs_code or has_more_than_a_backend(pyproject) else _COMPILED


def _is_versioned(configuration: str, literals: set[str]) -> bool:
    """Return whether the build computes a version from the commit."""
    return bool(_VERSIONED.search(configuration)) or any(
        _VERSIONED.search(word) or word == "git" or word.startswith("git ") for word in literals
    )


def _named(
    folder: Path, home: Path, words: Iterable[str]
) -> tuple[list[Path], list[Path], list[Path]]:
    """Return the paths in the source that words refer to.

    The result has three lists: files, projects, and folders that are not packages.
    """
    files, packages, folders = [], [], []
    for word in sorted(words):
        for path in paths_of(folder, home, word):
            if not is_inside(path, home):
                continue
            if is_file(path):
                files.append(path)
            elif is_dir(path) and path.resolve() != folder.resolve():
                if is_project(path):
                    packages.append(path)
                elif not exists(path / "__init__.py"):
                    folders.append(path)
    return files, packages, folders


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


def _git(folder: Path, home: Path) -> Iterator[Path]:
    """Yield the git files that a version is computed from: the commit and the tags."""
    for root in (folder, *folder.parents):
        if not is_inside(root, home):
            return
        git = root / ".git"
        yield from (git / name for name in ("HEAD", "packed-refs"))
        yield from sorted((git / "refs").rglob("*"))
