"""REST probes are answered while the model is busy.

gunicorn's worker handles one request at a time, so that a probe would wait for the one before it: a
model that needs longer than the probe's timeout gets no requests, or is restarted. So a second thread
of the worker looks at the connections that arrive while the first one is busy. It answers the probes
among them. The other ones go to a queue that all workers share, and the next idle one handles them,
in order, before new connections. The model is still called by the main thread only. A worker that is
dead, or busy for longer than REST_TIMEOUT, is replaced as before. With GUNICORN_THREADS above 1,
gunicorn's own worker is used. Imported by seldon-serve, which is next to it in the image; standard
library and gunicorn only, with the syntax of Python 3.6.
"""

import array
import contextlib
import importlib
import os
import selectors
import socket
import sys
import threading
import time
from types import SimpleNamespace
from typing import Any, Dict, List, Optional, Tuple

PROBE = b"GET /health/ping "
# Whoever is busy for less will accept the next connection soon.
BUSY_SECONDS = 0.005
# A client that asks for a probe and does not send the rest of it must not hold up other probes.
_CLIENT_SECONDS = 1.0
_MOST_CONNECTIONS = 500
# As long as gunicorn waits for a client to close its connection.
_LINGER_SECONDS = 2.0
# gunicorn imports the worker by name, and uses its own threaded one if the name ends like this.
_MODULE, _WORKER = "_seldon_serve_workers", "ProbedSyncWorker"


def answer_probes_at_once(microservice: Any) -> None:
    """Let gunicorn use a worker that answers probes while the model is busy."""
    application: Any = getattr(microservice, "UserModelApplication", None)
    if application is None:
        return
    sync: Any = importlib.import_module("gunicorn.workers.sync")
    workers: Any = type(sys)(_MODULE)
    setattr(workers, _WORKER, with_probes(sync.SyncWorker))
    sys.modules[_MODULE] = workers

    class UserModelApplication(application):  # type: ignore[misc]
        def load_config(self) -> None:
            """Choose the worker. This runs before gunicorn forks, so that all share the queue."""
            super().load_config()
            workers.__dict__[_WORKER].queue = ConnectionQueue()
            self.cfg.set("worker_class", "{}.{}".format(_MODULE, _WORKER))

    microservice.UserModelApplication = UserModelApplication


class ConnectionQueue:
    """Accepted connections that wait for an idle worker. The kernel keeps them, so none is lost."""

    def __init__(self) -> None:
        self.exit, self._entry = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.exit.setblocking(False)
        self._entry.setblocking(False)

    def put(self, connection: socket.socket) -> bool:
        """Hand over a connection; return whether there was room."""
        content = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [connection.fileno()]))]
        try:
            self._entry.sendmsg([b"c"], content)
        except OSError:
            return False
        connection.close()
        return True

    def get(self) -> Optional[Tuple[socket.socket, Any]]:
        """Return the first connection and its client's address, or None."""
        number = array.array("i", [-1])
        try:
            _, content, _, _ = self.exit.recvmsg(1, socket.CMSG_LEN(number.itemsize))
        except OSError:
            return None
        for _, _, data in content:
            connection = socket.socket(fileno=array.array("i", data)[0])
            connection.set_inheritable(False)
            try:
                return connection, connection.getpeername()
            except OSError:
                connection.close()
        return None


class AnsweredClients:
    """Connections whose clients have their answer, and have not closed them yet.

    gunicorn 25 and later waits for that, so that no client loses the end of its answer. The next
    request need not.
    """

    def __init__(self) -> None:
        self.connections: Dict[socket.socket, float] = {}

    def add(self, connection: socket.socket, *_: Any) -> None:
        """Tell a client that its answer is complete."""
        try:
            connection.shutdown(socket.SHUT_WR)
            connection.setblocking(False)
        except OSError:
            connection.close()
        else:
            self.connections[connection] = time.monotonic() + _LINGER_SECONDS

    def close(self, now: float) -> None:
        """Close the connections of clients that have closed theirs, or have had their time."""
        for connection, deadline in list(self.connections.items()):
            try:
                is_open = bool(connection.recv(65536))
            except BlockingIOError:
                is_open = True
            except OSError:
                is_open = False
            if not is_open or now >= deadline:
                connection.close()
                del self.connections[connection]


class ProbeThread(threading.Thread):
    """Accepts connections while its worker is busy, and answers probes."""

    def __init__(self, worker: Any, answer: Any) -> None:
        super().__init__(name="probes", daemon=True)
        self._worker, self._answer = worker, answer
        self._listener = worker.sockets[0]
        self._selector = selectors.DefaultSelector()
        self._waiting: List[socket.socket] = []
        self._ending, self._wake = os.pipe()

    def stop(self) -> None:
        """End the thread; connections that it has accepted go to the other workers."""
        os.close(self._wake)
        self.join(BUSY_SECONDS * 20)

    def run(self) -> None:
        """Serve until the worker ends."""
        for file in (self._listener, self._ending):
            self._selector.register(file, selectors.EVENT_READ)
        is_open = True
        while is_open:
            for key, _ in self._selector.select(BUSY_SECONDS if self._waiting else None):
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj == self._ending:
                    is_open = False
                else:
                    self._look_at(key.fileobj)
            self._hand_over()
        self._waiting += [
            key.fileobj
            for key in self._selector.get_map().values()
            if isinstance(key.fileobj, socket.socket) and key.fileobj is not self._listener
        ]
        self._hand_over()

    def _accept(self) -> None:
        # Another worker may be idle, or this one soon.
        time.sleep(BUSY_SECONDS)
        since = self._worker.busy_since
        is_full = len(self._selector.get_map()) + len(self._waiting) > _MOST_CONNECTIONS
        if since is None or time.monotonic() - since < BUSY_SECONDS or is_full:
            return
        with contextlib.suppress(OSError):
            connection, _ = self._listener.accept()
            connection.setblocking(False)
            self._selector.register(connection, selectors.EVENT_READ)

    def _look_at(self, connection: Any) -> None:
        """Answer a probe, forget who has gone, and let others wait."""
        self._selector.unregister(connection)
        try:
            start = connection.recv(len(PROBE), socket.MSG_PEEK)
            address = connection.getpeername()
        except OSError:
            start = b""
        if start == PROBE:
            connection.settimeout(_CLIENT_SECONDS)
            self._answer(self._listener, connection, address)
        elif start:
            connection.setblocking(True)
            self._waiting.append(connection)
        else:
            connection.close()

    def _hand_over(self) -> None:
        while self._waiting and self._worker.queue.put(self._waiting[0]):
            del self._waiting[0]


def _close_later(sync_worker: Any, answered: AnsweredClients) -> None:
    """Have gunicorn's worker leave connections open that it would wait for (25 and later).

    In this process only: it is gunicorn's own worker that serves the metrics.
    """
    module: Any = sys.modules[sync_worker.__module__]
    if hasattr(module.util, "close_graceful"):
        functions = dict(vars(module.util), close_graceful=answered.add)
        module.util = SimpleNamespace(**functions)


def with_probes(sync_worker: Any) -> Any:
    """Return a subclass of gunicorn's worker for one request at a time."""

    class ProbedSyncWorker(sync_worker):  # type: ignore[misc]
        queue: ConnectionQueue
        busy_since: Optional[float] = None
        answered = AnsweredClients()
        wait_fds: List[Any]

        def run(self) -> None:
            """Serve until told to end."""
            _close_later(sync_worker, self.answered)
            self.wait_fds.append(self.queue.exit)
            probes = ProbeThread(self, super().handle)
            probes.start()
            try:
                super().run()
            finally:
                probes.stop()
                self.answered.close(time.monotonic() + _LINGER_SECONDS)

        def wait(self, timeout: float) -> Any:
            """Wait for a connection, or for an answered client to close its own."""
            usual = self.wait_fds
            self.wait_fds = [*usual, *self.answered.connections]
            try:
                return super().wait(min(timeout, _LINGER_SECONDS))
            finally:
                self.wait_fds = usual

        def accept(self, listener: Any) -> None:
            """Handle the connection that waits longest."""
            self.answered.close(time.monotonic())
            first = self.queue.get()
            if first:
                self.handle(listener, *first)
            else:
                super().accept(listener)

        def handle(self, listener: Any, client: Any, addr: Any) -> None:
            """Handle a connection in the main thread."""
            self.busy_since = time.monotonic()
            try:
                super().handle(listener, client, addr)
            finally:
                self.busy_since = None

    return ProbedSyncWorker
