"""Undo what make did: remove the cluster, the images, our engine and the work folder."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.platforms.cluster import platform
from tools.core.steps import ToolError, Workspace, run
from tools.dev import engine
from tools.release import builder, images

CACHE_TAG = "CACHEDIR.TAG"
CACHE_SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55"


def clean(ws: Workspace) -> Iterator[str]:
    """Remove our images, stop our engine, and remove the work folder; yield a line for each.

    Raises:
        ToolError: The work folder is neither the checkout's own .work nor marked by make with a
            CACHEDIR.TAG.
    """
    if not ws.work.exists():
        yield "There is nothing to clean."
        return
    tag = ws.work / CACHE_TAG
    if ws.work != ws.checkout / ".work" and not (
        tag.is_file() and tag.read_text().startswith(CACHE_SIGNATURE)
    ):
        raise ToolError(
            f"{ws.work} has no {CACHE_TAG} and was not created by make.",
            "Remove what you do not need there by hand.",
        )
    if platform.down(ws):
        yield "Stopped the cluster."
    docker = engine.find_engine(ws)
    # Our own engine stores its images in the work folder, which is removed below.
    if docker and not docker.ours:
        made, released = images.name_images(ws), images.name_images(ws, released=True)
        stacked = (
            image
            for of in (released, made)
            for image in (of.lifecycle, of.runtime_build, of.runtime_run, of.build, of.run)
        )
        for name in (builder.BUILDER, *stacked, made.base):
            if images.is_made_here(ws, docker, name):
                run("docker", "image", "rm", "--force", name, env=docker.environment)
                yield f"Removed the image {name}."
    if engine.stop_engine(ws):
        yield "Stopped the Docker engine."
    _unmount(ws.work)
    shutil.rmtree(ws.work)
    yield f"Removed {ws.work}."


def _unmount(folder: Path) -> None:
    """Unmount what a killed engine left mounted."""
    mounts = Path("/proc/mounts")
    for line in reversed(mounts.read_text().splitlines() if mounts.exists() else []):
        place = Path(line.split()[1])
        if place.is_relative_to(folder):
            with contextlib.suppress(OSError):
                subprocess.run(["umount", "--lazy", place], check=False)
