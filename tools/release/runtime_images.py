"""The build and run image with the runtime, on those without."""

import json
from pathlib import Path

from tools.core.steps import Workspace
from tools.dev.engine import Engine
from tools.release import images, runtime


def ensure_runtime_images(
    ws: Workspace, engine: Engine, buildpack: Path, released: bool = False
) -> None:
    """Create the build and run image with the runtime, if they are missing.

    The run image gets the runtime itself, the build image only its description.

    Raises:
        ToolError: An image can't be created.
    """
    names, series = images.name_images(ws, released), runtime.read_series(ws)
    folder = runtime.assemble_runtime(ws, series, buildpack)
    dockerfile = images.dockerfiles_folder(ws) / "runtime.Dockerfile"
    bundled = json.loads((buildpack / "bundle/bundle.json").read_text())["pythons"]
    arguments = {
        "stack": series.stack,
        "id": series.id,
        "python": bundled[series.python]["version"],
    }
    description = f"{series.name}/{runtime.DESCRIPTION}"
    images.build_image(
        ws,
        engine,
        names.runtime_run,
        dockerfile,
        names.run,
        {**arguments, "mixins": json.dumps([series.mixin])},
        {"runtime": folder},
    )
    images.build_image(
        ws,
        engine,
        names.runtime_build,
        dockerfile,
        names.build,
        arguments,
        {f"runtime/{description}": folder / description},
    )
