"""What servers of the wrapper do over their life, beyond answering one request: starting, being busy, losing a worker, ending. Part of both_sets.py.

Each scene starts a server of a set on this machine and says in a few words how it went; ``says`` is what it has to be on either set.
No clock decides: a busy model is one that answers once it is told to, and a cap is reached only by a server that hangs.
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
    """A server in a scene: where it listens, its process (the first of a group of its own), its log, and an empty folder."""

    server: Server
    process: "Popen[bytes]"
    log: Path
    folder: Path

    def ping(self, seconds: float) -> str:
        """Whether it answers before that cap."""
        return (
            "answers" if ask(self.server.rest, _PING, seconds).status == 200 else "does not answer"
        )

    def ends(self) -> str:
        """How the process ends; one that does not end by itself prints where each thread is."""
        try:
            return f"ended with {self.process.wait(_CAP_SECONDS)}"
        except TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGABRT)
            self.process.wait(_CAP_SECONDS)
            return f"still there:\n{self.log.read_text(errors='replace')}"

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
    log, folder = scratch / f"{local.pins}.log", scratch / local.pins
    folder.mkdir()
    # Lets ``Running.ends`` ask a server that hangs where its threads are.
    setup = Setup(variables={**scene.variables, "PYTHONFAULTHANDLER": "1"})
    with local.serving(setup, log) as (server, process):
        return scene.act(Running(server, process, log, folder))


_AT_ONCE = Request("/predict", {"jsonData": {"sleep": 0}})


@dataclass(frozen=True)
class Asked:
    """Requests on their way, each in a thread, and the answers that have come."""

    threads: Sequence[threading.Thread]
    answers: list[Answer]

    def all(self) -> Sequence[Answer]:
        """Return every answer, once all have come."""
        for thread in self.threads:
            thread.join()
        return self.answers


def _asked(running: Running, requests: Sequence[Request]) -> Asked:
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda one=request: answers.append(ask(running.server.rest, one)))
        for request in requests
    ]
    for thread in threads:
        thread.start()
    return Asked(threads, answers)


def _held(running: Running, requests: int = 1, begun: int = 1) -> Asked:
    """Ask the model for answers that it gives after ``_go``; return once it has begun some."""
    asked = _asked(running, [Request("/predict", _holding(running))] * requests)
    _wait_for_begun(running, begun)
    return asked


def _holding(running: Running) -> Mapping[str, Mapping[str, str]]:
    return {"jsonData": {"hold": str(running.folder)}}


def _wait_for_begun(running: Running, number: int) -> None:
    end = time.monotonic() + _CAP_SECONDS
    while len(list(running.folder.glob("begun-*"))) < number:
        assert time.monotonic() < end, running.log.read_text(errors="replace")
        time.sleep(0.01)


def _go(running: Running) -> None:
    (running.folder / "go").touch()


def _starts(running: Running) -> Sequence[str]:
    return [running.ping(5), running.complaints()]


def _told_to_end(everybody: bool) -> Callable[[Running], Sequence[str]]:
    def act(running: Running) -> Sequence[str]:
        asked = _held(running)
        (os.killpg if everybody else os.kill)(running.process.pid, signal.SIGTERM)
        # Time for the signal to do harm.
        time.sleep(0.5)
        _go(running)
        return [f"in flight: {asked.all()[0].status}", running.ends(), running.complaints()]

    return act


def _interrupted(running: Running) -> Sequence[str]:
    os.killpg(running.process.pid, signal.SIGINT)
    return [running.ends()]


def _told_to_end_with_an_idle_connection(running: Running) -> Sequence[str]:
    host, _, port = running.server.rest.partition(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"GET /health/ping HTTP/1.1\r\nHost: h\r\n\r\n")
        first = connection.recv(12)
        os.killpg(running.process.pid, signal.SIGTERM)
        # The cap is long before the 60 s that the connection may be kept for.
        return [first.decode(), running.ends()]


def _a_worker_dies(running: Running) -> Sequence[str]:
    died = ask(running.server.rest, Request("/predict", {"jsonData": {"die": 1}}))
    answers = [ask(running.server.rest, _AT_ONCE).status for _ in range(4)]
    return [f"the one it dies of: {died.status}", f"those after: {answers}"]


def _many_at_once(running: Running) -> Sequence[str]:
    # However the two workers share them, one has to hold four at once.
    asked = _held(running, requests=8, begun=4)
    _go(running)
    return [f"answers: {sorted(answer.status for answer in asked.all())}"]


def _workers_are_renewed(running: Running) -> Sequence[str]:
    return [f"answers: {[ask(running.server.rest, _AT_ONCE).status for _ in range(12)]}"]


def _beside(
    sent: bytes, connections: int, seconds: float | None = None
) -> Callable[[Running], Sequence[str]]:
    """Another client asks, and waits for so long, while some have sent this and no more."""

    def act(running: Running) -> Sequence[str]:
        host, _, port = running.server.rest.partition(":")
        held = [socket.create_connection((host, int(port))) for _ in range(connections)]
        try:
            for connection in held:
                connection.sendall(sent)
            time.sleep(0.2)
            return [f"another client: {running.ping(seconds or _CAP_SECONDS)}"]
        finally:
            for connection in held:
                connection.close()

    return act


def _large_messages(running: Running) -> Sequence[str]:
    answers = [
        ask(running.server.rest, Request("/predict", {"strData": "a" * size * 10**6}))
        for size in (1, 50)
    ]
    together = _asked(running, [Request("/predict", {"strData": "a" * 20 * 10**6})] * 4).all()
    return [
        f"{answer.status} of {len(answer.body) // 10**6} MB" for answer in (*answers, *together)
    ]


def _probed_while_busy(workers: int, queued: int) -> Callable[[Running], Sequence[str]]:
    """Probes while each worker is busy and other requests wait; and what becomes of those."""

    def act(running: Running) -> Sequence[str]:
        asked = _held(running, requests=workers + queued, begun=workers)
        probes = [running.ping(_CAP_SECONDS) for _ in range(9)]
        too_late = len(asked.answers)
        _go(running)
        statuses = [str(answer.status) for answer in asked.all()]
        return [f"{set(probes)} before {too_late} answers", *statuses, running.complaints()]

    return act


def _grpc_health(running: Running) -> Sequence[str]:
    """Health over gRPC while the model is busy, and once it is to end; both requests are answered."""
    held = _message("hold", str(running.folder))
    with grpc.insecure_channel(running.server.grpc) as channel:
        check = channel.unary_unary("/grpc.health.v1.Health/Check")
        predict = channel.unary_unary("/seldon.protos.Model/Predict")
        first = predict.future(held, wait_for_ready=True)
        _wait_for_begun(running, 1)
        statuses = [
            check(request, _CAP_SECONDS) for request in (b"", b"\x0a\x13seldon.protos.Model")
        ]
        os.killpg(running.process.pid, signal.SIGTERM)
        statuses.append(_first_other(lambda: check(b"", _CAP_SECONDS), _SERVING))
        second = predict.future(held)
        early = first.done()
        _go(running)
        answers = [bool(call.result(_CAP_SECONDS)) for call in (first, second)]
    return [str(statuses), f"answered early: {early}", f"answers: {answers}", running.ends()]


def _message(key: str, value: str) -> bytes:
    """Return a SeldonMessage with jsonData of one text."""

    def delimited(number: int, content: bytes) -> bytes:
        """Return a field of a message: its tag, its length as a varint of two bytes, its content."""
        size = len(content)
        return bytes([number << 3 | 2, size & 127 | 128, size >> 7]) + content

    # SeldonMessage.jsonData, Value.struct_value, Struct.fields, its key and value, Value.string_value.
    text = delimited(3, value.encode())
    entry = delimited(1, key.encode()) + delimited(2, text)
    return delimited(6, delimited(5, delimited(1, entry)))


def _first_other(answer: Callable[[], bytes], than: bytes) -> bytes:
    """Ask until the answer is another one, or the cap is reached."""
    end = time.monotonic() + _CAP_SECONDS
    while (given := answer()) == than and time.monotonic() < end:
        time.sleep(0.01)
    return given


def _wrong_paths(running: Running) -> Sequence[str]:
    asked = (("GET", "/nowhere"), ("POST", "/nowhere"), ("PUT", "/predict"), ("GET", "/"))
    answers = [ask(running.server.rest, Request(path, method=method)) for method, path in asked]
    return [f"{answer.status} {json.loads(answer.body)['status']['reason']}" for answer in answers]


# Only a server that hangs reaches it.
_CAP_SECONDS = 20.0
_SERVING, _NOT_SERVING = b"\x08\x01", b"\x08\x02"
_HEAD = b"POST /predict HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
_PINGED = b"GET /health/ping HTTP/1.1\r\nHost: h\r\n\r\n"
_PROBED = "{'answers'} before 0 answers"
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
        (f"answers: {[200] * 8}",),
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
        _beside(b"", 2, 1.5), ("another client: does not answer",), _TWO
    ),
    "probes while the model is busy": Scene(
        _probed_while_busy(1, 2), (_PROBED, *["200"] * 3, "no complaint")
    ),
    "probes while two workers are busy": Scene(
        _probed_while_busy(2, 2),
        (_PROBED, *["200"] * 4, "no complaint"),
        {"GUNICORN_WORKERS": "2"},
    ),
    "health over gRPC": Scene(
        _grpc_health,
        (
            f"{[_SERVING, _SERVING, _NOT_SERVING]}",
            "answered early: False",
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
