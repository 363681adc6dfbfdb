"""Layers of the buildpack specification: directory, types, metadata and environment.

The lifecycle restores only the metadata of a launch-only layer. To reuse such a layer, declare its
types again and leave no directory: even an empty one would replace the content that the previous
image has (spec: Buildpack Layers).
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import toml


@dataclass(frozen=True)
class Types:
    """What a layer is used for."""

    launch: bool = False
    build: bool = False
    cache: bool = False


@dataclass(frozen=True)
class Layer:
    """A layer of this buildpack."""

    root: Path
    name: str

    @property
    def path(self) -> Path:
        """Return the layer's directory. It is the same during the build and in the image."""
        return self.root / self.name

    @property
    def _description(self) -> Path:
        return self.root / f"{self.name}.toml"

    def metadata(self) -> dict[str, str]:
        """Return the metadata that the last build wrote.

        Returns {} if there is none or the file is not readable.
        """
        try:
            stored = toml.loads(self._description.read_text()).get("metadata", {})
        except (OSError, toml.TomlDecodeError, UnicodeDecodeError):
            return {}
        return {name: value for name, value in stored.items() if isinstance(value, str)}

    def begin(self) -> Path:
        """Remove the restored layer, and return a new empty directory to fill."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._description.unlink(missing_ok=True)
        self.path.mkdir(parents=True)
        return self.path

    def finish(self, types: Types, metadata: Mapping[str, str]) -> None:
        """Declare the layer's types and metadata.

        Metadata are strings only, because the lifecycle returns numbers as floats.
        """
        table = {
            "types": {"launch": types.launch, "build": types.build, "cache": types.cache},
            "metadata": dict(metadata),
        }
        self._description.write_text(toml.dumps(table))

    def write_environment(self, phase: str, variables: Mapping[str, str]) -> None:
        """Write files to env.launch or env.build.

        ``variables`` maps file names such as ``NAME.default`` and ``NAME.prepend`` to values, which
        are written verbatim.
        """
        directory = self.path / f"env.{phase}"
        directory.mkdir(exist_ok=True)
        for name, value in variables.items():
            (directory / name).write_bytes(value.encode(errors="surrogateescape"))


def drop_others(root: Path, kept: set[str]) -> None:
    """Remove restored layers that this build does not have."""
    for description in root.glob("*.toml"):
        if description.stem not in kept | {"launch", "build", "store"}:
            description.unlink()
            shutil.rmtree(root / description.stem, ignore_errors=True)
