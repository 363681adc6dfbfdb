"""launch.toml: the processes and labels of the image (spec: launch.toml)."""

import json
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


def write(layers: Path, processes: Sequence[Process], labels: Mapping[str, str]) -> None:
    """Write launch.toml."""
    document: dict[str, Any] = {
        "processes": [{"type": p.type, "command": list(p.command), "args": [], "default": p.default} for p in processes],
        "labels": [{"key": key, "value": value} for key, value in sorted(labels.items())],
    }
    encoder = toml.TomlEncoder()
    encoder.dump_funcs[str] = _quoted
    (layers / "launch.toml").write_text(toml.dumps(document, encoder), encoding="utf-8")


def _quoted(text: str) -> str:
    """A TOML string: toml 0.10.2 itself stumbles over a backslash before an x. JSON's escapes are TOML's too; only DEL is not among them."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
