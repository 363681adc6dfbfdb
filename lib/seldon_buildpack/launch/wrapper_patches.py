"""What of the wrapper runs otherwise than it was written: its functions are wrapped in memory, its files stay as they are.

How it is imported, how its processes end, when Python looks for garbage, and what a client of the current set of pins (docs/wrapper.md) would see otherwise.
Imported by seldon-serve, beside which it lies in the image; standard library, syntax of Python 3.6.
"""

import contextlib
import gc
import importlib
import importlib.util
import os
import signal
import sys
import types
from multiprocessing.connection import wait
from multiprocessing.managers import SyncManager
from typing import Any, Callable, Iterator, List, NoReturn, Optional, Sequence

# Long enough for any request worth waiting for, gunicorn's own default; the platform's patience ends sooner (docker: 10 s).
GRACE_SECONDS = 30.0
# How many objects may be made before Python looks for garbage among them, while everything is loaded: hardly anything that is
# imported is garbage, and looking for it takes a tenth of the time from start to the first answer (0.12 s with scikit-learn).
LOADING_OBJECTS = 200000


def end_in_order(microservice: Any) -> None:
    """Make the wrapper's processes end without losing a request when they are told to (SIGTERM, to one or to all of them).

    As it is, the process that holds the metrics ends first, so that REST requests in flight fail with 500; the gRPC processes
    drop theirs; and a main process that is told alone waits for the gRPC ones for ever. Three of the wrapper's functions are
    wrapped in memory, all of them there from seldon-core 1.10 to 1.18: gunicorn and grpc know how to drain, they are only asked.
    """
    metrics: Any = importlib.import_module("seldon_core.metrics")
    servers: Any = importlib.import_module("seldon_core.wrapper")
    metrics.Manager = _manager_that_outlives_requests
    plain_server, plain_start = servers.get_grpc_server, microservice.start_servers

    def get_grpc_server(*args: Any, **kwargs: Any) -> Any:
        server = plain_server(*args, **kwargs)
        _when_told(lambda: _drain(server))
        return server

    def start_servers(
        rest: Callable[[], None],
        grpc: Optional[Callable[[], None]],
        custom: Any,
        metrics_server: Any,
    ) -> None:
        def grpc_workers() -> None:
            _when_told(lambda: [worker.terminate() for worker in microservice.mp.active_children()])
            grpc()  # type: ignore[misc]

        def rest_then_grpc() -> None:
            others = [
                child
                for child in microservice.mp.active_children()
                if child not in before and not child.daemon
            ]
            try:
                rest()
            finally:
                # gunicorn forks its workers inside of rest(), and they leave it the same way.
                if os.getpid() == main_process:
                    _end(others)
                if sys.version_info >= (3, 7):
                    # Python would search all that is loaded for garbage before it ends: 0.1 to 0.3 s in each process.
                    gc.freeze()

        before, main_process = microservice.mp.active_children(), os.getpid()
        plain_start(rest_then_grpc, grpc_workers if grpc else None, custom, metrics_server)

    servers.get_grpc_server = get_grpc_server
    microservice.start_servers = start_servers


def import_wrapper() -> Any:
    """The wrapper's main module, without the whole of setuptools for what is hardly used: 40 ms of each start.

    The wrapper takes one function from distutils, which is setuptools' own from Python 3.12 on; gunicorn 20 needs pkg_resources only for
    servers that are named by an entry point. The model finds both as they are.
    """
    _load_when_used("pkg_resources")
    try:
        with _one_function_of_distutils():
            return importlib.import_module("seldon_core.microservice")
    except ImportError as error:
        # Some other package that is imported with it asks for more.
        if not (error.name or "").startswith("distutils"):
            raise
    return importlib.import_module("seldon_core.microservice")


def _load_when_used(name: str) -> None:
    spec = importlib.util.find_spec(name)
    if name in sys.modules or spec is None or spec.loader is None:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])


@contextlib.contextmanager
def _one_function_of_distutils() -> Iterator[None]:
    if sys.version_info < (3, 12):
        yield
        return
    package, util = types.ModuleType("distutils"), types.ModuleType("distutils.util")
    util.strtobool = strtobool  # type: ignore[attr-defined]
    stand_ins = {"distutils": package, "distutils.util": util}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]


def strtobool(value: str) -> int:
    """1 or 0 for a word that means so (distutils.util of Python 3.11). Raises ValueError for any other."""
    word = value.lower()
    if word in ("y", "yes", "t", "true", "on", "1"):
        return 1
    if word in ("n", "no", "f", "false", "off", "0"):
        return 0
    raise ValueError("invalid truth value {!r}".format(value))


def look_for_less_garbage() -> Sequence[int]:
    """Put off looking for garbage while everything is loaded; returns the collector's thresholds as they were."""
    usual = gc.get_threshold()
    gc.set_threshold(LOADING_OBJECTS, *usual[1:])
    return usual


def look_for_garbage_again(microservice: Any, thresholds: Sequence[int]) -> None:
    """Set the collector's thresholds back when the model is loaded, unless the model has chosen some of its own."""
    while_loading, plain_start = gc.get_threshold(), microservice.start_servers

    def start_servers(*servers: Any) -> None:
        if gc.get_threshold() == while_loading:
            gc.set_threshold(*thresholds)
        plain_start(*servers)

    microservice.start_servers = start_servers


def answer_as_before() -> None:
    """Give a client of Flask 3, Werkzeug 3, gunicorn 27 and prometheus-client 0.2x the answers that it had from those of seldon-core's own pins.

    On those pins nothing changes. tests/images/both_sets.py holds the two to each other.
    """
    servers: Any = importlib.import_module("seldon_core.wrapper")
    gunicorn: Any = importlib.import_module("gunicorn.config")
    if hasattr(gunicorn, "ControlSocketDisable"):
        # Both of the wrapper's servers would listen at the same path below HOME, which may not be written to.
        gunicorn.ControlSocketDisable.default = True
    # The body is the same; releases from 0.22 on call it version 1.0.0.
    importlib.import_module(
        "prometheus_client.exposition"
    ).CONTENT_TYPE_LATEST = "text/plain; version=0.0.4; charset=utf-8"  # type: ignore[attr-defined]
    if hasattr(servers, "_set_flask_app_configs"):
        servers._set_flask_app_configs = _configured_as_before(servers._set_flask_app_configs)


def _configured_as_before(plain: Callable[[Any], None]) -> Callable[[Any], None]:
    flask: Any = importlib.import_module("flask")
    exceptions: Any = importlib.import_module("werkzeug.exceptions")

    class Request(flask.Request):  # type: ignore[misc]
        def on_json_loading_failed(self, e: Optional[ValueError]) -> Any:
            """A request without JSON is a bad one, status 400; Werkzeug 2.3 made 415 of it, which the wrapper turns into 500."""
            if e is None:
                raise exceptions.BadRequest()
            return super().on_json_loading_failed(e)

    def configure(app: Any) -> None:
        app.request_class = Request
        # Flask 3.1 takes no more than 500 kB in a field of a form.
        app.config["MAX_FORM_MEMORY_SIZE"] = None
        plain(app)
        # Settings of the wrapper (FLASK_JSON_SORT_KEYS ...) that Flask 2.3 reads here and no longer in its configuration.
        provider = getattr(app, "json", None)
        for name, attribute in (("JSON_SORT_KEYS", "sort_keys"), ("JSON_AS_ASCII", "ensure_ascii")):
            if provider is not None and app.config.get(name) is not None:
                setattr(provider, attribute, bool(app.config[name]))
        if provider is not None and app.config.get("JSONIFY_PRETTYPRINT_REGULAR") is not None:
            provider.compact = not app.config["JSONIFY_PRETTYPRINT_REGULAR"]

    return configure


def _when_told(act: Callable[[], object]) -> None:
    """Call ``act`` in this process when it is asked to end."""
    # A Python function even where there is nothing to do: exchanged for SIG_IGN or SIG_DFL while a signal is on its way,
    # Python prints a traceback ("ignored due to race condition").
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: (act(), None)[1])


def _manager_that_outlives_requests() -> Any:
    """The process that holds the metrics. It ends when the main process has seen to it that nobody needs it any more."""
    manager = SyncManager()
    manager.start(signal.signal, (signal.SIGTERM, signal.SIG_IGN))
    return manager


def _drain(server: Any) -> NoReturn:
    """Take no more requests, wait for the answers to those that are here, and end the process."""
    # Told again while the server is being stopped, this would wait for a lock that it holds itself.
    _when_told(lambda: None)
    server.stop(GRACE_SECONDS).wait()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    # This runs inside a signal handler, in the middle of the wrapper's waiting: an exception would be printed.
    os._exit(0)


def _end(children: List[Any]) -> None:
    """Tell these processes to end until they and theirs have; give up some time after they would have given up themselves."""
    # gunicorn's handler would take their exit codes before multiprocessing could.
    signal.signal(signal.SIGCHLD, lambda *_: None)
    for child in children:
        for _ in range(int(2 * GRACE_SECONDS) + 2):
            if not wait([child.sentinel], 0):
                child.terminate()
                wait([child.sentinel], 0.5)
