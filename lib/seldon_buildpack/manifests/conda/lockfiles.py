"""What the locks of conda-lock and pixi have in common: large YAML files that programs write."""

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
# What opens the lists and tables of a line: each takes a column at least.
_INDENT = re.compile(r"^[ \t]*(?:[-?:][ \t]+)*", re.MULTILINE)


def load(app: Path, path: Path, renew: str) -> Entry:
    """What the lock says, every scalar as the text that stands there: a version 1.10 is no number. Raises LockUnreadable."""
    text = text_of(app, path)
    if _depth(text) > _DEEPEST:
        raise LockUnreadable(path.name, NESTED, renew)
    try:
        # libyaml's, where there is one: a lock of a large environment takes PyYAML's own parser seconds.
        found = yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1} is not YAML" if mark else "it is not YAML"
        raise LockUnreadable(path.name, where, renew) from error
    if not isinstance(found, dict):
        raise LockUnreadable(path.name, "it is not a table", renew)
    return found


def _depth(text: str) -> int:
    """No less than the depth of the lists and tables in a text of YAML: libyaml's composer has no limit, and its stack an end."""
    deepest = depth = 0
    for found in _BRACKET.finditer(text):
        depth = depth + 1 if found[0] in "[{" else max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest + max((len(found[0]) for found in _INDENT.finditer(text)), default=0)


def tables(value: object) -> tuple[Entry, ...]:
    """The tables of a list; none where it is no list."""
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def table(value: object) -> Entry:
    """A table; an empty one where it is none."""
    return value if isinstance(value, dict) else {}


def text(entry: Entry, key: str) -> str:
    """A text of a table; empty where it is none."""
    value = entry.get(key)
    return value if isinstance(value, str) and value not in ("null", "~") else ""


def pinned(name: str, version: str, hashes: Iterable[str]) -> str:
    """A requirement of pip's that takes one version only, and only the files that have one of the SHA-256 hashes."""
    return " ".join((f"{name}=={version}", *(f"--hash=sha256:{one}" for one in hashes if one)))
