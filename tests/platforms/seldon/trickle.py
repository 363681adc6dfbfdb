"""A steady trickle of requests to a Service, from a client that learns of its pods as kube-proxy does."""

import json
import random
import threading
import time
import urllib.request
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from tools.cluster.cluster import Cluster
from tools.steps import ToolError

_REQUEST_SECONDS = 10.0


@dataclass
class Trickle(AbstractContextManager["Trickle"]):
    """One request every ``interval`` seconds, each to a pod that the Service's EndpointSlices have as ready, over a connection of its own.

    kube-proxy is told of a change at once; this client asks every half second, and so is later than that one is.
    """

    cluster: Cluster
    namespace: str
    service: str
    port: str
    interval: float = 0.05
    answers: list[Future[str]] = field(default_factory=list)
    """For each request the answer's text, or the exception."""
    asked: set[str] = field(default_factory=set)
    """The pods' addresses."""
    _addresses: list[str] = field(default_factory=list)
    _end: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> "Trickle":
        self._addresses = self._ready()
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._watch, self._ask)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join(_REQUEST_SECONDS + 20)

    def lost(self) -> list[str]:
        """What went wrong with requests that were not answered with 200, after the end."""
        return [repr(one.exception()) for one in self.answers if one.exception()]

    def _watch(self) -> None:
        while not self._end.wait(0.5):
            try:
                self._addresses = self._ready()
            except ToolError:
                # An API server that is busy: what was known goes on to be used, as a proxy does.
                continue

    def _ask(self) -> None:
        with ThreadPoolExecutor(16) as pool:
            while not self._end.wait(self.interval):
                address = random.choice(self._addresses)
                self.asked.add(address)
                self.answers.append(pool.submit(_answer, address))

    def _ready(self) -> list[str]:
        found = []
        for part in self.cluster.objects("endpointslices", self.namespace, f"kubernetes.io/service-name={self.service}"):
            [port] = [one["port"] for one in part["ports"] if one["name"] == self.port]
            ready: list[dict[str, Any]] = [one for one in part["endpoints"] or [] if one["conditions"]["ready"]]
            found += [f"{one['addresses'][0]}:{port}" for one in ready]
        return found


def _answer(address: str) -> str:
    body = json.dumps({"data": {"ndarray": [[0.25, 0.75]]}}).encode()
    request = urllib.request.Request(f"http://{address}/api/v1.0/predictions", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=_REQUEST_SECONDS) as answer:
        return str(answer.read().decode())


def until(what: str, done: Any, seconds: float) -> None:
    """Return when ``done`` says so. Raises AssertionError when it has not within ``seconds``."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"Not within {seconds:.0f} s: {what}."
        time.sleep(0.2)
