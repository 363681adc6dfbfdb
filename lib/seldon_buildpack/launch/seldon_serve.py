#!/usr/bin/env python3
"""seldon-serve: starts Seldon's Python wrapper in the image, and sees to it that it ends well.

    seldon-serve [ARGUMENTS OF seldon-core-microservice ...]

It checks MODEL_NAME, SERVICE_TYPE, PERSISTENCE and the wrapper's own variables in plain words where the wrapper would
answer with a traceback, runs an executable ``before-run``, then becomes the wrapper, with the arguments of s2i's run script.
Exit codes: 2 when a value cannot be used, that of ``before-run`` when it fails, else the wrapper's. One file, standard
library, syntax of Python 3.6: it is copied into images of any Python.
"""

import contextlib
import difflib
import errno
import gc
import importlib
import json
import os
import pwd
import re
import signal
import sys
import warnings
from multiprocessing.connection import wait
from multiprocessing.managers import SyncManager
from typing import Any, Callable, Dict, List, Mapping, NoReturn, Optional, Sequence

SERVICE_TYPES = ("MODEL", "ROUTER", "TRANSFORMER", "COMBINER", "OUTLIER_DETECTOR")
LOG_LEVELS = ("INFO", "DEBUG", "WARNING", "ERROR", "CRITICAL", "WARN", "FATAL", "NOTSET")
PARAMETER_TYPES = {"INT": int, "FLOAT": float, "DOUBLE": float, "STRING": str, "BOOL": str}
PORTS = {
    "PREDICTIVE_UNIT_HTTP_SERVICE_PORT": 9000,
    "PREDICTIVE_UNIT_GRPC_SERVICE_PORT": 5000,
    "PREDICTIVE_UNIT_METRICS_SERVICE_PORT": 6000,
}
SWITCHES = ("PERSISTENCE", "TRACING", "FLASK_SINGLE_THREADED")
# What the wrapper, or gunicorn, reads with int() when it starts: from 0, or from 1.
FROM_0 = (*SWITCHES, "GRPC_WORKERS", "GUNICORN_MAX_REQUESTS", "GUNICORN_MAX_REQUESTS_JITTER", "GUNICORN_KEEPALIVE")
FROM_1 = (*PORTS, "GUNICORN_WORKERS", "GUNICORN_THREADS", "GRPC_THREADS", "WEB_CONCURRENCY")
TEXTS = ("MODEL_NAME", "SERVICE_TYPE", "SELDON_LOG_LEVEL", "PREDICTIVE_UNIT_METRICS_ENDPOINT", "PREDICTIVE_UNIT_PARAMETERS")
YES, NO = ("true", "t", "yes", "y", "on", "1"), ("false", "f", "no", "n", "off", "0")
# Long enough for any request worth waiting for, gunicorn's own default; the platform's patience ends sooner (docker: 10 s).
GRACE_SECONDS = 30.0
# How many objects may be made before Python looks for garbage among them, while everything is loaded: hardly anything that is
# imported is garbage, and looking for it takes a tenth of the time from start to the first answer (0.12 s with scikit-learn).
LOADING_OBJECTS = 200000


class Refused(Exception):
    """A start that cannot succeed: what is wrong, why, what to do about it, one line each; and the exit code."""

    def __init__(self, what: str, why: str, fix: str, code: int = 2) -> None:
        super().__init__("ERROR: {}\n  {}\n  Fix: {}".format(what, why, fix))
        self.code = code


class Environment:
    """The environment the wrapper will see, and a line for each value that was taken as meant rather than as written."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values: Dict[str, str] = dict(values)
        self.notes: List[str] = []

    def get(self, name: str) -> str:
        """The value, or the empty string."""
        return self.values.get(name, "")

    def take(self, name: str, meant: str) -> None:
        """Use ``meant`` in the place of what is written, and say so."""
        self.notes.append("{}={} is taken as {}.".format(name, self.get(name), meant))
        self.values[name] = meant


def checked(environ: Mapping[str, str]) -> Environment:
    """The environment with every value in the form the wrapper reads. Raises Refused for the first that has none."""
    env = Environment(environ)
    for name in (*TEXTS, *FROM_0, *FROM_1):
        if name in env.values:
            _trim(env, name)
    _check_model_name(env)
    if not env.get("SERVICE_TYPE"):
        # The wrapper's own default; the endpoints are the same whichever it is.
        env.notes.append("SERVICE_TYPE is not set: taken as MODEL.")
        env.values["SERVICE_TYPE"] = "MODEL"
    _check_one_of(env, "SERVICE_TYPE", SERVICE_TYPES)
    _check_one_of(env, "SELDON_LOG_LEVEL", LOG_LEVELS)
    for name in FROM_0 + FROM_1:
        _check_number(env, name, 0 if name in FROM_0 else 1)
    _check_ports_differ(env)
    _check_parameters(env.get("PREDICTIVE_UNIT_PARAMETERS") or "[]")
    endpoint = env.get("PREDICTIVE_UNIT_METRICS_ENDPOINT")
    if endpoint and not endpoint.startswith("/"):
        env.take("PREDICTIVE_UNIT_METRICS_ENDPOINT", "/" + endpoint)
    return env


def _trim(env: Environment, name: str) -> None:
    """Drop white space and quotes around a value (env files keep both); a variable that is empty is one that is not set."""
    meant = env.get(name).strip()
    if len(meant) > 1 and meant[0] == meant[-1] and meant[0] in "'\"":
        meant = meant[1:-1].strip()
    if not meant:
        del env.values[name]
    elif meant != env.get(name):
        # Without the value: a parameter of the model may be a password.
        env.notes.append("The quotes or spaces around the value of {} are taken away.".format(name))
        env.values[name] = meant


def _check_model_name(env: Environment) -> None:
    """MODEL_NAME is a module with a class of its name, or module.Class: the wrapper splits at the last dot."""
    given = env.get("MODEL_NAME")
    rule = "It names the Python class to serve: a module that holds a class of its own name, or module.Class."
    if not given:
        fix = "Start the container with it (docker run -e MODEL_NAME=MyModel IMAGE), or set it in .s2i/environment and build again."
        raise Refused("MODEL_NAME is not set.", rule, fix)
    if given.endswith(".py") and "/" not in given and os.path.isfile(given):
        env.take("MODEL_NAME", given[:-3])
        given = given[:-3]
    if not given.endswith(".py") and all(part.isidentifier() for part in given.split(".")):
        return
    what = "MODEL_NAME is {!r}, which is not the name of a Python class.".format(given)
    if re.search(r"\s(REST|GRPC)\Z", given, re.IGNORECASE):
        why = "The API type is no longer part of it: the wrapper serves REST and gRPC side by side."
        raise Refused(what, why, "Set MODEL_NAME={}.".format(given.split()[0]))
    raise Refused(what, rule, _right_name(given))


def _right_name(given: str) -> str:
    """What to set in the place of a path, a file name or module:Class."""
    parts = [part for part in re.split(r"[/:]", re.sub(r"\.py(?=:|\Z)", "", given)) if part not in ("", ".", "workspace")]
    if not parts or not all(piece.isidentifier() for piece in ".".join(parts).split(".")):
        return "Set MODEL_NAME to the class, for example MODEL_NAME=MyModel for the class MyModel in MyModel.py."
    if ":" in given or len(parts) == 1:
        return "Set MODEL_NAME={}.".format(".".join(parts))
    return "Set MODEL_NAME={}.{} if the class is called {}.".format(".".join(parts), parts[-1], parts[-1])


def _check_one_of(env: Environment, name: str, known: Sequence[str]) -> None:
    """The wrapper wants the exact name, in capitals; the first one is offered where none comes near."""
    given = env.get(name)
    meant = re.sub(r"[-\s]+", "_", given).upper()
    if given and meant not in known:
        fix = "Set {}={}.".format(name, _nearest(meant, known) or known[0])
        raise Refused("{} is {!r}, which the wrapper does not know.".format(name, given), "It is one of {}.".format(", ".join(known)), fix)
    if meant != given:
        env.take(name, meant)


def _check_number(env: Environment, name: str, least: int) -> None:
    given = env.get(name) or str(least)
    if name in SWITCHES and given.lower() in YES + NO and given not in "01":
        given = "1" if given.lower() in YES else "0"
        env.take(name, given)
    most = 65535 if name in PORTS else None
    if re.match(r"[0-9]+\Z", given) and least <= int(given) <= (most or int(given)):
        return
    bounds = "from {} to {}".format(least, most) if most else "of {} or more".format(least)
    why = "The wrapper reads it {} when it starts.".format("as 1 for on, 0 for off," if name in SWITCHES else "as a number")
    fix = "Set {} to such a number, or leave it out.".format(name)
    raise Refused("{} is {!r}, which is not a whole number {}.".format(name, given, bounds), why, fix)


def _check_ports_differ(env: Environment) -> None:
    taken: Dict[int, str] = {}
    for name, default in PORTS.items():
        port = int(env.get(name) or default)
        if port in taken:
            why = "REST, gRPC and metrics each need a port of their own; left out, they are 9000, 5000 and 6000."
            raise Refused("{} and {} are both {}.".format(taken[port], name, port), why, "Give one of them another port.")
        taken[port] = name


def _check_parameters(given: str) -> None:
    """Arguments of the model's class. Their values are not repeated: one may be a password."""
    try:
        complaint = _complaint(json.loads(given))
    except ValueError as error:
        complaint = "it is not JSON: {}".format(error)
    if complaint:
        what, why = (
            "PREDICTIVE_UNIT_PARAMETERS cannot be used: {}.".format(complaint),
            "It is a list of objects with name, value and type, in JSON.",
        )
        raise Refused(what, why, 'Set it like this: [{"name": "threshold", "value": "0.5", "type": "FLOAT"}]')


def _complaint(parameters: Any) -> str:
    if not isinstance(parameters, list):
        return "it is not a list"
    for parameter in parameters:
        if not isinstance(parameter, dict) or not isinstance(parameter.get("name"), str):
            return "an entry has no name"
        name, kind = parameter["name"], parameter.get("type")
        if kind not in PARAMETER_TYPES:
            return "the type of {} is {}, not one of {}".format(name, json.dumps(kind), ", ".join(PARAMETER_TYPES))
        value: Any = parameter.get("value")
        try:
            fits = value.lower() in YES + NO if kind == "BOOL" else PARAMETER_TYPES[kind](value) is not None
        except (AttributeError, TypeError, ValueError):
            fits = False
        if not fits:
            return "the value of {} is not of type {}".format(name, kind)
    return ""


def _nearest(given: str, known: Sequence[str]) -> str:
    return next(iter(difflib.get_close_matches(given, known, 1, 0.5)), "")


def make_room(env: Environment) -> None:
    """A temporary directory, and a HOME that can be written to for users who own nothing in the image (the operator's 8888).

    A HOME that somebody chose is left as it is. Raises Refused where nothing at all can be written.
    """
    import tempfile

    try:
        temporary = tempfile.gettempdir()
    except OSError:
        why = "The wrapper's processes share their metrics through a socket in /tmp."
        fix = "Keep the root read-only but give it a /tmp: docker run --tmpfs /tmp, or in a pod an emptyDir mounted at /tmp."
        raise Refused("No directory can be written to, not even /tmp.", why, fix) from None
    nobodys_choice = ["", "/"]
    try:
        nobodys_choice.append(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        # getpass.getuser(), which libraries name their caches with, asks the environment first.
        env.values.setdefault("USER", "seldon")
    if env.get("HOME") in nobodys_choice and not os.access(env.get("HOME") or "/nonexistent", os.W_OK):
        env.values["HOME"] = temporary
        env.values.setdefault("XDG_RUNTIME_DIR", temporary)


def run_before_run(env: Environment) -> None:
    """Run ``./before-run`` if it is executable, as s2i's run script did. Raises Refused with its exit code if it fails."""
    if not (os.path.isfile("before-run") and os.access("before-run", os.X_OK)):
        return
    import subprocess

    say("Running before-run.")
    try:
        try:
            code = subprocess.call(["./before-run"], env=env.values)
        except OSError as error:
            if error.errno != errno.ENOEXEC:
                raise
            # A script without a first line that names its shell: a shell runs it all the same.
            code = subprocess.call(["/bin/sh", "./before-run"], env=env.values)
    except OSError as error:
        what = "before-run cannot be started: {}.".format(error.strerror)
        fix = "Check that its first line (#!...) names a program of the image, and that its lines do not end in CR LF."
        raise Refused(what, "It is executable, so it runs before the model.", fix) from None
    if code:
        what = "before-run ended with {} {}.".format("exit code" if code > 0 else "signal", abs(code))
        why = "The model is not started after a before-run that failed."
        raise Refused(what, why, "Mend it, or take its execute permission away.", code if code > 0 else 128 - code)


def say(line: str) -> None:
    """One line on standard error, before the wrapper's own."""
    print("seldon-serve: " + line, file=sys.stderr, flush=True)


def become_wrapper(env: Environment, more: List[str]) -> None:
    """Run the wrapper in this process. Raises Refused where it, or the model's module or class, is not to be found."""
    sys.argv = ["seldon-core-microservice", env.get("MODEL_NAME"), "--service-type", env.get("SERVICE_TYPE")]
    sys.argv += ["--persistence", env.get("PERSISTENCE")] if env.get("PERSISTENCE") else []
    sys.argv += more
    os.environ.clear()
    os.environ.update(env.values)
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if entry != here]
    # gunicorn 20 asks setuptools for it at every start; there is nothing that whoever runs the model could do about it.
    warnings.filterwarnings("ignore", "pkg_resources is deprecated as an API")
    usual = gc.get_threshold()
    gc.set_threshold(LOADING_OBJECTS, *usual[1:])
    try:
        microservice = importlib.import_module("seldon_core.microservice")
    except ModuleNotFoundError as error:
        if error.name != "seldon_core":
            raise
        what, why = "Seldon's wrapper is not to be found.", "{} has no seldon_core.".format(sys.executable)
        raise Refused(what, why, "Leave PATH, PYTHONPATH and PYTHONHOME as the image sets them.") from None
    end_in_order(microservice)
    look_for_garbage_again(microservice, usual)
    module, _, name = env.get("MODEL_NAME").rpartition(".")
    module = module or name
    try:
        microservice.main()
    except ModuleNotFoundError as error:
        if not (module + ".").startswith("{}.".format(error.name)):
            raise
        raise _no_module(module, name) from None
    except AttributeError:
        if module not in sys.modules or hasattr(sys.modules[module], name):
            raise
        what, why = "The module {} has no class {}.".format(module, name), "MODEL_NAME is {}.".format(env.get("MODEL_NAME"))
        raise Refused(what, why, "Set MODEL_NAME={}.NAME_OF_THE_CLASS.".format(module)) from None


def _no_module(module: str, name: str) -> Refused:
    known = sorted(entry[:-3] for entry in os.listdir(".") if entry.endswith(".py"))
    fix = "Set MODEL_NAME to {}.".format(_nearest(module, known) or "one of the model's modules, or to module.Class")
    why = "In {} there are the modules: {}.".format(os.getcwd(), ", ".join(known) or "none")
    return Refused("There is no module {} to take the class {} from.".format(module, name), why, fix)


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

    def start_servers(rest: Callable[[], None], grpc: Optional[Callable[[], None]], custom: Any, metrics_server: Any) -> None:
        def grpc_workers() -> None:
            _when_told(lambda: [worker.terminate() for worker in microservice.mp.active_children()])
            grpc()  # type: ignore[misc]

        def rest_then_grpc() -> None:
            others = [child for child in microservice.mp.active_children() if child not in before and not child.daemon]
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


def look_for_garbage_again(microservice: Any, thresholds: Sequence[int]) -> None:
    """Set the collector's thresholds back when the model is loaded, unless the model has chosen some of its own."""
    while_loading, plain_start = gc.get_threshold(), microservice.start_servers

    def start_servers(*servers: Any) -> None:
        if gc.get_threshold() == while_loading:
            gc.set_threshold(*thresholds)
        plain_start(*servers)

    microservice.start_servers = start_servers


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


def main() -> int:
    """Start the wrapper; returns the exit code where it could not be started."""
    # Ctrl-C ends what is not serving yet, without Python's traceback; gunicorn sets its own handler.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        env = checked(os.environ)
        for note in env.notes:
            say(note)
        make_room(env)
        run_before_run(env)
        become_wrapper(env, sys.argv[1:])
    except Refused as refused:
        print(refused, file=sys.stderr, flush=True)
        return refused.code
    return 0


if __name__ == "__main__":
    sys.exit(main())
