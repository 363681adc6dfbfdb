"""launch.toml: the processes and labels of the image, and the slices of the application directory (spec: launch.toml)."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import toml


@dataclass(frozen=True)
class Process:
    """A process type. All words stand in ``command``: platform API 0.9 appends a user's arguments to ``args``, later ones replace them."""

    type: str
    command: Sequence[str]
    default: bool = False


@dataclass(frozen=True)
class Slice:
    """A part of the application directory that gets a layer of its own: files, and directories with all that is in them, relative to it.

    Of n slices the lifecycle makes n + 1 layers, the last one of what no slice has; what two slices name is part of the first.
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
        document["slices"] = [{"paths": [_pattern(path) for path in one.paths]} for one in slices]
    encoder = toml.TomlEncoder()
    encoder.dump_funcs[str] = _quoted
    (layers / "launch.toml").write_text(toml.dumps(document, encoder), encoding="utf-8")


def _pattern(path: str) -> str:
    """What matches just this path: paths of slices are patterns of Go's filepath.Match (lifecycle 0.21.17, layers/slices.go).

    TOML cannot hold a byte that is not UTF-8; `?` matches one.
    """
    return re.sub(r"[\udc80-\udcff]", "?", re.sub(r"([*?\[\\])", r"\\\1", path))


def _quoted(text: str) -> str:
    """A TOML string: toml 0.10.2 itself stumbles over a backslash before an x. JSON's escapes are TOML's too; only DEL is not among them."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
