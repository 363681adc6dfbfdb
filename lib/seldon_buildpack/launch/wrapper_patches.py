"""Runtime patches for the Seldon wrapper; installed files are not modified.

They change how it is imported, when Python collects garbage, and what a
client of the current pin set (docs/wrapper.md) would see otherwise. Imported by seldon-serve, which
is next to it in the image; standard library only, with the syntax of Python 3.6.
"""

import contextlib
import gc
import importlib
import importlib.util
import sys
import types
from typing import Any, Callable, Iterator, Mapping, Optional, Sequence

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
