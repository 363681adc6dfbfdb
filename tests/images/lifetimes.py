"""What servers of the wrapper do over their life, beyond answering one request: starting, being busy, losing a worker, ending. Part of both_sets.py.

Each scene starts a server of a set on this machine and says in a few words how it went; ``says`` is what it has to be on either set.
"""

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen, TimeoutExpired

import grpc

from tests.images.both_sets import Answer, Local, Server, ask
from tests.images.wrapper_requests import Request, Setup

_PING = Request("/health/ping", method="GET")


@dataclass(frozen=True)
class Running:
    """A server in a scene: where it listens, its process (the first of a group of its own) and its log."""

    server: Server
    process: "Popen[bytes]"
    log: Path

    def ping(self, seconds: float) -> str:
        """Whether it answers in time."""
        begin = time.monotonic()
        answer = ask(self.server.rest, _PING, seconds)
        return (
            "answers"
            if answer.status == 200 and time.monotonic() - begin < seconds
            else "does not answer"
        )

    def ends(self, within: float) -> str:
        """How the process ends."""
        try:
            return f"ended with {self.process.wait(within)}"
        except TimeoutExpired:
            return f"still there after {within} s"

    def complaints(self) -> str:
        """What of its log is none of a server that is content."""
        log = self.log.read_text(errors="replace")
        return (
            ", ".join(
                word
                for word in ("Traceback", "Warning", " ERROR:", "[ERROR]", "Control socket")
                if word in log
            )
            or "no complaint"
        )


@dataclass(frozen=True)
class Scene:
    """What happens to a server started with these variables, and what is to be said of it."""

    act: Callable[[Running], Sequence[str]]
    says: Sequence[str]
    variables: Mapping[str, str] = field(default_factory=dict)


def play(local: Local, scene: Scene, scratch: Path) -> Sequence[str]:
    """What is said of the scene on this set."""
    log = scratch / f"{local.pins}.log"
    with local.serving(Setup(variables=scene.variables), log) as (server, process):
        return scene.act(Running(server, process, log))


def _sleep(seconds: float) -> Request:
    return Request("/predict", {"jsonData": {"sleep": seconds}})


def _asked(
    running: Running, requests: Sequence[Request]
) -> tuple[list[threading.Thread], list[Answer]]:
    """Requests on their way, each in a thread, and the list that their answers come to."""
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda one=request: answers.append(ask(running.server.rest, one)))
        for request in requests
    ]
    for thread in threads:
        thread.start()
    return threads, answers


def _all(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        thread.join()


def _starts(running: Running) -> Sequence[str]:
    return [running.ping(5), running.complaints()]


def _told_to_end(everybody: bool) -> Callable[[Running], Sequence[str]]:
    def act(running: Running) -> Sequence[str]:
        threads, answers = _asked(running, [_sleep(1)])
        time.sleep(0.4)
        (os.killpg if everybody else os.kill)(running.process.pid, signal.SIGTERM)
        _all(threads)
        return [f"in flight: {answers[0].status}", running.ends(3), running.complaints()]

    return act


def _interrupted(running: Running) -> Sequence[str]:
    os.killpg(running.process.pid, signal.SIGINT)
    return [running.ends(3)]


def _told_to_end_with_an_idle_connection(running: Running) -> Sequence[str]:
    host, _, port = running.server.rest.partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"GET /health/ping HTTP/1.1\r\nHost: h\r\n\r\n")
        first = connection.recv(12)
        os.killpg(running.process.pid, signal.SIGTERM)
        # Long before the 60 s that the connection may be kept for.
        return [first.decode(), running.ends(10)]


def _a_worker_dies(running: Running) -> Sequence[str]:
    died = ask(running.server.rest, Request("/predict", {"jsonData": {"die": 1}}))
    answers = [ask(running.server.rest, _sleep(0)).status for _ in range(4)]
    return [f"the one it dies of: {died.status}", f"those after: {answers}"]


def _many_at_once(running: Running) -> Sequence[str]:
    begin = time.monotonic()
    threads, answers = _asked(running, [_sleep(0.5)] * 8)
    _all(threads)
    took = time.monotonic() - begin
    return [
        f"answers: {sorted(answer.status for answer in answers)}",
        "side by side" if took < 2.5 else f"one after the other, {took:.1f} s",
    ]


def _workers_are_renewed(running: Running) -> Sequence[str]:
    return [f"answers: {[ask(running.server.rest, _sleep(0)).status for _ in range(12)]}"]


def _beside(sent: bytes, connections: int) -> Callable[[Running], Sequence[str]]:
    """Another client asks while some have sent this and no more."""

    def act(running: Running) -> Sequence[str]:
        host, _, port = running.server.rest.partition(":")
        held = [socket.create_connection((host, int(port))) for _ in range(connections)]
        try:
            for connection in held:
                connection.sendall(sent)
            time.sleep(0.2)
            return [f"another client: {running.ping(1.5)}"]
        finally:
            for connection in held:
                connection.close()

    return act


def _large_messages(running: Running) -> Sequence[str]:
    answers = [
        ask(running.server.rest, Request("/predict", {"strData": "a" * size * 10**6}))
        for size in (1, 50)
    ]
    threads, together = _asked(running, [Request("/predict", {"strData": "a" * 20 * 10**6})] * 4)
    _all(threads)
    return [
        f"{answer.status} of {len(answer.body) // 10**6} MB" for answer in (*answers, *together)
    ]


def _probed_while_busy(queued: int) -> Callable[[Running], Sequence[str]]:
    """Probes while one request is answered and others wait; and what becomes of those."""

    def act(running: Running) -> Sequence[str]:
        threads, answers = _asked(running, [_sleep(1)] * (1 + queued))
        time.sleep(0.4)
        seconds = []
        for _ in range(9):
            begin = time.monotonic()
            assert ask(running.server.rest, _PING).status == 200
            seconds.append(time.monotonic() - begin)
        _all(threads)
        probes = "probes in time" if sorted(seconds)[4] < _PROBE_SECONDS else f"{seconds}"
        return [probes, *(str(answer.status) for answer in answers), running.complaints()]

    return act


def _grpc_health(running: Running) -> Sequence[str]:
    """Health over gRPC while the model is busy, and once it is to end; both requests are answered."""
    with grpc.insecure_channel(running.server.grpc) as channel:
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        predict = channel.unary_unary("/seldon.protos.Model/Predict")
        first = predict.future(_SLEEP)
        time.sleep(0.4)
        begin = time.monotonic()
        statuses = [check(request) for request in (b"", b"\x0a\x13seldon.protos.Model")]
        in_time = time.monotonic() - begin < 2 * _PROBE_SECONDS
        os.killpg(running.process.pid, signal.SIGTERM)
        time.sleep(0.2)
        statuses.append(check(b""))
        answers = [bool(call.result(10)) for call in (first, predict.future(_SLEEP))]
    return [str(statuses), f"in time: {in_time}", f"answers: {answers}", running.ends(5)]


def _wrong_paths(running: Running) -> Sequence[str]:
    asked = (("GET", "/nowhere"), ("POST", "/nowhere"), ("PUT", "/predict"), ("GET", "/"))
    answers = [ask(running.server.rest, Request(path, method=method)) for method, path in asked]
    return [f"{answer.status} {json.loads(answer.body)['status']['reason']}" for answer in answers]


# The least timeout of a probe in Kubernetes is 1 s.
_PROBE_SECONDS = 0.05
_SERVING, _NOT_SERVING = b"\x08\x01", b"\x08\x02"
# A SeldonMessage with jsonData of {"sleep": 1.0}.
_SLEEP = b"2\x16*\x14\n\x12\n\x05sleep\x12\t\x11\x00\x00\x00\x00\x00\x00\xf0?"
_HEAD = b"POST /predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
_PINGED = b"GET /health/ping HTTP/1.1\r\nHost: h\r\n\r\n"
_ENDS_WELL = ("in flight: 200", "ended with 0", "no complaint")
_TWO = {"GUNICORN_THREADS": "2"}
_KEPT = {**_TWO, "GUNICORN_KEEPALIVE": "60"}

SCENES: Mapping[str, Scene] = {
    "it starts": Scene(_starts, ("answers", "no complaint")),
    "several workers start": Scene(
        _starts,
        ("answers", "no complaint"),
        {"GUNICORN_WORKERS": "3", "GRPC_WORKERS": "2", "GUNICORN_THREADS": "2"},
    ),
    "all are told to end during a request": Scene(_told_to_end(everybody=True), _ENDS_WELL),
    "all are told to end during a request, several workers": Scene(
        _told_to_end(everybody=True), _ENDS_WELL, {"GUNICORN_WORKERS": "3"}
    ),
    "all are told to end during a request, threads": Scene(
        _told_to_end(everybody=True), _ENDS_WELL, _TWO
    ),
    "the first alone is told to end during a request": Scene(
        _told_to_end(everybody=False), _ENDS_WELL
    ),
    "it is interrupted": Scene(_interrupted, ("ended with 0",)),
    "it is told to end while a connection is kept alive": Scene(
        _told_to_end_with_an_idle_connection, ("HTTP/1.1 200", "ended with 0"), _KEPT
    ),
    "a worker dies": Scene(
        _a_worker_dies, ("the one it dies of: 0", "those after: [200, 200, 200, 200]")
    ),
    "many ask at once": Scene(
        _many_at_once,
        (f"answers: {[200] * 8}", "side by side"),
        {"GUNICORN_WORKERS": "2", "GUNICORN_THREADS": "4"},
    ),
    "workers are renewed after 3 requests": Scene(
        _workers_are_renewed,
        (f"answers: {[200] * 12}",),
        {"GUNICORN_MAX_REQUESTS": "3", "GUNICORN_WORKERS": "2"},
    ),
    "a client sends no body": Scene(_beside(_HEAD, 1), ("another client: answers",), _TWO),
    # Neither gunicorn reads ahead of its threads: a silent client holds one (docs/wrapper.md).
    "as many clients as threads send nothing": Scene(
        _beside(b"", 2), ("another client: does not answer",), _TWO
    ),
    "probes while the model is busy": Scene(
        _probed_while_busy(2), ("probes in time", *["200"] * 3, "no complaint")
    ),
    "probes while two workers are busy": Scene(
        _probed_while_busy(3),
        ("probes in time", *["200"] * 4, "no complaint"),
        {"GUNICORN_WORKERS": "2"},
    ),
    "health over gRPC": Scene(
        _grpc_health,
        (
            f"{[_SERVING, _SERVING, _NOT_SERVING]}",
            "in time: True",
            "answers: [True, True]",
            "ended with 0",
        ),
    ),
    "wrong paths": Scene(
        _wrong_paths,
        (
            "404 MICROSERVICE_NOT_FOUND",
            "404 MICROSERVICE_NOT_FOUND",
            "405 MICROSERVICE_METHOD_NOT_ALLOWED",
            "404 MICROSERVICE_NOT_FOUND",
        ),
    ),
    "twenty connections are kept alive": Scene(
        _beside(_PINGED, 20), ("another client: answers",), _KEPT
    ),
    "large messages": Scene(
        _large_messages,
        ("200 of 1 MB", "200 of 50 MB", *["200 of 20 MB"] * 4),
        {"GUNICORN_THREADS": "4"},
    ),
}
