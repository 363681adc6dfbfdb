"""launch.toml: the processes and labels of the image (spec: launch.toml)."""

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
    (layers / "launch.toml").write_text(toml.dumps(document))
