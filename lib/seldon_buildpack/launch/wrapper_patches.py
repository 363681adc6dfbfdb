"""Runtime patches for the Seldon wrapper; installed files are not modified.

They change how it is imported, how its processes end, when Python collects garbage, and what a
client of the current pin set (docs/wrapper.md) would see otherwise. Imported by seldon-serve, which
is next to it in the image; standard library only, with the syntax of Python 3.6.
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
from typing import Any, Callable, Iterator, List, Mapping, NoReturn, Optional, Sequence

# Long enough for any request worth waiting for, and gunicorn's own default. The platform's own
# timeout is shorter (docker: 10 s).
GRACE_SECONDS = 30.0
# The number of new objects that triggers a garbage collection while everything is loaded. Hardly
# any imported object is garbage, and looking for it takes a tenth of the time from start to the
# first answer (0.12 s with scikit-learn).
LOADING_OBJECTS = 200000
_ANNOTATIONS = {
    "GRPC_MAX_MESSAGE_SIZE": "seldon.io/grpc-max-message-size",
    "REST_TIMEOUT": "seldon.io/rest-timeout",
}
# gRPC's options are integers of 32 bits.
_MOST_BYTES = 2147483647


def end_in_order(microservice: Any) -> None:
    """Let the wrapper's processes finish their requests on SIGTERM.

    The signal may be sent to one or to all of them.
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
                # gunicorn forks its workers inside rest(), and they return from it in the same way.
                if os.getpid() == main_process:
                    _end(others)
                if sys.version_info >= (3, 7):
                    # Otherwise Python would look for garbage among all loaded objects before it
                    # exits: 0.1 to 0.3 s in each process.
                    gc.freeze()

        before, main_process = microservice.mp.active_children(), os.getpid()
        plain_start(rest_then_grpc, grpc_workers if grpc else None, custom, metrics_server)

    servers.get_grpc_server = get_grpc_server
    microservice.start_servers = start_servers


def import_wrapper() -> Any:
    """Return the wrapper's main module, imported without most of setuptools.

    This saves 40 ms of each start. The wrapper uses one function of distutils, which setuptools
    provides from Python 3.12 on; gunicorn 20 needs pkg_resources only for servers that are named by
    an entry point. The model finds both modules unchanged.
    """
    _load_when_used("pkg_resources")
    try:
        with _one_function_of_distutils():
            return importlib.import_module("seldon_core.microservice")
    except ImportError as error:
        # Another package that is imported by the wrapper needs more of distutils.
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
    """Return 1 or 0 for a boolean word (distutils.util of Python 3.11).

    Raises:
        ValueError: The value is not a boolean word.
    """
    word = value.lower()
    if word in ("y", "yes", "t", "true", "on", "1"):
        return 1
    if word in ("n", "no", "f", "false", "off", "0"):
        return 0
    raise ValueError("invalid truth value {!r}".format(value))


def look_for_less_garbage() -> Sequence[int]:
    """Postpone garbage collection during loading; return the previous thresholds."""
    usual = gc.get_threshold()
    gc.set_threshold(LOADING_OBJECTS, *usual[1:])
    return usual


def look_for_garbage_again(microservice: Any, thresholds: Sequence[int]) -> None:
    """Restore the garbage collector's thresholds once the model is loaded.

    Thresholds that the model has set itself are kept.
    """
    while_loading, plain_start = gc.get_threshold(), microservice.start_servers

    def start_servers(*servers: Any) -> None:
        if gc.get_threshold() == while_loading:
            gc.set_threshold(*thresholds)
        plain_start(*servers)

    microservice.start_servers = start_servers


def annotate_from_variables(microservice: Any, values: Mapping[str, str]) -> None:
    """Let variables set what the wrapper reads only from the annotations of its pod.

    Seldon's operator mounts the annotations, and they win.
    """
    named = {
        annotation: str(min(int(values[name]), _MOST_BYTES))
        for name, annotation in _ANNOTATIONS.items()
        if values.get(name)
    }
    if named:
        plain = microservice.load_annotations
        microservice.load_annotations = lambda: dict(named, **plain())


def answer_as_before() -> None:
    """Make the current pins answer clients as seldon-core's own pins do.

    The current pins have Flask 3, Werkzeug 3, gunicorn 27 and prometheus-client 0.2x. On
    seldon-core's own pins nothing changes. tests/images/both_sets.py compares the two.
    """
    servers: Any = importlib.import_module("seldon_core.wrapper")
    gunicorn: Any = importlib.import_module("gunicorn.config")
    if hasattr(gunicorn, "ControlSocketDisable"):
        # Both of the wrapper's servers would listen on the same path below HOME, which may be
        # read-only.
        gunicorn.ControlSocketDisable.default = True
    # The body is the same; releases from 0.22 on declare it as version 1.0.0.
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
            """Reject a request without JSON with status 400.

            Werkzeug 2.3 changed this to 415, which the wrapper turns into 500.
            """
            if e is None:
                raise exceptions.BadRequest()
            return super().on_json_loading_failed(e)

    def configure(app: Any) -> None:
        app.request_class = Request
        # Flask 3.1 limits a form field to 500 kB.
        app.config["MAX_FORM_MEMORY_SIZE"] = None
        plain(app)
        # Settings of the wrapper (FLASK_JSON_SORT_KEYS ...) that Flask 2.3 reads here, and no
        # longer in its configuration.
        provider = getattr(app, "json", None)
        for name, attribute in (("JSON_SORT_KEYS", "sort_keys"), ("JSON_AS_ASCII", "ensure_ascii")):
            if provider is not None and app.config.get(name) is not None:
                setattr(provider, attribute, bool(app.config[name]))
        if provider is not None and app.config.get("JSONIFY_PRETTYPRINT_REGULAR") is not None:
            provider.compact = not app.config["JSONIFY_PRETTYPRINT_REGULAR"]

    return configure


def _when_told(act: Callable[[], object]) -> None:
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
    manager = SyncManager()
    manager.start(signal.signal, (signal.SIGTERM, signal.SIG_IGN))
    return manager


def _drain(server: Any) -> NoReturn:
    """Accept no more requests, wait for those in flight, and end the process."""
    # A second signal while the server is stopping would wait for a lock that this thread holds.
    _when_told(lambda: None)
    server.stop(GRACE_SECONDS).wait()
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
