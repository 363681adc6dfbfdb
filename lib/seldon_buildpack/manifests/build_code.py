"""Code of the source that a project's build runs: its modules, imports and string literals."""

import ast
import os
import re
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from seldon_buildpack.user_files import MOST_BYTES, is_file

# Far above any setup.py. Of a larger file, every word counts.
_MOST_PARSED = 1_000_000
_SEPARATORS = re.compile(r"[\s,=:;\"']+")


def read_text(path: Path) -> str:
    """Return the text of a file, or an empty string if it is no regular file or is too large."""
    try:
        if not is_file(path) or path.stat().st_size > MOST_BYTES:
            return ""
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def split_words(text: str) -> list[str]:
    """Return the words of a text that may be names of files."""
    return _SEPARATORS.split(text)


def find_modules(bases: Iterable[Path], name: str) -> Iterator[Path]:
    """Yield the files of a module or package, and of its parent packages.

    The name may end with an attribute, which is ignored.
    """
    parts = [part for part in name.split(".") if part]
    places = (base / below for base in bases for below in ("", "src", "lib"))
    for base in places:
        for count in range(1, len(parts) + 1):
            place = base.joinpath(*parts[:count])
            yield from (
                path
                for path in (place.with_name(f"{place.name}.py"), place / "__init__.py")
                if is_file(path)
            )


def follow_imports(
    tops: tuple[Path, ...], first: Iterable[Path], entries: Iterable["os.DirEntry[str]"]
) -> tuple[Path, ...]:
    """Return Python files and everything that they import from the source.

    Modules are matched by name anywhere in it, because code may change sys.path.
    """
    stems: dict[str, list[Path]] = {}
    for entry in entries:
        if entry.name.endswith(".py"):
            stems.setdefault(entry.name.removesuffix(".py"), []).append(Path(entry.path))
    found = list(dict.fromkeys(path for path in first if is_file(path)))
    for path in found:
        tree = _tree(path)
        for node in ast.walk(tree) if tree else ():
            names = []
            if isinstance(node, ast.Import):
                names = [one.name for one in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module or ''}.{one.name}" for one in node.names]
            found += [
                one
                for name in names
                for one in stems.get(name.partition(".")[0], ())
                if one not in found
            ]
            bases = (*tops, path.parent)
            found += [
                one for name in names for one in find_modules(bases, name) if one not in found
            ]
    return tuple(dict.fromkeys(found))


def _tree(path: Path) -> ast.Module | None:
    """Parse a Python file; None if it is no regular file, is too large, or has errors."""
    try:
        if not is_file(path) or path.stat().st_size > _MOST_PARSED:
            return None
        with warnings.catch_warnings():
            # Python 3.12 prints a warning for an invalid escape, which is not this build's matter.
            warnings.simplefilter("ignore")
            return ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def read_literals(path: Path) -> Iterator[str]:
    """Yield the string literals in a Python file, or all words if it cannot be parsed."""
    tree = _tree(path)
    if tree is None:
        yield from split_words(read_text(path))
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
