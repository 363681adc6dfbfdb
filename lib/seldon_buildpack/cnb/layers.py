"""Layers as the buildpack specification has them: a directory, its types, its metadata, its environment.

A launch-only layer is restored as metadata alone. To reuse it, its types are declared again and no directory is left:
a directory, even an empty one, would replace what the previous image holds (spec: Buildpack Layers).
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import toml


@dataclass(frozen=True)
class Types:
    """What a layer is for."""

    launch: bool = False
    build: bool = False
    cache: bool = False


@dataclass(frozen=True)
class Layer:
    """One layer of this buildpack by its name."""

    root: Path
    name: str

    @property
    def path(self) -> Path:
        """Its directory: the same in the build container and in the image."""
        return self.root / self.name

    @property
    def _description(self) -> Path:
        return self.root / f"{self.name}.toml"

    def metadata(self) -> dict[str, str]:
        """What the last build wrote of it; empty where there is none or it is not ours to read."""
        try:
            stored = toml.loads(self._description.read_text()).get("metadata", {})
        except (OSError, toml.TomlDecodeError, UnicodeDecodeError):
            return {}
        return {name: value for name, value in stored.items() if isinstance(value, str)}

    def begin(self) -> Path:
        """An empty directory to fill; whatever was restored is gone."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._description.unlink(missing_ok=True)
        self.path.mkdir(parents=True)
        return self.path

    def finish(self, types: Types, metadata: Mapping[str, str]) -> None:
        """Declare it. Metadata are strings only: the lifecycle returns numbers as floats."""
        table = {
            "types": {"launch": types.launch, "build": types.build, "cache": types.cache},
            "metadata": dict(metadata),
        }
        self._description.write_text(toml.dumps(table))

    def write_environment(self, phase: str, variables: Mapping[str, str]) -> None:
        """Files of env.launch or env.build: ``NAME.default``, ``NAME.prepend`` ... to value, verbatim."""
        directory = self.path / f"env.{phase}"
        directory.mkdir(exist_ok=True)
        for name, value in variables.items():
            (directory / name).write_bytes(value.encode(errors="surrogateescape"))


def drop_others(root: Path, kept: set[str]) -> None:
    """Remove restored layers that this build does not know any more."""
    for description in root.glob("*.toml"):
        if description.stem not in kept | {"launch", "build", "store"}:
            description.unlink()
            shutil.rmtree(root / description.stem, ignore_errors=True)
