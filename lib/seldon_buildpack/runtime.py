"""The runtime: a Python and a wrapper that the run image may contain, so that no layer has to.

`make builder` adds it to the run image, below `/opt/seldon`, and a description of it to the build
image. If the build's run image is certain to contain it, the layers `python` and `python-wrapper`
are links to it (docs/patching-a-fleet.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import toml

from seldon_buildpack.cnb.run_image import RunImage
from seldon_buildpack.messages.errors.runtime import RuntimeModeUnknown
from seldon_buildpack.settings.settings import Settings

VARIABLE = "BP_SELDON_RUNTIME"
ROOT = Path("/opt/seldon")
DESCRIPTION = "runtime.toml"


class Mode(Enum):
    """The valid values of BP_SELDON_RUNTIME."""

    # Use the run image's runtime if it is there.
    AUTO = "auto"
    # Put Python and wrapper into layers.
    LAYERS = "layers"
    # Use the run image's runtime, and fail if it cannot be used.
    RUN_IMAGE = "run-image"


class Presence(Enum):
    """Whether the run image contains the runtime that the build image describes."""

    YES = "yes"
    # The build image describes no runtime.
    NOT_DESCRIBED = "not described"
    # It is another run image.
    OTHER_IMAGE = "other image"
    # The platform does not say which run image it uses.
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """A series of runtimes: only security updates change what is in it."""

    # Its directory in the run image.
    path: Path
    # The run image's label io.buildpacks.base.id.
    id: str
    # The stack id of the build image and the run image.
    stack: str
    # The layers directory that its paths refer to.
    layers: Path
    # The Python minor ("3.12").
    python: str
    # The release of the wrapper, and its pin set.
    seldon_core: str
    pins: str
    # What the tag of the run image has after that of the run image without a runtime.
    tag_suffix: str

    @property
    def cpython(self) -> Path:
        """Return the interpreter's prefix."""
        return self.path / "cpython"

    @property
    def wrapper(self) -> Path:
        """Return the prefix of the wrapper's environment."""
        return self.path / "wrapper"

    @property
    def licenses(self) -> Path:
        """Return the folder with the licenses of all of it."""
        return self.path / "licenses"

    @property
    def series(self) -> str:
        """Return the name of the series ("3.12-s1")."""
        return self.path.name


def read_mode(settings: Settings) -> Mode:
    """Return the value of BP_SELDON_RUNTIME, or AUTO.

    Raises:
        RuntimeModeUnknown: The value is not valid.
    """
    value = settings.text(VARIABLE)
    try:
        return Mode(value.lower() or Mode.AUTO.value)
    except ValueError:
        raise RuntimeModeUnknown(value) from None


def read_described(root: Path = ROOT) -> Runtime | None:
    """Return the runtime that this build image describes, or None."""
    for path in sorted(root.glob(f"*/{DESCRIPTION}")):
        try:
            return _parse(path.parent, toml.loads(path.read_text()))
        except (OSError, toml.TomlDecodeError, UnicodeDecodeError, KeyError):
            continue
    return None


def find_presence(runtime: Runtime | None, run: RunImage, stack_id: str) -> Presence:
    """Return whether the run image contains the runtime.

    ``stack_id`` is the build image's CNB_STACK_ID. From Platform API 0.12 on, the run image's id
    decides. Below, the run image has to be the one that the builder was created with, and the
    builder has to be of the runtime's stack.
    """
    if not runtime:
        return Presence.NOT_DESCRIBED
    if run.target_id is not None:
        return Presence.YES if run.target_id == runtime.id else Presence.OTHER_IMAGE
    if not run.reference or not run.of_builder or stack_id != runtime.stack:
        return Presence.UNKNOWN
    return Presence.YES if run.reference in run.of_builder else Presence.UNKNOWN


def _parse(path: Path, table: Mapping[str, Any]) -> Runtime:
    return Runtime(
        path=path,
        id=str(table["id"]),
        stack=str(table["stack"]),
        layers=Path(str(table["layers"])),
        python=str(table["python"]),
        seldon_core=str(table["seldon_core"]),
        pins=str(table["pins"]),
        tag_suffix=str(table["tag_suffix"]),
    )
