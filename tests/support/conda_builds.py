"""Models with a conda environment, the channels they are built from, and what is inside when they run."""

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.dev.container import started

# Where a build finds the folder of the tests' channels when it has no network.
MOUNTED = "/channels"
FORGE = f"file://{MOUNTED}/forge"
CONDA_LAYER = "/layers/seldon_python/conda"

_LOOKS = """import json
import os
import subprocess
import sys

PROGRAMS = {programs!r}


class Looks:
    def predict(self, X, names=None, meta=None):
        printed = {{name: subprocess.check_output(name, shell=True, universal_newlines=True).strip() for name in PROGRAMS}}
        found = {{"prefix": sys.prefix, "version": sys.version.split()[0], "environment": dict(os.environ), "printed": printed}}
        return [json.dumps(found)]
"""


@dataclass(frozen=True)
class Seen:
    """What a serving model sees: its Python's prefix and version, its variables, and what programs print that it calls."""

    prefix: str
    version: str
    environment: Mapping[str, str]
    printed: Mapping[str, str]


def environment(
    *dependencies: str,
    channels: Iterable[str] = ("conda-forge",),
    pip: Iterable[str] = (),
    more: str = "",
) -> str:
    """The text of an environment.yml; ``more`` stands at its end."""
    lines = [
        "name: of-the-file",
        "channels:",
        *(f"  - {one}" for one in channels),
        "dependencies:",
        *(f"  - {one}" for one in dependencies),
    ]
    section = [f"      - {one}" for one in pip]
    return "\n".join([*lines, *(["  - pip:", *section] if section else [])]) + f"\n{more}"


def looking(*programs: str) -> dict[str, str]:
    """A model that answers with what it sees and what these shell commands print."""
    return {
        "Looks.py": _LOOKS.format(programs=programs),
        ".s2i/environment": "MODEL_NAME=Looks\nSERVICE_TYPE=MODEL\nPERSISTENCE=0\n",
    }


def seen(image: str, *options: str) -> Seen:
    """What the model of ``looking`` answers in a container that is started with docker run's ``options``."""
    with started(image, options) as container:
        container.wait_ready()
        status, answer = container.post("/api/v1.0/predictions", {"data": {"ndarray": [[1]]}})
        assert status == 200, answer
        return Seen(**json.loads(answer["data"]["ndarray"][0]))


def inside(image: str, program: str) -> str:
    """What a shell prints in the image, as root, without the launcher."""
    words = [
        "docker",
        "run",
        "--rm",
        "--user",
        "0",
        "--entrypoint",
        "/bin/sh",
        image,
        "-c",
        program,
    ]
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=120).stdout


def mounted(root: Path) -> tuple[str, ...]:
    """Flags of a build that has the folder of the tests' channels, and no network."""
    return ("--network", "none", "--volume", f"{root}:{MOUNTED}:ro")


def layers(image: str) -> dict[str, str]:
    """The digest of each of the buildpack's layers in an image, by name."""
    words = [
        "docker",
        "image",
        "inspect",
        "-f",
        '{{index .Config.Labels "io.buildpacks.lifecycle.metadata"}}',
        image,
    ]
    metadata = json.loads(
        subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout
    )
    [ours] = [one for one in metadata["buildpacks"] if one["key"] == "seldon/python"]
    return {name: layer["sha"] for name, layer in ours["layers"].items()}


def records(channel: Path) -> Mapping[str, Mapping[str, Any]]:
    """What a channel's lists say of its packages, by ``subdir/file name``."""
    found: dict[str, Mapping[str, Any]] = {}
    for subdir in ("linux-64", "noarch"):
        listed = json.loads((channel / subdir / "repodata.json").read_text())
        found |= {
            f"{subdir}/{name}": record
            for name, record in {**listed["packages"], **listed["packages.conda"]}.items()
        }
    return found


def files_of(channel: Path, *names: str) -> Sequence[str]:
    """The packages of these names and versions (``numpy-1.26.4-py312``, as a file's name starts), as `records` names them."""
    return [
        next(path for path in records(channel) if path.partition("/")[2].startswith(name))
        for name in names
    ]
