"""Warnings about manifests that pin different versions of the same package.

s2i silently used the first manifest. The build uses it too, but warns.
"""

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from seldon_buildpack import user_files
from seldon_buildpack.messages.warnings import requirements as requirements_warnings
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.names import canonical

Pins = Mapping[str, frozenset[str]]

_NAME, _VERSION = r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?", r"([\w.!+-]+)"
# Lines with an environment marker do not match: such a pin does not apply everywhere.
_PIN = re.compile(rf"\s*{_NAME}\s*={{2,3}}\s*{_VERSION}\s*(?:\\|#.*|--hash.*)?")
# uv.lock, pylock.toml and poetry.lock are generated, and all have this format.
_LOCKED = re.compile(
    r"^\[\[packages?\]\]\nname = \"([^\"]+)\"\nversion = \"([^\"]+)\"", re.MULTILINE
)


def advice(app: Path, chosen: Iterable[Path], others: Iterable[str]) -> tuple[Advice, ...]:
    """Return a warning for each manifest in ``others`` that conflicts with ``chosen``.

    The warning names both versions, and which of them is installed.
    """
    others = tuple(others)
    if not others:
        return ()
    files = tuple(chosen)
    mine = _together(_pins(path) for path in files)
    found = []
    for name in others:
        theirs = _together([_pins(app / name)])
        differing = [
            (one, _only(mine[one]), _only(theirs[one]))
            for one in mine
            if one in theirs and not _agree(mine[one], theirs[one])
        ]
        if differing:
            found.append(requirements_warnings.pinned_differently(files[0].name, name, differing))
    return tuple(found)


def _together(pins: Iterable[Iterable[tuple[str, str]]]) -> Pins:
    found: dict[str, frozenset[str]] = {}
    for one in pins:
        for name, version in one:
            found[canonical(name)] = found.get(canonical(name), frozenset()) | {version}
    return found


def _only(versions: frozenset[str]) -> str:
    return " or ".join(sorted(versions))


def _agree(mine: frozenset[str], theirs: frozenset[str]) -> bool:
    if mine & theirs:
        return True
    from packaging.version import InvalidVersion, Version

    try:
        return not {Version(one) for one in mine}.isdisjoint(Version(one) for one in theirs)
    except InvalidVersion:
        return False


def _pins(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the names and versions that a manifest pins.

    A manifest that cannot be read yields nothing: it is not installed anyway.
    """
    try:
        text = (
            user_files.read(path.parent, path).decode("utf-8-sig", "replace").replace("\r\n", "\n")
        )
        if path.name == "setup.py":
            yield from _of_lines(_install_requires(text))
        elif path.name == "pyproject.toml":
            yield from _of_lines(_dependencies(text))
        elif path.name == "Pipfile.lock":
            yield from _of_lines(
                f"{name}{one['version']}"
                for name, one in json.loads(text).get("default", {}).items()
                if "version" in one
            )
        elif path.suffix in (".lock", ".toml"):
            yield from _LOCKED.findall(text)
        elif path.suffix not in (".yml", ".yaml", ".cfg"):
            yield from _of_lines(text.splitlines())
    except (
        OSError,
        ValueError,
        SyntaxError,
        AttributeError,
        TypeError,
        RecursionError,
        MemoryError,
    ):
        return


def _of_lines(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    yield from ((found[1], found[2]) for line in lines if (found := _PIN.fullmatch(line)))


def _install_requires(text: str) -> list[str]:
    """Return the ``install_requires`` list of setup.py, if it is a literal list."""
    calls = (
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.keyword) and node.arg == "install_requires"
    )
    lists = (node.value.elts for node in calls if isinstance(node.value, ast.List | ast.Tuple))
    return [
        str(one.value) for elements in lists for one in elements if isinstance(one, ast.Constant)
    ]


def _dependencies(text: str) -> list[Any]:
    project = user_files.parse_toml(text).get("project", {})
    return [str(line) for line in project.get("dependencies", [])]
