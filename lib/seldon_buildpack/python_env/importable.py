"""The top-level names that an environment's packages make importable.

The list is stored as text in the metadata of the layer with the packages, since a reused layer is
not available to look into. It is larger than that of ``top_level_modules``: namespace packages and
packages installed in place hide nothing, but can be imported.
"""

import ast
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

METADATA = "importable"
# Something in the environment may make more names importable than its files show.
ANYTHING = "*"

_MODULES = (".py", ".so", ".pyc")
# Written by this buildpack or by setuptools, for namespaces whose folders are there.
_HARMLESS = ("_seldon", "seldon")
_NAMESPACES = "-nspkg.pth"
# setuptools restores distutils on Python 3.12 and later.
_DISTUTILS = "distutils-precedence.pth"


def list_importable(site: Path) -> frozenset[str]:
    """Return the names that the packages in a site-packages folder make importable.

    ``ANYTHING`` is among them if a .pth file runs code that this function does not know.
    """
    return frozenset((*_names(site), *_names_of_pth_files(site)))


def _names(folder: Path) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name, dot, _ = entry.name.partition(".")
                is_module = dot and entry.name.endswith(_MODULES)
                if name.isidentifier() and (is_module or (not dot and entry.is_dir())):
                    yield name
    except OSError:
        return


def _names_of_pth_files(site: Path) -> Iterator[str]:
    """Yield the names that .pth files add (site: .pth files)."""
    for file in sorted(site.glob("*.pth")):
        if file.name == _DISTUTILS:
            yield "distutils"
            continue
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(("import ", "import\t")):
                yield from _names_of_code(site, file, line)
            elif line.strip() and not line.startswith("#"):
                yield from _names(site / line.strip())


def _names_of_code(site: Path, file: Path, line: str) -> Iterator[str]:
    if file.name.startswith(_HARMLESS) or file.name.endswith(_NAMESPACES):
        return
    finder = site / f"{line.split()[1].rstrip(';').partition(';')[0]}.py"
    if not finder.name.startswith("__editable___"):
        yield ANYTHING
        return
    yield from _names_of_finder(finder)


def _names_of_finder(finder: Path) -> Iterator[str]:
    """Yield the names in setuptools' finder of a package that is installed in place.

    See setuptools: command/editable_wheel.py, ``_FINDER_TEMPLATE``.
    """
    try:
        tree = ast.parse(finder.read_bytes())
    except (OSError, SyntaxError, ValueError):
        yield ANYTHING
        return
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
            for key in node.value.keys:
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value.partition(".")[0]


def as_text(names: Iterable[str]) -> str:
    """Return the names as words."""
    return " ".join(sorted(names))


def from_text(text: str) -> frozenset[str]:
    """Return the names that ``as_text`` was given; ``ANYTHING`` for a layer without a list."""
    return frozenset(text.split()) or frozenset({ANYTHING})
