"""The two sets of the wrapper's pins beside each other: the same model on each, started in turn and asked in turn."""

import http.client
import subprocess
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.models import Model
from tests.benchmarks.serving import served
from tests.benchmarks.timing import median
from tools.core.steps import announce, run
from tools.release.builder import BUILDER, Builder

SETS = ("upstream", "current")
_REQUESTS = 300
_ROUNDS = 8


@dataclass(frozen=True)
class Speed:
    """Of one set, in seconds: starts from docker run to the first prediction, and the median request of each round."""

    starts: Sequence[float]
    requests: Sequence[float]


def measure(made: Builder, model: Model, samples: Path, starts: int) -> Mapping[str, Speed]:
    """Build the model on each set, and start and ask both in turn. Leaves the images of ``image`` behind. Raises ToolError."""
    with announce(f"{model.name}: on both sets of the wrapper's pins"):
        for pins in SETS:
            words = (
                "build",
                image(pins),
                "--path",
                samples / model.name,
                "--builder",
                BUILDER,
                "--env",
                f"BP_SELDON_PINS={pins}",
            )
            run(made.pack, *words, *made.engine.pack_flags)
        begun: dict[str, list[float]] = defaultdict(list)
        for number in range(starts + 1):
            for pins in SETS if number % 2 else SETS[::-1]:
                with served(image(pins), model.asked) as running:
                    # The first start reads the image from the disk.
                    if number:
                        begun[pins].append(running.first_prediction)
        took: dict[str, list[float]] = defaultdict(list)
        with ExitStack() as stack:
            running_both = {
                pins: stack.enter_context(served(image(pins), model.asked)).id for pins in SETS
            }
            for number in range(_ROUNDS):
                for pins in SETS if number % 2 else SETS[::-1]:
                    took[pins].append(_request(running_both[pins], model.asked))
    return {pins: Speed(begun[pins], took[pins]) for pins in SETS}


def image(pins: str) -> str:
    """The name of the image on that set."""
    return f"seldon-bench-pins-{pins}"


def ratios(speeds: Mapping[str, Speed]) -> tuple[float, float]:
    """The current set's median start and request, as multiples of upstream's."""
    upstream, current = (speeds[pins] for pins in SETS)
    return median(current.starts) / median(upstream.starts), median(current.requests) / median(
        upstream.requests
    )


def _request(container: str, body: str) -> float:
    """The median of many requests, one after the other on one connection."""
    port = subprocess.run(
        ["docker", "port", container, "9000/tcp"],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    ).stdout
    connection = http.client.HTTPConnection(port.split()[0], timeout=10)
    seconds = []
    try:
        for _ in range(_REQUESTS):
            begin = time.monotonic()
            connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
            connection.getresponse().read()
            seconds.append(time.monotonic() - begin)
    finally:
        connection.close()
    return median(seconds)
