#!/usr/bin/env python3
"""seldon-serve: starts Seldon's Python wrapper and lets it shut down gracefully.

    seldon-serve [ARGUMENTS OF seldon-core-microservice ...]

It checks MODEL_NAME, SERVICE_TYPE, PERSISTENCE and the wrapper's own variables, with a plain error
where the wrapper would print a traceback. Then it runs an executable ``before-run`` and becomes the
wrapper, with the arguments of s2i's run script.
Exit codes: 2 if a value cannot be used, that of ``before-run`` if it fails, else the wrapper's.
A single file with the syntax of Python 3.6, because it is copied into images of any Python. It uses
only the standard library, and the wrapper's own YAML, to parse MODEL_METADATA as the wrapper does.
settings/serving.py has the same checks for values that are known at build;
tests/unit/settings/test_start_and_build.py checks that both have the same verdict on each value.
"""

import difflib
import errno
import importlib.util
import json
import os
import pwd
import re
import signal
import sys
import warnings
from typing import Any, Callable, Dict, List, Mapping, Sequence

SERVICE_TYPES = ("MODEL", "ROUTER", "TRANSFORMER", "COMBINER", "OUTLIER_DETECTOR")
LOG_LEVELS = ("INFO", "DEBUG", "WARNING", "ERROR", "CRITICAL", "WARN", "FATAL", "NOTSET")
PARAMETER_TYPES = {"INT": int, "FLOAT": float, "DOUBLE": float, "STRING": str, "BOOL": str}
PORTS = {
    "PREDICTIVE_UNIT_HTTP_SERVICE_PORT": 9000,
    "PREDICTIVE_UNIT_GRPC_SERVICE_PORT": 5000,
    "PREDICTIVE_UNIT_METRICS_SERVICE_PORT": 6000,
}
GRPC_PORT = "PREDICTIVE_UNIT_GRPC_SERVICE_PORT"
SWITCHES = ("PERSISTENCE", "TRACING", "FLASK_SINGLE_THREADED")
# Variables that the wrapper or gunicorn reads with int() at startup: from 0, or from 1.
FROM_0 = (
    "GRPC_WORKERS",
    "GUNICORN_THREADS",
    "GUNICORN_MAX_REQUESTS",
    "GUNICORN_MAX_REQUESTS_JITTER",
    "GUNICORN_KEEPALIVE",
)
FROM_1 = (
    "GUNICORN_WORKERS",
    "GRPC_THREADS",
    "GRPC_MAX_MESSAGE_SIZE",
    "REST_TIMEOUT",
    "WEB_CONCURRENCY",
)
NUMBERS = (*SWITCHES, *FROM_0, *FROM_1, *PORTS)
TEXTS = (
    "MODEL_NAME",
    "SERVICE_TYPE",
    "SELDON_LOG_LEVEL",
    "PREDICTIVE_UNIT_METRICS_ENDPOINT",
    "JAEGER_TAGS",
)
DOCUMENTS = ("PREDICTIVE_UNIT_PARAMETERS", "PREDICTOR_LABELS", "MODEL_METADATA")
YES, NO = ("true", "t", "yes", "y", "on", "1"), ("false", "f", "no", "n", "off", "0")
# Set when a conda environment's scripts run, because this program then starts a second time.
ACTIVATED = "SELDON_SERVE_ACTIVATED"
EXAMPLE = '[{"name": "threshold", "value": "0.5", "type": "FLOAT"}]'


class StartupError(Exception):
    """A start that cannot succeed.

    The message has a line each for the problem, the reason and the fix; ``code`` is the exit code.
    """

    def __init__(self, what: str, why: str, fix: str, code: int = 2) -> None:
        super().__init__("ERROR: {}\n  {}\n  Fix: {}".format(what, why, fix))
        self.code = code


class Environment:
    """The environment for the wrapper, with a note for each value that was changed."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values: Dict[str, str] = dict(values)
        self.notes: List[str] = []

    def get(self, name: str) -> str:
        """Return the value, or the empty string."""
        return self.values.get(name, "")

    def take(self, name: str, meant: str) -> None:
        """Replace the value of ``name`` with ``meant``, and add a note."""
        self.notes.append("{}={} is read as {}.".format(name, self.get(name), meant))
        self.values[name] = meant


def checked(environ: Mapping[str, str]) -> Environment:
    """Return the environment with every value in the form that the wrapper reads.

    Raises:
        StartupError: A value cannot be used; the first one is reported.
    """
    env = Environment(environ)
    for name in (*TEXTS, *NUMBERS, *DOCUMENTS):
        if name in env.values:
            _trim(env, name)
    _check_model_name(env)
    if not env.get("SERVICE_TYPE"):
        # The wrapper's own default; the endpoints are the same for all types.
        env.notes.append("SERVICE_TYPE is not set: using MODEL.")
        env.values["SERVICE_TYPE"] = "MODEL"
    _check_one_of(env, "SERVICE_TYPE", SERVICE_TYPES)
    _check_one_of(env, "SELDON_LOG_LEVEL", LOG_LEVELS)
    for name in NUMBERS:
        _check_number(env, name)
    _check_ports_differ(env)
    _check_json(
        env,
        "PREDICTIVE_UNIT_PARAMETERS",
        _complaint,
        "It is a JSON list of objects with name, value and type.",
        EXAMPLE,
    )
    _check_json(
        env, "PREDICTOR_LABELS", _not_an_object, "It is a JSON object.", '{"version": "v1"}'
    )
    _check_metadata(env)
    _check_tags(env)
    endpoint = env.get("PREDICTIVE_UNIT_METRICS_ENDPOINT")
    if endpoint and not endpoint.startswith("/"):
        env.take("PREDICTIVE_UNIT_METRICS_ENDPOINT", "/" + endpoint)
    return env


def _trim(env: Environment, name: str) -> None:
    """Remove white space, a comment and quotes around a value, which env files keep.

    A variable with an empty value is removed. JSON and YAML without quotes around them are not
    changed: the indentation of YAML's first line is significant.
    """
    meant = stripped = env.get(name).strip()
    if name in DOCUMENTS:
        meant = _unquoted(stripped)
        if meant == stripped and len(meant) > 1 and meant[0] == meant[-1] and meant[0] in "'\"":
            # Quotes inside as well, as in "[{"name": "a"}]": these values are never plain strings.
            meant = meant[1:-1]
        meant = env.get(name) if meant == stripped else meant
    else:
        meant = _unquoted(re.sub(r"(?<!\s)\s+#.*$", "", stripped)).strip()
    if not meant.strip():
        del env.values[name]
    elif meant != env.get(name):
        # The note leaves out the value: a parameter of the model may be a password.
        env.notes.append(
            "The quotes, spaces or comment around the value of {} are removed.".format(name)
        )
        env.values[name] = meant


def _unquoted(value: str) -> str:
    """Return a value without the quotes around it.

    ``"a" and "b"`` is not one quoted value.
    """
    quote = value[:1]
    if len(value) < 2 or quote not in "'\"" or value[-1] != quote:
        return value
    bare = inner = value[1:-1]
    if quote == '"' and '\\"' in inner:
        bare, inner = re.sub(r"\\.", "", inner), re.sub(r'\\(["\\])', r"\1", inner)
    return value if quote in bare else inner


def _check_model_name(env: Environment) -> None:
    """Check MODEL_NAME: a module with a class of the same name, or module.Class.

    The wrapper splits it at the last dot.
    """
    given = env.get("MODEL_NAME")
    rule = "It names the Python class to serve: a module that contains a class of the same name, or module.Class."
    if not given:
        fix = "Start the container with it (docker run -e MODEL_NAME=MyModel IMAGE), or set it in .s2i/environment and rebuild the image."
        raise StartupError("MODEL_NAME is not set.", rule, fix)
    meant = _dotted(given)
    if meant == given:
        return
    if meant:
        env.take("MODEL_NAME", meant)
        return
    what = "MODEL_NAME is {!r}, which is not the name of a Python class.".format(given)
    if re.search(r"\s(REST|GRPC)\Z", given, re.IGNORECASE):
        why = "It no longer includes the API type: the wrapper serves both REST and gRPC."
        raise StartupError(what, why, "Set MODEL_NAME={}.".format(given.split()[0]))
    name = _dotted(re.split(r"[/\\]", given)[-1]) or "MyModel"
    raise StartupError(
        what,
        rule,
        "Set MODEL_NAME to the class, for example MODEL_NAME={0} for the class {0} in {0}.py.".format(
            name
        ),
    )


def _dotted(given: str) -> str:
    """Return the dotted name for a value, which may be a path or ``module:Class``.

    Empty if the value cannot be a name.
    """
    path = given.replace("\\", "/")
    is_file = "/" in path or path.endswith(".py")
    while path.startswith("./"):
        path = path[2:]
    folders = (path[:-3] if path.endswith(".py") else path).split("/")
    last = folders.pop()
    if last.count(":") == 1 and not is_file:
        last = last.replace(":", ".")
    names = folders + last.split(".")
    # A path with a dot in its last part (dir/module.Class) names the class.
    if folders and "." not in last:
        names.append(last)
    # importlib accepts any module name, but the wrapper's command line none that looks like an
    # option.
    fits = all(
        re.match(r"(?!-)[^\s./\\:'\"#(){}\[\]\0]+\Z", name) and len(name.encode()) <= 250
        for name in names
    )
    return ".".join(names) if fits and (len(names) == 1 or names[-1].isidentifier()) else ""


def _check_one_of(env: Environment, name: str, known: Sequence[str]) -> None:
    """Check a value that has to be one of ``known``.

    The wrapper requires the exact name, in upper case. The error suggests the first one if none is
    similar.
    """
    given = env.get(name)
    meant = re.sub(r"[-\s]+", "_", given).upper()
    if given and meant not in known:
        fix = "Set {}={}.".format(name, _nearest(meant, known) or known[0])
        raise StartupError(
            "{} is {!r}, which the wrapper does not accept.".format(name, given),
            "It is one of {}.".format(", ".join(known)),
            fix,
        )
    if meant != given:
        env.take(name, meant)


def _check_number(env: Environment, name: str) -> None:
    least = 1 if name in FROM_1 or name in PORTS else 0
    given = env.get(name) or str(least)
    if name in SWITCHES and given.lower() in YES + NO and given not in "01":
        given = "1" if given.lower() in YES else "0"
        env.take(name, given)
    most = 65535 if name in PORTS else None
    if re.match(r"[0-9]{1,18}\Z", given) and least <= int(given) <= (most or int(given)):
        return
    bounds = "from {} to {}".format(least, most) if most else "of {} or more".format(least)
    why = "The wrapper reads it {} at startup.".format(
        "as 1 for on, 0 for off," if name in SWITCHES else "as a number"
    )
    fix = "Set {} to such a number, or unset it.".format(name)
    raise StartupError(
        "{} is {!r}, which is not a whole number {}.".format(name, given, bounds), why, fix
    )


def _check_ports_differ(env: Environment) -> None:
    taken: Dict[int, str] = {}
    # Without gRPC workers, nothing listens on that port.
    no_grpc = int(env.get("GRPC_WORKERS") or 1) == 0
    for name, default in PORTS.items():
        if no_grpc and name == GRPC_PORT:
            continue
        port = int(env.get(name) or default)
        if port in taken:
            why = "REST, gRPC and metrics each need a separate port. The defaults are 9000, 5000 and 6000."
            raise StartupError(
                "{} and {} are both {}.".format(taken[port], name, port),
                why,
                "Set one of them to another port.",
            )
        taken[port] = name


def _check_json(
    env: Environment, name: str, complain: Callable[[Any], str], rule: str, example: str
) -> None:
    """Check a JSON value.

    The error does not contain the value: a parameter of the model may be a password.
    """
    if not env.get(name):
        return
    try:
        complaint = complain(json.loads(env.get(name)))
    except (ValueError, RecursionError) as error:
        complaint = "it is not JSON: {}".format(error)
    if complaint:
        raise StartupError(
            "{} cannot be used: {}.".format(name, complaint),
            rule,
            "Set it like this: {}".format(example),
        )


def _not_an_object(found: Any) -> str:
    return "" if isinstance(found, dict) else "it is not an object"


def _check_metadata(env: Environment) -> None:
    """Check that MODEL_METADATA is a mapping.

    The wrapper ignores values that are not YAML, with a line in its log.
    """
    text = env.get("MODEL_METADATA")
    if not text:
        return
    try:
        yaml = importlib.import_module("yaml")
    except ImportError:
        return
    try:
        # The same rule as at build (settings/serving.py): merge keys can multiply without end.
        complaint = (
            "its merge keys (`<<`) take too long to read"
            if "<<" in text and text.count("*") > 20
            else ""
            if isinstance(yaml.safe_load(text), dict)
            else "it is not a mapping of names to values"
        )
    except yaml.YAMLError:
        env.notes.append("MODEL_METADATA is not YAML, so the wrapper ignores it.")
        return
    except Exception as error:
        # For example, a date that does not exist: the wrapper handles YAMLError only.
        complaint = "YAML cannot read it: {}".format(error)
    if complaint:
        what, why = (
            "MODEL_METADATA cannot be used: {}.".format(complaint),
            "It is a mapping in YAML or JSON.",
        )
        raise StartupError(what, why, 'Set it like this: {"name": "my-model", "versions": ["1"]}')


def _check_tags(env: Environment) -> None:
    """Check JAEGER_TAGS, which is read only if TRACING is on.

    Jaeger's client splits each tag at ``=``.
    """
    tags = env.get("JAEGER_TAGS")
    if (
        tags
        and env.get("TRACING").lstrip("0")
        and any(tag.count("=") != 1 for tag in tags.split(","))
    ):
        why = "With TRACING on, tags are read as name=value, separated by commas."
        raise StartupError(
            "JAEGER_TAGS is {!r}, which is not a list of tags.".format(tags),
            why,
            "Set JAEGER_TAGS=team=fraud,stage=test.",
        )


def _complaint(parameters: Any) -> str:
    if not isinstance(parameters, list):
        return "it is not a list"
    for parameter in parameters:
        if not isinstance(parameter, dict) or not isinstance(parameter.get("name"), str):
            return "an entry has no name"
        name, kind = parameter["name"], parameter.get("type")
        if not isinstance(kind, str) or kind not in PARAMETER_TYPES:
            return "the type of {} is {}, not one of {}".format(
                name, json.dumps(kind), ", ".join(PARAMETER_TYPES)
            )
        value: Any = parameter.get("value")
        try:
            fits = (
                value.lower() in YES + NO
                if kind == "BOOL"
                else PARAMETER_TYPES[kind](value) is not None
            )
        except (AttributeError, TypeError, ValueError, OverflowError):
            fits = False
        if not fits:
            return "the value of {} is not of type {}".format(name, kind)
    return ""


def _nearest(given: str, known: Sequence[str]) -> str:
    return next(iter(difflib.get_close_matches(given, known, 1, 0.5)), "")


def limit_threads(env: Environment) -> None:
    """Set OMP_NUM_THREADS to the container's CPUs, if they are limited and it is not set.

    Otherwise numerical libraries start a thread for each CPU of the node, and wait for each other.
    """
    limit = beside("cpus").cpu_limit()
    if limit and "OMP_NUM_THREADS" not in env.values:
        env.values["OMP_NUM_THREADS"] = str(limit)
        say("OMP_NUM_THREADS is not set: taken as {}, the limit of CPUs.".format(limit))


def make_room(env: Environment) -> None:
    """Find a temporary directory and set a writable HOME.

    Users who own nothing in the image (the operator's 8888) need this. A HOME that was set on
    purpose is not changed.

    Raises:
        StartupError: No directory is writable.
    """
    import tempfile

    try:
        temporary = tempfile.gettempdir()
    except OSError:
        why = "The wrapper's processes share their metrics through a socket in /tmp."
        fix = "Keep the root read-only, but add a writable /tmp: docker run --tmpfs /tmp, or an emptyDir mounted at /tmp in a pod."
        raise StartupError("No directory is writable, not even /tmp.", why, fix) from None
    nobodys_choice = ["", "/"]
    try:
        nobodys_choice.append(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        # getpass.getuser(), which libraries use to name their caches, reads the environment first.
        env.values.setdefault("USER", "seldon")
    if env.get("HOME") in nobodys_choice and not os.access(
        env.get("HOME") or "/nonexistent", os.W_OK
    ):
        env.values["HOME"] = temporary
        env.values.setdefault("XDG_RUNTIME_DIR", temporary)


def run_before_run(env: Environment) -> None:
    """Run ``./before-run`` if it is executable, as s2i's run script did.

    Raises:
        StartupError: It failed; with its exit code.
    """
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
            # A script without a shebang line: run it with a shell.
            code = subprocess.call(["/bin/sh", "./before-run"], env=env.values)
    except OSError as error:
        what = "before-run cannot be started: {}.".format(error.strerror)
        fix = "Check that its first line (#!...) names a program in the image, and that its lines do not end in CR LF."
        raise StartupError(what, "It is executable, so it runs before the model.", fix) from None
    if code:
        what = "before-run failed with {} {}.".format(
            "exit code" if code > 0 else "signal", abs(code)
        )
        why = "The model does not start, because before-run failed."
        raise StartupError(
            what,
            why,
            "Correct it, or remove its execute permission.",
            code if code > 0 else 128 - code,
        )


def activate(env: Environment, more: List[str]) -> None:
    """Activate the conda environment in the image, if there is one.

    The image's own variables name it. As in s2i's run script, this follows before-run.
    """
    if env.values.pop(ACTIVATED, None) or not env.get("CONDA_PREFIX"):
        return
    again = [sys.executable, os.path.abspath(__file__), *more]
    beside("conda_activation").activate(env.values, ACTIVATED, again, say)


def beside(name: str) -> Any:
    """Import a module from this program's folder.

    It gets a name that no module of the user's has. The folder itself, where Python has found this
    program, leaves sys.path.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if entry != here]
    path = os.path.join(here, name + ".py")
    spec: Any = importlib.util.spec_from_file_location("_seldon_serve_" + name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def say(line: str) -> None:
    """Print a line to standard error, before the wrapper's own output."""
    print("seldon-serve: " + line, file=sys.stderr, flush=True)


def become_wrapper(env: Environment, more: List[str]) -> None:
    """Run the wrapper in this process.

    Raises:
        StartupError: The wrapper, or the model's module or class, was not found.
    """
    sys.argv = [
        "seldon-core-microservice",
        env.get("MODEL_NAME"),
        "--service-type",
        env.get("SERVICE_TYPE"),
    ]
    sys.argv += ["--persistence", env.get("PERSISTENCE")] if env.get("PERSISTENCE") else []
    sys.argv += more
    os.environ.clear()
    os.environ.update(env.values)
    patches = beside("wrapper_patches")
    # gunicorn 20 imports pkg_resources at every start; whoever runs the model cannot change that.
    warnings.filterwarnings("ignore", "pkg_resources is deprecated as an API")
    usual = patches.look_for_less_garbage()
    try:
        microservice = patches.import_wrapper()
    except ModuleNotFoundError as error:
        if error.name != "seldon_core":
            raise
        what, why = (
            "Seldon's wrapper was not found.",
            "{} has no seldon_core.".format(sys.executable),
        )
        raise StartupError(
            what, why, "Do not change PATH, PYTHONPATH and PYTHONHOME from the image's values."
        ) from None
    health = beside("grpc_health").Health()
    health.serve()
    beside("shutdown").drain_on_sigterm(microservice, health.stop_serving)
    patches.look_for_garbage_again(microservice, usual)
    patches.answer_as_before()
    patches.annotate_from_variables(microservice, env.values)
    beside("probes").answer_probes_at_once(microservice)
    beside("unknown_paths").answer_unknown_paths()
    beside("fast_json").use_orjson()
    beside("fast_arrays").convert_arrays_at_once()
    beside("fast_metrics").send_fewer_metrics()
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
        what, why = (
            "The module {} has no class {}.".format(module, name),
            "MODEL_NAME is {}.".format(env.get("MODEL_NAME")),
        )
        raise StartupError(
            what, why, "Set MODEL_NAME={}.NAME_OF_THE_CLASS.".format(module)
        ) from None


def _no_module(module: str, name: str) -> StartupError:
    known = sorted(entry[:-3] for entry in os.listdir(".") if entry.endswith(".py"))
    fix = "Set MODEL_NAME to {}.".format(
        _nearest(module, known) or "one of the model's modules, or to module.Class"
    )
    why = "The modules in {} are {}.".format(os.getcwd(), ", ".join(known) or "none")
    return StartupError(
        "The module {} of the class {} was not found.".format(module, name), why, fix
    )


def main() -> int:
    """Start the wrapper; return the exit code if it cannot be started."""
    # Before the model is served, Ctrl-C ends the process without a Python traceback; gunicorn sets
    # its own handler.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        env = checked(os.environ)
        for note in env.notes:
            say(note)
        make_room(env)
        limit_threads(env)
        if not env.get(ACTIVATED):
            run_before_run(env)
        activate(env, sys.argv[1:])
        become_wrapper(env, sys.argv[1:])
    except StartupError as refused:
        print(refused, file=sys.stderr, flush=True)
        return refused.code
    return 0


if __name__ == "__main__":
    sys.exit(main())
