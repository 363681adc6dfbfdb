"""Helpers to read the lock files of conda-lock and pixi: large, generated YAML files."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from seldon_buildpack.manifests.requirements_txt import text_of
from seldon_buildpack.messages.errors.lockfiles import NESTED, LockUnreadable

Entry = Mapping[str, Any]

_DEEPEST = 1000
_BRACKET = re.compile(r"[\[\]{}]")
# The indentation and markers that open the lists and tables on a line: each takes at least one
# column.
_INDENT = re.compile(r"^[ \t]*(?:[-?:][ \t]+)*", re.MULTILINE)


def load(app: Path, path: Path, renew: str) -> Entry:
    """Read the lock with every scalar as text, since a version such as 1.10 is not a number.

    Raises:
        LockUnreadable: The file is not YAML, is nested too deeply, or is not a mapping.
    """
    text = text_of(app, path)
    if _depth(text) > _DEEPEST:
        raise LockUnreadable(path.name, NESTED, renew)
    try:
        # Prefer the parser of libyaml: PyYAML's own needs seconds for the lock of a large
        # environment.
        found = yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1} is not YAML" if mark else "it is not YAML"
        raise LockUnreadable(path.name, where, renew) from error
    if not isinstance(found, dict):
        raise LockUnreadable(path.name, "it is not a mapping", renew)
    return found


def _depth(text: str) -> int:
    """Return an upper bound of how deeply lists and tables are nested in a YAML text.

    libyaml's composer has no limit of its own, and overflows its stack.
    """
    deepest = depth = 0
    for found in _BRACKET.finditer(text):
        depth = depth + 1 if found[0] in "[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest + max((len(found[0]) for found in _INDENT.finditer(text)), default=0)


def tables(value: object) -> tuple[Entry, ...]:
    """Return the mappings in a list, or nothing if the value is not a list."""
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def table(value: object) -> Entry:
    """Return the value if it is a mapping, or an empty mapping."""
    return value if isinstance(value, dict) else {}


def text(entry: Entry, key: str) -> str:
    """Return the text of a key, or an empty string if it has none."""
    value = entry.get(key)
    return value if isinstance(value, str) and value not in ("null", "~") else ""


def pinned(name: str, version: str, hashes: Iterable[str]) -> str:
    """Return a pip requirement for one version, and for the files with these SHA-256 hashes."""
    return " ".join((f"{name}=={version}", *(f"--hash=sha256:{one}" for one in hashes if one)))
