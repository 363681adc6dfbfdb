"""Run the commands behind the Makefile's targets."""

import argparse
import contextlib
import os
import platform as platform_module
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.platforms.cluster import platform
from tools.core.interrupts import run_to_end, treat_sigterm_as_interrupt
from tools.core.steps import ToolError, Workspace
from tools.dev import audit, docs, engine
from tools.dev.clean import clean
from tools.dev.demo import run_demo
from tools.dev.new import write_new_model
from tools.dev.try_model import try_model
from tools.release import builder, gotools, images, locks
from tools.release.publish import format_report, publish

# Commands for any system: they build nothing that runs in an image.
_ANYWHERE = ("new", "docs", "lock", "audit", "clean", "engine-stop", "platform-down")
# A module's tests run in one process, since they build on each other's images.
_TWO_AT_A_TIME = ("--numprocesses", "2", "--dist", "loadfile")


def main() -> int:
    """Run one command and return its exit code; a ToolError is printed without a traceback."""
    commands: Mapping[str, Callable[[Workspace, argparse.Namespace], int]] = {
        "builder": _builder,
        "package": _package,
        "env": _env,
        "new": _new,
        "demo": _demo,
        "try": _try,
        "test": _test,
        "platform-up": _platform_up,
        "platform-down": _platform_down,
        "test-platforms": _test_platforms,
        "bench": _bench,
        "engine-stop": _engine_stop,
        "vendor": _vendor,
        "docs": _docs,
        "lock": _lock,
        "audit": _audit,
        "publish": _publish,
        "clean": _clean,
    }
    parser = argparse.ArgumentParser(prog="python -m tools", description=__doc__)
    parser.add_argument("command", choices=commands)
    parser.add_argument(
        "--pythons",
        type=str.split,
        default=[],
        help="additional Python versions for the builder: '3.9 3.10'",
    )
    parser.add_argument(
        "arguments",
        nargs="*",
        help="for test and test-platforms: arguments for pytest; for new and try: the directory; for vendor: the model's directory and the folder; "
        "for publish: the registry",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="for publish: publish uncommitted changes, and replace an existing version",
    )
    options, extra = parser.parse_known_args()
    if extra and options.command not in ("test", "test-platforms"):
        parser.error(f"unrecognized arguments: {' '.join(extra)}")
    options.arguments += extra
    try:
        check_machine(options.command)
        return commands[options.command](Workspace.from_environment(), options)
    except ToolError as error:
        print(f"\nerror: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def check_machine(command: str, system: str = sys.platform, machine: str = "") -> None:
    """Check that this machine can run a command.

    What most commands build is for Linux on x86_64, and can only be built there.

    Raises:
        ToolError: The command needs another machine.
    """
    machine = machine or platform_module.machine()
    if command not in _ANYWHERE and (system, machine) != ("linux", "x86_64"):
        raise ToolError(
            f"make {command} needs Linux on x86_64; this is {system} on {machine}.",
            "On this machine, use make new, docs, lock, audit, lint and test-unit, and pack with a published builder.",
        )


def _builder(ws: Workspace, options: argparse.Namespace) -> int:
    builder.create_builder(ws, options.pythons)
    print(
        f'{builder.BUILDER} is ready. To use it as `pack build my-model --builder {builder.BUILDER}` in a model directory: eval "$(make -s env)"'
    )
    return 0


def _package(ws: Workspace, options: argparse.Namespace) -> int:
    print(builder.package_buildpack(ws, options.pythons))
    return 0


def _env(ws: Workspace, _: argparse.Namespace) -> int:
    """Print the exports for ``eval``; all other output goes to standard error."""
    with contextlib.redirect_stdout(sys.stderr):
        with builder.lock_work_folder(ws):
            pack = gotools.build_pack(ws)
            builder.configure_pack(ws, pack, images.name_images(ws))
        docker = engine.find_engine(ws) or engine.expect_engine()
    variables = builder.make_environment(ws, docker)
    for name, value in variables.items():
        # Prepend to the shell's own PATH, instead of replacing it with a copy.
        print(
            f'export PATH={shlex.quote(str(ws.bin))}:"$PATH"'
            if name == "PATH"
            else f"export {name}={shlex.quote(value)}"
        )
    return 0


def _new(ws: Workspace, options: argparse.Namespace) -> int:
    print("\n".join(write_new_model(ws, " ".join(options.arguments))))
    return 0


def _demo(ws: Workspace, options: argparse.Namespace) -> int:
    run_demo(ws, tuple(options.pythons))
    return 0


def _try(ws: Workspace, options: argparse.Namespace) -> int:
    """Try a model; whose name may have spaces."""
    try_model(ws, Path(" ".join(options.arguments)), tuple(options.pythons))
    return 0


def _test(ws: Workspace, options: argparse.Namespace) -> int:
    """Run the fast tests, create the builder, and run the tests with real images.

    An engine that this run started is stopped.
    """
    pytest = [sys.executable, "-m", "pytest"]
    if failed := subprocess.run(
        [*pytest, "tests/unit", "tests/builds", "tests/fuzz", "--numprocesses", "2"],
        cwd=ws.checkout,
    ).returncode:
        return failed
    with treat_sigterm_as_interrupt():
        docker = engine.ensure_engine(ws)
        try:
            made = builder.create_builder(ws, options.pythons)
            env = {**os.environ, **builder.make_environment(ws, made.engine)}
            # Half of a build is waiting, so two at a time take little more than half as long.
            everything = (
                ["tests/images", "-m", "not alone", *_TWO_AT_A_TIME],
                ["tests/images", "-m", "alone"],
            )
            runs = [options.arguments] if options.arguments else everything
            codes = [run_to_end([*pytest, *words], ws.checkout, env) for words in runs]
            return next((code for code in codes if code), 0)
        finally:
            if docker.started_now:
                engine.stop_engine(ws)


def _platform_up(ws: Workspace, _: argparse.Namespace) -> int:
    with treat_sigterm_as_interrupt():
        made = platform.up(ws)
    print("The cluster is up. Exports to use it:")
    for name, value in made.exports.items():
        print(f"    export {name}={shlex.quote(value)}")
    print(
        f"kubectl and crane: {made.kubectl_program}, {made.crane}. Stop it with make platform-down."
    )
    return 0


def _platform_down(ws: Workspace, _: argparse.Namespace) -> int:
    print(
        "The cluster is stopped."
        if platform.down(ws)
        else "No cluster that was started here is running."
    )
    return 0


def _test_platforms(ws: Workspace, options: argparse.Namespace) -> int:
    """Start a cluster, create the builder and run the platform tests.

    The cluster is stopped at the end, unless it was already running or was provided by the user. An
    engine that this run started is stopped.
    """
    docker = engine.ensure_engine(ws)
    with treat_sigterm_as_interrupt(), platform.for_tests(ws) as record:
        try:
            made = builder.create_builder(ws, options.pythons)
            env = {
                **os.environ,
                **builder.make_environment(ws, made.engine),
                platform.RECORD: str(record),
            }
            words = [sys.executable, "-m", "pytest", *(options.arguments or ["tests/platforms"])]
            return run_to_end(words, ws.checkout, env)
        finally:
            if docker.started_now:
                engine.stop_engine(ws)


def _bench(ws: Workspace, options: argparse.Namespace) -> int:
    """Compare the buildpack with the real s2i; see tests/benchmarks.

    An engine that this run started is stopped.
    """
    with treat_sigterm_as_interrupt():
        docker = engine.ensure_engine(ws)
        try:
            made = builder.create_builder(ws, options.pythons)
            gotools.build_s2i(ws)
            env = {**os.environ, **builder.make_environment(ws, made.engine)}
            return run_to_end([sys.executable, "-m", "tests.benchmarks"], ws.checkout, env)
        finally:
            if docker.started_now:
                engine.stop_engine(ws)


def _engine_stop(ws: Workspace, _: argparse.Namespace) -> int:
    print(
        "The Docker engine is stopped."
        if engine.stop_engine(ws)
        else "No Docker engine that was started here is running."
    )
    return 0


def _vendor(ws: Workspace, options: argparse.Namespace) -> int:
    if len(options.arguments) != 2 or not all(options.arguments):
        raise ToolError(
            "vendor needs a model's directory and a folder for its wheels.",
            "make vendor MODEL=my-model DIR=my-model/wheels",
        )
    from tools.dev import vendor

    model, folder = (Path(path).absolute() for path in options.arguments)
    vendor.vendor(ws, model, folder, options.pythons)
    return 0


def _docs(ws: Workspace, _: argparse.Namespace) -> int:
    docs.write_docs(ws)
    return 0


def _lock(ws: Workspace, _: argparse.Namespace) -> int:
    print(locks.renew_locks(ws))
    return 0


def _audit(ws: Workspace, _: argparse.Namespace) -> int:
    print(audit.report_vulnerabilities(ws))
    return 0


def _publish(ws: Workspace, options: argparse.Namespace) -> int:
    place = " ".join(options.arguments)
    print(format_report(publish(ws, place, options.pythons, options.force), place))
    return 0


def _clean(ws: Workspace, _: argparse.Namespace) -> int:
    for line in clean(ws):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
