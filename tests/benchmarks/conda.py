"""A conda environment, built from the tests' own channel over http.

Nothing stands beside it: neither conda nor mamba or micromamba is to be had from the package registries, and s2i's way needs one of them.
"""

import shutil
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import sizes
from tests.benchmarks.serving import served
from tests.benchmarks.sizes import Added
from tests.benchmarks.timing import Timed, timed
from tests.benchmarks.ways import forget
from tests.support.conda import channel
from tests.support.servers import plain_http
from tools.core.steps import Workspace, announce, run
from tools.release.builder import BUILDER, Builder

SAMPLE, MODULE = "conda", "ColourNames.py"
FIRST, CODE, PIP = "first build", "code-only rebuild", "one more package for pip"
_TAGS = {FIRST: "first", CODE: "code", PIP: "more"}
_ASKED = '{"data": {"ndarray": [[0, 0, 120]]}}'
_IN_FILE, _WITH_ONE_MORE = (
    "      - webcolors==24.11.1\n",
    "      - webcolors==24.11.1\n      - tabulate==0.9.0\n",
)


@dataclass(frozen=True)
class CondaFigures:
    """Runs of each step, starts in seconds, the image's size in bytes, and what a change adds to the image before it."""

    builds: Mapping[str, Sequence[Timed]]
    starts: Sequence[float]
    size: int
    changes: Mapping[str, Added]


def measure(ws: Workspace, made: Builder, scratch: Path, runs: int, starts: int) -> CondaFigures:
    """Build the sample, change its code, change its section `pip:`; then start it. Leaves the images of ``images`` behind. Raises ToolError."""
    builds: dict[str, list[Timed]] = defaultdict(list)
    with plain_http(channel.build(ws)) as url:
        flags = [
            "--builder",
            BUILDER,
            "--no-color",
            "--network",
            "host",
            "--env",
            f"BP_CONDA_CHANNELS={url}/forge",
            *made.engine.pack_flags,
        ]
        for number, name in enumerate(images(runs)):
            source = scratch / f"conda-{number}"
            shutil.copytree(ws.checkout / "samples" / SAMPLE, source)
            forget(name)
            with announce(f"{SAMPLE}: builds, run {number + 1} of {runs}"):
                for step in (FIRST, CODE, PIP):
                    _change(source, step)
                    took = timed([str(made.pack), "build", name, "--path", str(source), *flags])
                    run("docker", "tag", name, f"{name}:{_TAGS[step]}")
                    builds[step].append(took)
                    print(f"    pack  {step:24} {took.seconds:6.1f} s", flush=True)
    first = f"{images(1)[0]}:{_TAGS[FIRST]}"
    with announce(f"{SAMPLE}: {starts} starts"):
        begun = []
        for number in range(starts + 1):
            with served(first, _ASKED) as running:
                # The first start reads the image from the disk.
                begun += [running.first_prediction] if number else []
    with announce(f"{SAMPLE}: sizes"):
        changes = {
            step: sizes.added(f"{images(1)[0]}:{_TAGS[step]}", [first]) for step in (CODE, PIP)
        }
        return CondaFigures(builds, begun, sizes.size(first), changes)


def images(runs: int) -> list[str]:
    """Every name under which ``measure`` has something built."""
    return [f"seldon-bench-conda-{number}" for number in range(runs)]


def _change(source: Path, step: str) -> None:
    if step == CODE:
        with (source / MODULE).open("a") as file:
            file.write("# Changed.\n")
    elif step == PIP:
        path = source / "environment.yml"
        path.write_text(path.read_text().replace(_IN_FILE, _WITH_ONE_MORE))
