"""How soon an image answers what may not wait: probes while the model is busy, and a save under ``dev``."""

import contextlib
import functools
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

from tests.benchmarks.promises import Promise
from tests.benchmarks.timing import median
from tests.benchmarks.ways import Way
from tools.core.steps import ToolError, announce
from tools.dev import container
from tools.dev.container import Container

BUSY_IMAGE, DEV_IMAGE = "seldon-bench-busy", "seldon-bench-dev"
_PROBES, _SAVES = 9, 5
_PROBE_SECONDS, _SAVE_SECONDS = 0.05, 2.0
_CAP_SECONDS = 20.0
_BUSY = """
import time


class Busy:
    def predict(self, X, names=None):
        print("begun", flush=True)
        time.sleep(2)
        return X
"""
_QUESTION = {"data": {"ndarray": [[1.0, 2.0]]}}


@dataclass(frozen=True, kw_only=True)
class Responses:
    """Seconds of each probe over REST and gRPC, and from each save to the first answer of the saved code."""

    rest_probes: Sequence[float]
    grpc_probes: Sequence[float]
    saves: Sequence[float]


def measure(pack: Way, samples: Path, scratch: Path) -> Responses:
    """Build two small models and ask them.

    Raises:
        ToolError: A server does not answer.
    """
    busy, dev = scratch / "busy", scratch / "dev"
    busy.mkdir()
    (busy / "Busy.py").write_text(_BUSY)
    shutil.copytree(samples / "minimal", dev)
    with announce("Probes of a busy model, and saves under dev"):
        pack.build(BUSY_IMAGE, busy)
        pack.build(DEV_IMAGE, dev)
        rest, grpc_probes = _probe(BUSY_IMAGE)
        return Responses(rest_probes=rest, grpc_probes=grpc_probes, saves=_save(DEV_IMAGE, dev))


def check(figures: Responses) -> Iterator[Promise]:
    """Every promise about them."""
    for protocol, taken in (("REST", figures.rest_probes), ("gRPC", figures.grpc_probes)):
        middle, longest = (1000 * number for number in (median(taken), max(taken)))
        yield Promise(
            f"a probe over {protocol} is answered in less than {1000 * _PROBE_SECONDS:.0f} ms while the only worker is busy",
            f"{middle:.1f} ms, at most {longest:.1f} ms",
            median(taken) < _PROBE_SECONDS,
        )
    yield Promise(
        f"dev: a save is served in less than {_SAVE_SECONDS:.0f} s",
        f"{median(figures.saves):.2f} s, at most {max(figures.saves):.2f} s",
        median(figures.saves) < _SAVE_SECONDS,
    )


def _probe(image: str) -> tuple[Sequence[float], Sequence[float]]:
    """Return the seconds of probes over REST and gRPC, all of them taken while the model is busy."""
    with container.started(image) as running:
        running.wait_ready()
        rest = _while_busy(running, lambda: running.get("/health/ping"))
        with grpc.insecure_channel(running.grpc_address) as channel:
            check_health = channel.unary_unary("/grpc.health.v1.Health/Check")
            check_health(b"", _CAP_SECONDS, wait_for_ready=True)
            return rest, _while_busy(running, lambda: check_health(b"", _CAP_SECONDS))


def _while_busy(running: Container, probe: Callable[[], object]) -> Sequence[float]:
    begun, answers = running.logs().count("begun\n"), list[Any]()
    asking = threading.Thread(
        target=lambda: answers.append(running.post("/predict", _QUESTION, seconds=_CAP_SECONDS))
    )
    asking.start()
    _until(lambda: running.logs().count("begun\n") > begun, running)
    taken = [_seconds(probe) for _ in range(_PROBES)]
    if answers:
        raise ToolError("The model was done before the probes were.", running.logs())
    asking.join()
    return taken


def _save(image: str, source: Path) -> Sequence[float]:
    """Return the seconds from each save of a model's file to its first answer."""
    module, text = source / "RowMeans.py", (source / "RowMeans.py").read_text()
    for folder in (source, source.parent):
        folder.chmod(0o755)
    options = ("--entrypoint", "dev", "-v", f"{source}:/workspace:ro")
    with container.started(image, options) as running:
        running.wait_ready()
        taken = []
        for number in range(1, 1 + _SAVES):
            expected = [[100 * number + 1.5]]
            module.write_text(text.replace("np.mean(", f"{100 * number} + np.mean("))
            begin = time.monotonic()
            _until(functools.partial(_answers, running, expected), running)
            taken.append(time.monotonic() - begin)
        return taken


def _answers(running: Container, expected: Any) -> bool:
    with contextlib.suppress(OSError, ValueError):
        answer = running.post("/predict", _QUESTION, seconds=2)[1]
        return bool(answer["data"]["ndarray"] == expected)
    return False


def _seconds(act: Callable[[], object]) -> float:
    begin = time.monotonic()
    act()
    return time.monotonic() - begin


def _until(holds: Callable[[], bool], running: Container) -> None:
    end = time.monotonic() + _CAP_SECONDS
    while not holds():
        if time.monotonic() > end:
            raise ToolError("The model did not answer.", running.logs())
        time.sleep(0.01)
