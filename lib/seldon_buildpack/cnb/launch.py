"""Writer for launch.toml: processes, labels and slices (spec: launch.toml)."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import toml


@dataclass(frozen=True)
class Process:
    """A process type.

    ``command`` holds all words: platform API 0.9 appends a user's arguments to ``args``, while
    later versions replace ``args`` with them.
    """

    type: str
    command: Sequence[str]
    default: bool = False


@dataclass(frozen=True)
class Slice:
    """A part of the application directory that gets its own layer.

    ``paths`` are files and whole directories, relative to the application directory. For n slices
    the lifecycle makes n + 1 layers. The last one has the files that are in no slice. A path in two
    slices is in the layer of the first.
    """

    paths: Sequence[str]


def write(
    layers: Path,
    processes: Sequence[Process],
    labels: Mapping[str, str],
    slices: Sequence[Slice] = (),
) -> None:
    """Write launch.toml."""
    document: dict[str, Any] = {
        "processes": [
            {"type": p.type, "command": list(p.command), "args": [], "default": p.default}
            for p in processes
        ],
        "labels": [{"key": key, "value": value} for key, value in sorted(labels.items())],
    }
    if slices:
        document["slices"] = [{"paths": [_pattern(path) for path in part.paths]} for part in slices]
    encoder = toml.TomlEncoder()
    encoder.dump_funcs[str] = _quoted
    (layers / "launch.toml").write_text(toml.dumps(document, encoder), encoding="utf-8")


def _pattern(path: str) -> str:
    """Return a pattern that matches exactly this path.

    Paths of slices are patterns for Go's filepath.Match (lifecycle 0.21.17, layers/slices.go). TOML
    cannot hold a byte that is not UTF-8; `?` matches one.
    """
    return re.sub(r"[\udc80-\udcff]", "?", re.sub(r"([*?\[\\])", r"\\\1", path))


def _quoted(text: str) -> str:
    """Quote a TOML string.

    toml 0.10.2 itself fails on a backslash before an x. JSON's escapes are valid in TOML, but JSON
    leaves DEL, which TOML forbids, as it is.
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
