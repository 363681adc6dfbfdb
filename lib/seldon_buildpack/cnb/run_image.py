"""What the platform says about the run image.

No variable describes it to a buildpack. The lifecycle writes `analyzed.toml` before the build, next
to the layers, and pack and kpack write `/cnb/stack.toml` into the builder (lifecycle:
platform/files/analyzed.go, platform/files/stack.go). Neither is promised to a buildpack, so what is
missing there counts as unknown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import toml

# Where a builder has its configuration.
CNB = Path("/cnb")


@dataclass(frozen=True, kw_only=True)
class RunImage:
    """The run image of this build."""

    # Its name, as the platform passed it; empty below Platform API 0.12.
    name: str = ""
    # A digest reference, or the id of an image in an engine; empty if unknown.
    reference: str = ""
    # Its label io.buildpacks.base.id, which may be empty; None below Platform API 0.12.
    target_id: str | None = None
    # The references that the builder has for its own run image.
    of_builder: tuple[str, ...] = ()


def read_run_image(layers: Path, cnb: Path = CNB) -> RunImage:
    """Read what is known; ``layers`` is the directory of this buildpack's layers."""
    analyzed = _table(_read(layers.parent / "analyzed.toml"), "run-image")
    target = analyzed.get("target")
    stack = _table(_read(cnb / "stack.toml"), "run-image")
    mirrors = stack.get("mirrors")
    names = (stack.get("image"), *(mirrors if isinstance(mirrors, list) else ()))
    return RunImage(
        name=_text(analyzed, "image"),
        reference=_text(analyzed, "reference"),
        target_id=_text(target, "id") if isinstance(target, Mapping) else None,
        of_builder=tuple(name for name in names if isinstance(name, str) and name),
    )


def _read(path: Path) -> Mapping[str, Any]:
    try:
        return toml.loads(path.read_text())
    except (OSError, toml.TomlDecodeError, UnicodeDecodeError):
        return {}


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = document.get(name)
    return table if isinstance(table, Mapping) else {}


def _text(table: Mapping[str, Any], name: str) -> str:
    value = table.get(name)
    return value if isinstance(value, str) else ""
