"""Probes while the model is busy, and connections that wait for an idle worker: with sockets, but without gunicorn."""

import socket
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from seldon_buildpack.launch.probes import (
    AnsweredClients,
    ConnectionQueue,
    ProbeThread,
    with_probes,
)

PING = b"GET /health/ping HTTP/1.1\r\n\r\n"


class _Worker:
    """A worker of gunicorn, as far as it matters here."""

    def __init__(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
        self.sockets, self.busy_since = [listener], None
        self.queue = ConnectionQueue()

    def connect(self, sent: bytes) -> socket.socket:
        connection = socket.create_connection(self.sockets[0].getsockname(), timeout=5)
        connection.sendall(sent)
        return connection


def _answer(_listener: Any, client: socket.socket, _address: Any) -> None:
    client.recv(1000)
    client.sendall(b"pong")
    client.close()


@pytest.fixture
def worker() -> Iterator[Any]:
    worker = _Worker()
    thread = ProbeThread(worker, _answer)
    thread.start()
    yield worker
    thread.stop()
    assert not thread.is_alive()
    worker.sockets[0].close()


def _next(queue: ConnectionQueue) -> socket.socket:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        first = queue.get()
        if first:
            return first[0]
        time.sleep(0.005)
    raise TimeoutError


def test_a_busy_workers_probe_is_answered(worker: Any) -> None:
    worker.busy_since = time.monotonic() - 1
    with worker.connect(PING) as client:
        assert client.recv(10) == b"pong"


def test_an_idle_worker_accepts_connections_itself(worker: Any) -> None:
    with worker.connect(PING) as client:
        client.settimeout(0.1)
        with pytest.raises(TimeoutError):
            client.recv(10)
    connection, _ = worker.sockets[0].accept()
    connection.close()


def test_other_requests_wait_in_the_queue_in_order(worker: Any) -> None:
    worker.busy_since = time.monotonic() - 1
    for number in range(3):
        worker.connect(b"POST /predict %d" % number)
        time.sleep(0.03)
    assert [_next(worker.queue).recv(100) for _ in range(3)] == [
        b"POST /predict %d" % number for number in range(3)
    ]
    assert worker.queue.get() is None


def test_a_silent_client_holds_up_no_probe(worker: Any) -> None:
    worker.busy_since = time.monotonic() - 1
    with worker.connect(b"") as silent, worker.connect(PING) as client:
        assert client.recv(10) == b"pong"
        silent.sendall(b"POST /late")
        assert _next(worker.queue).recv(100) == b"POST /late"


def test_a_client_that_has_gone_is_forgotten(worker: Any) -> None:
    worker.busy_since = time.monotonic() - 1
    worker.connect(b"").close()
    with worker.connect(PING) as client:
        assert client.recv(10) == b"pong"
    assert worker.queue.get() is None


def test_connections_survive_the_worker_that_accepted_them() -> None:
    worker: Any = _Worker()
    thread = ProbeThread(worker, _answer)
    thread.start()
    worker.busy_since = time.monotonic() - 1
    with worker.connect(b"") as silent:
        time.sleep(0.1)
        thread.stop()
        silent.sendall(b"POST /late")
        assert _next(worker.queue).recv(100) == b"POST /late"


def test_a_full_queue_refuses_and_keeps_the_connection() -> None:
    queue, pairs = ConnectionQueue(), []
    for _ in range(2000):
        pairs.append(socket.socketpair())
        if not queue.put(pairs[-1][0]):
            break
    pairs[-1][0].sendall(b"still open")
    assert pairs[-1][1].recv(100) == b"still open"
    for pair in pairs:
        pair[0].close()
        pair[1].close()


def test_a_worker_handles_what_waits_before_what_is_new() -> None:
    handled: list[str] = []

    class Plain:
        wait_fds: list[Any]

        def accept(self, _listener: Any) -> None:
            handled.append("new")

        def handle(self, _listener: Any, client: Any, _addr: Any) -> None:
            assert self.busy_since is not None  # type: ignore[attr-defined]
            handled.append(str(client))

    worker = with_probes(Plain)()
    waiting = [("first", 1), None]
    worker.queue = SimpleNamespace(get=lambda: waiting.pop(0))
    worker.accept(None)
    worker.accept(None)
    assert (handled, worker.busy_since) == (["first", "new"], None)


def test_the_model_stays_in_the_main_thread() -> None:
    threads: list[threading.Thread] = []

    class Plain:
        def handle(self, *_: Any) -> None:
            threads.append(threading.current_thread())

    with_probes(Plain)().handle(None, None, None)
    assert threads == [threading.current_thread()]


def test_an_answered_client_is_not_waited_for() -> None:
    clients, (ours, theirs) = AnsweredClients(), socket.socketpair()
    ours.sendall(b"the end")
    clients.add(ours)
    clients.close(time.monotonic())
    assert list(clients.connections) == [ours]
    assert theirs.recv(100) == b"the end"
    assert theirs.recv(100) == b""
    theirs.close()
    clients.close(time.monotonic())
    assert (clients.connections, ours.fileno()) == ({}, -1)


def test_an_answered_client_that_stays_is_closed_in_time() -> None:
    clients, (ours, theirs) = AnsweredClients(), socket.socketpair()
    clients.add(ours)
    theirs.sendall(b"more")
    clients.close(time.monotonic())
    assert list(clients.connections) == [ours]
    clients.close(time.monotonic() + 3)
    assert (clients.connections, ours.fileno()) == ({}, -1)
    theirs.close()
