"""How the wrapper ends on SIGTERM: it answers what was asked, then exits with 0.

Imported by seldon-serve, which is next to it in the image; standard library only, with the syntax
of Python 3.6.
"""

import contextlib
import gc
import importlib
import os
import signal
import sys
import time
from multiprocessing.connection import wait
from multiprocessing.managers import SyncManager
from typing import Any, Callable, List, NoReturn, Optional

# Long enough for any request worth waiting for, and gunicorn's own default. The platform's own
# timeout is shorter (docker: 10 s).
GRACE_SECONDS = 30.0


def drain_on_sigterm(microservice: Any, stop_serving: Callable[[Any, float], None]) -> None:
    """Let the wrapper's processes finish their requests on SIGTERM.

    The signal may be sent to one or to all of them. ``stop_serving`` is called with a gRPC server
    before it refuses requests, and with the seconds it may take.
    Without this, the process that holds the metrics ends first, so that REST requests in flight
    fail with 500; the gRPC processes drop theirs; and if only the main process is signalled, it
    waits for the gRPC ones forever. Three of the wrapper's functions are wrapped in memory, all of
    which exist from seldon-core 1.10 to 1.18. gunicorn and grpc can drain requests; they only have
    to be told to.
    """
    metrics: Any = importlib.import_module("seldon_core.metrics")
    servers: Any = importlib.import_module("seldon_core.wrapper")
    metrics.Manager = _manager_that_outlives_requests
    plain_server, plain_start = servers.get_grpc_server, microservice.start_servers

    def get_grpc_server(*args: Any, **kwargs: Any) -> Any:
        server = plain_server(*args, **kwargs)
        _on_signal(lambda: _drain(server, stop_serving))
        return server

    def start_servers(
        rest: Callable[[], None],
        grpc: Optional[Callable[[], None]],
        custom: Any,
        metrics_server: Any,
    ) -> None:
        def grpc_workers() -> None:
            _on_signal(lambda: [worker.terminate() for worker in microservice.mp.active_children()])
            grpc()  # type: ignore[misc]

        def rest_then_grpc() -> None:
            grpc_children = [
                child
                for child in microservice.mp.active_children()
                if child not in before and not child.daemon
            ]
            try:
                rest()
            finally:
                # gunicorn forks its workers inside rest(), and they return from it in the same way.
                if os.getpid() == main_process:
                    _end(grpc_children)
                if sys.version_info >= (3, 7):
                    # Otherwise Python would look for garbage among all loaded objects before it
                    # exits: 0.1 to 0.3 s in each process.
                    gc.freeze()

        share_memory()
        before, main_process = microservice.mp.active_children(), os.getpid()
        plain_start(rest_then_grpc, grpc_workers if grpc else None, custom, metrics_server)

    servers.get_grpc_server = get_grpc_server
    microservice.start_servers = start_servers


def share_memory() -> None:
    """Keep the garbage collector off all objects, so that forked processes share their memory.

    A collection writes to each object it looks at, and so copies the page that the object is on.
    """
    if sys.version_info >= (3, 7):
        gc.freeze()


def _on_signal(act: Callable[[], object]) -> None:
    """Call ``act`` in this process on SIGTERM or SIGINT."""
    # A Python function even if there is nothing to do: if a handler is replaced with SIG_IGN or
    # SIG_DFL while a signal is pending, Python prints a traceback ("ignored due to race
    # condition").
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: (act(), None)[1])


def _manager_that_outlives_requests() -> Any:
    """Return the process that holds the metrics, which ignores SIGTERM.

    The main process ends it once no other process needs it.
    """
    share_memory()
    manager = SyncManager()
    manager.start(signal.signal, (signal.SIGTERM, signal.SIG_IGN))
    return manager


def _drain(server: Any, stop_serving: Callable[[Any, float], None]) -> NoReturn:
    """Accept no more requests, wait for those in flight, and end the process."""
    # A second signal while the server is stopping would wait for a lock that this thread holds.
    _on_signal(lambda: None)
    begin = time.monotonic()
    stop_serving(server, GRACE_SECONDS)
    server.stop(max(0.0, GRACE_SECONDS - (time.monotonic() - begin))).wait()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    # This runs in a signal handler, while the wrapper is waiting: an exception would be printed.
    os._exit(0)


def _end(children: List[Any]) -> None:
    """Terminate these processes repeatedly until they and their children have ended.

    Give up some time after they would have given up themselves.
    """
    # gunicorn's handler would collect their exit codes before multiprocessing could.
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for child in children:
        for _ in range(int(2 * GRACE_SECONDS) + 2):
            if not wait([child.sentinel], 0):
                child.terminate()
                wait([child.sentinel], 0.5)
