"""A steady trickle of requests to a Service: what clients see of a rolling restart."""

import json
import threading
import time
import urllib.request
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType

from tests.platforms.seldon.running import Running

_REQUEST_SECONDS = 10.0
_ROLLOUT_SECONDS = 180


@dataclass(frozen=True)
class Trickle(AbstractContextManager["Trickle"]):
    """One request every ``interval`` seconds, over a connection of its own, so that kube-proxy chooses a pod for each."""

    address: str
    """HOST:PORT of the Service."""
    interval: float = 0.05
    answers: list[Future[str]] = field(default_factory=list)
    """For each request the answer's text, or the exception."""
    _end: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> "Trickle":
        # A Service that is new is refused until kube-proxy knows of it.
        until(f"{self.address} answers", self._answers, 20)
        self._threads.append(threading.Thread(target=self._ask, daemon=True))
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        self._threads[0].join(_REQUEST_SECONDS + 20)

    def lost(self) -> list[str]:
        """What went wrong with requests that were not answered with 200, after the end."""
        count = len(self.answers)
        failed = (
            (number, one.exception())
            for number, one in enumerate(self.answers, 1)
            if one.exception()
        )
        return [f"request {number} of {count}: {error!r}" for number, error in failed]

    def _answers(self) -> bool:
        try:
            return bool(_answer(self.address))
        except OSError:
            return False

    def _ask(self) -> None:
        with ThreadPoolExecutor(16) as pool:
            while not self._end.wait(self.interval):
                self.answers.append(pool.submit(_answer, self.address))


def restart_under_trickle(running: Running, service: str) -> None:
    """Restart the only Deployment while its Service is asked: every request has the same answer."""
    [deployment] = running.names
    spec = running.cluster.get("service", service, running.namespace)["spec"]
    [port] = [one["port"] for one in spec["ports"] if one["name"] == "http"]
    with Trickle(f"{spec['clusterIP']}:{port}") as trickle:
        until("requests are answered", lambda: len(trickle.answers) > 20, 20)
        old = {pod["metadata"]["name"] for pod in running.pods(deployment)}
        running.cluster.kubectl(
            "rollout", "restart", f"deployment/{deployment}", "--namespace", running.namespace
        )
        running.wait_ready(_ROLLOUT_SECONDS)

        def old_ones() -> set[str]:
            return old & {
                pod["metadata"]["name"]
                for pod in running.cluster.objects("pods", running.namespace, f"app={deployment}")
            }

        until("the old pods are gone", lambda: not old_ones(), _ROLLOUT_SECONDS)
        until_then = len(trickle.answers)
        until("requests go on", lambda: len(trickle.answers) > until_then + 20, 20)
    assert trickle.lost() == []
    assert len(trickle.answers) > 200
    assert len({one.result() for one in trickle.answers}) == 1


def _answer(address: str) -> str:
    body = json.dumps({"data": {"ndarray": [[0.25, 0.75]]}}).encode()
    request = urllib.request.Request(
        f"http://{address}/api/v1.0/predictions", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=_REQUEST_SECONDS) as answer:
        return str(answer.read().decode())


def until(what: str, done: Callable[[], bool], seconds: float) -> None:
    """Return when ``done`` says so. Raises AssertionError when it has not within ``seconds``."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"Not within {seconds:.0f} s: {what}."
        time.sleep(0.2)
