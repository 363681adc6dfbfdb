"""Check a model directory as a build does, and keep nothing: for CI without a registry."""

import hashlib
from pathlib import Path

from tools.core.steps import ToolError, Workspace, run
from tools.release import builder

# As Seldon's operator runs a model: no rights, and only /tmp is writable.
_RUN = ("run", "--rm", "--user", "8888:0", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL")


def try_model(ws: Workspace, model: Path, pythons: tuple[str, ...]) -> None:
    """Build an image of the model, run its process ``try``, and remove the image.

    Raises:
        ToolError: The build or the trial failed; its output says why.
    """
    if not model.is_dir():
        raise ToolError(f"`{model}` is not a directory.", "Name one: make try MODEL=my-model")
    made = builder.create_builder(ws, pythons)
    image = f"seldon-try-{hashlib.sha256(str(model.resolve()).encode()).hexdigest()[:12]}"
    command = (made.pack, "build", image, "--builder", builder.BUILDER, "--path", model)
    environment = dict(builder.make_environment(ws, made.engine))
    try:
        run(*command, *made.engine.pack_flags, env=environment, quiet=False)
        run("docker", *_RUN, "--entrypoint", "try", image, quiet=False)
    finally:
        _remove(image)
    print(f"\n{model} builds, and the model loads. The image is removed.")


def _remove(image: str) -> None:
    """Remove an image, if there is one, and pack's caches for it."""
    if run("docker", "image", "ls", "--quiet", image).strip():
        run("docker", "rmi", "--force", image)
    names = f"name=pack-cache-library_{image}_"
    if caches := run("docker", "volume", "ls", "--quiet", "--filter", names).split():
        run("docker", "volume", "rm", *caches)
