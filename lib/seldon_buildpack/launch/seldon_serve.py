#!/usr/bin/env python3
"""seldon-serve: starts Seldon's Python wrapper and lets it shut down gracefully.

    seldon-serve [ARGUMENTS OF seldon-core-microservice ...]

It checks MODEL_NAME, SERVICE_TYPE, PERSISTENCE and the wrapper's own variables, with a plain error
where the wrapper would print a traceback. Then it runs an executable ``before-run`` and becomes the
wrapper, with the arguments of s2i's run script.
Exit codes: 2 if a value cannot be used, that of ``before-run`` if it fails, else the wrapper's.
Written for Python 3.6 and later, because it is copied into images of any Python, with the standard
library only. The modules next to it in the image are loaded by ``beside``: there is no package.
"""

import errno
import importlib.util
import os
import pwd
import signal
import sys
import warnings
from typing import TYPE_CHECKING, Any, List, Mapping

# Set when a conda environment's scripts run, because this program then starts a second time.
ACTIVATED = "SELDON_SERVE_ACTIVATED"


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


if TYPE_CHECKING:
    from seldon_buildpack.launch import startup_checks
    from seldon_buildpack.launch.startup_checks import Environment, StartupError
else:
    startup_checks = beside("startup_checks")
    Environment, StartupError = startup_checks.Environment, startup_checks.StartupError


def check_environment(environ: Mapping[str, str]) -> Environment:
    """Return the environment with every value in the form that the wrapper reads.

    Raises:
        StartupError: A value cannot be used; the first one is reported.
    """
    return startup_checks.check_environment(environ, beside("serving_variables"))


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
        microservice = beside("lazy_schema").import_without_jsonschema(patches.import_wrapper)
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
        startup_checks.nearest_name(module, known)
        or "one of the model's modules, or to module.Class"
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
        env = check_environment(os.environ)
        for note in env.notes:
            say(note)
        make_room(env)
        limit_threads(env)
        is_trial = sys.argv[1:2] == ["--try"]
        if not env.get(ACTIVATED) and not is_trial:
            run_before_run(env)
        activate(env, sys.argv[1:])
        if is_trial:
            return int(beside("model_trial").main(env.values, sys.argv[2:], beside))
        become_wrapper(env, sys.argv[1:])
    except StartupError as refused:
        print(refused, file=sys.stderr, flush=True)
        return refused.code
    return 0


if __name__ == "__main__":
    sys.exit(main())
