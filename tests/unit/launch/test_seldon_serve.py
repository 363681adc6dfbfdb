"""seldon-serve without an image: its checks, before-run, what it starts the wrapper with, and the order things end in.

The wrapper here is a stand-in that prints what it was given: the real one is not installed where the unit tests run, and
would serve for ever. That the real one starts, answers and ends is shown by the image tests.
"""

import ast
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from types import SimpleNamespace

import pytest

from seldon_buildpack.launch import wrapper_patches
from seldon_buildpack.launch.seldon_serve import (
    Environment,
    StartupError,
    check_environment,
    make_room,
)
from tests.support.stand_in import (
    MODEL,
    SCRIPT,
    application,
    before_run,
    environment,
    seen_by_wrapper,
    serve,
)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return application(tmp_path)


@pytest.mark.parametrize(
    ("name", "given", "meant"),
    [
        ("MODEL_NAME", '"MyModel"', "MyModel"),
        ("MODEL_NAME", " MyModel\r", "MyModel"),
        ("MODEL_NAME", "src/MyModel.py", "src.MyModel.MyModel"),
        ("MODEL_NAME", "pkg.mod:Class", "pkg.mod.Class"),
        ("MODEL_NAME", "Nowhere.py", "Nowhere"),
        ("MODEL_NAME", "MyModel # the best", "MyModel"),
        ("SERVICE_TYPE", "model", "MODEL"),
        ("SERVICE_TYPE", "'Outlier-Detector'", "OUTLIER_DETECTOR"),
        ("SELDON_LOG_LEVEL", "debug", "DEBUG"),
        ("SELDON_LOG_LEVEL", "warn", "WARN"),
        ("TRACING", "true", "1"),
        ("TRACING", "False", "0"),
        ("FLASK_SINGLE_THREADED", "yes", "1"),
        ("PERSISTENCE", "no", "0"),
        ("GUNICORN_WORKERS", ' "4" ', "4"),
        ("PREDICTIVE_UNIT_METRICS_ENDPOINT", "prometheus", "/prometheus"),
        ("PREDICTIVE_UNIT_PARAMETERS", "'[]'", "[]"),
        ("MODEL_METADATA", '"{"name": "a"}"', '{"name": "a"}'),
    ],
)
def test_unambiguous_values_are_mended_with_one_note(name: str, given: str, meant: str) -> None:
    env = check_environment({**MODEL, name: given})
    assert env.values[name] == meant
    assert env.notes
    assert all(name in note and "\n" not in note for note in env.notes)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MODEL_NAME", "package.module.Class"),
        ("SERVICE_TYPE", "COMBINER"),
        ("PERSISTENCE", "0"),
        ("TRACING", "1"),
        ("SELDON_LOG_LEVEL", "CRITICAL"),
        ("GRPC_WORKERS", "0"),
        ("PREDICTIVE_UNIT_HTTP_SERVICE_PORT", "9001"),
        ("MODEL_NAME", "my-module.MyModel"),
        ("GUNICORN_THREADS", "0"),
        ("MODEL_METADATA", "  name: a\n  versions: ['1']"),
        ("PREDICTOR_LABELS", '{"version": "1"}'),
        ("JAEGER_TAGS", "not read without tracing"),
        (
            "PREDICTIVE_UNIT_PARAMETERS",
            '[{"name": "a", "value": "y", "type": "BOOL"}, {"name": "b", "value": "1.5", "type": "DOUBLE"}]',
        ),
        ("ANYTHING_ELSE", ' "as it is" '),
    ],
)
def test_understood_values_are_kept_silently(name: str, value: str) -> None:
    env = check_environment({**MODEL, name: value})
    assert env.values == {**MODEL, name: value}
    assert not env.notes


@pytest.mark.parametrize(
    "name",
    [
        "PERSISTENCE",
        "TRACING",
        "GUNICORN_WORKERS",
        "PREDICTIVE_UNIT_HTTP_SERVICE_PORT",
        "SELDON_LOG_LEVEL",
    ],
)
def test_an_empty_variable_is_one_that_is_not_set(name: str) -> None:
    assert name not in check_environment({**MODEL, name: " "}).values


def test_a_missing_service_type_is_the_wrappers_default() -> None:
    env = check_environment({"MODEL_NAME": "MyModel"})
    assert env.values["SERVICE_TYPE"] == "MODEL"
    assert env.notes == ["SERVICE_TYPE is not set: using MODEL."]


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"MODEL_NAME": ""}, ["MODEL_NAME is not set", "docker run -e MODEL_NAME=MyModel"]),
        (
            {"MODEL_NAME": "/workspace/Other.py"},
            ["not the name of a Python class", "MODEL_NAME=Other for the class Other in Other.py"],
        ),
        ({"MODEL_NAME": "a:b:c"}, ["'a:b:c'", "MODEL_NAME=MyModel for the class MyModel"]),
        ({"MODEL_NAME": "MyModel REST"}, ["both REST and gRPC", "Set MODEL_NAME=MyModel."]),
        ({"MODEL_NAME": "--help"}, ["'--help'"]),
        (
            {"SERVICE_TYPE": "MODLE"},
            [
                "'MODLE'",
                "MODEL, ROUTER, TRANSFORMER, COMBINER, OUTLIER_DETECTOR",
                "Set SERVICE_TYPE=MODEL.",
            ],
        ),
        ({"SERVICE_TYPE": "transform"}, ["Set SERVICE_TYPE=TRANSFORMER."]),
        (
            {"SELDON_LOG_LEVEL": "verbose"},
            ["SELDON_LOG_LEVEL is 'verbose'", "DEBUG", "Set SELDON_LOG_LEVEL="],
        ),
        ({"TRACING": "jaeger"}, ["TRACING is 'jaeger'", "1 for on, 0 for off"]),
        ({"PERSISTENCE": "redis"}, ["PERSISTENCE is 'redis'"]),
        ({"GUNICORN_WORKERS": "0"}, ["GUNICORN_WORKERS is '0'", "1 or more"]),
        ({"GUNICORN_THREADS": "2.5"}, ["GUNICORN_THREADS is '2.5'"]),
        ({"GRPC_THREADS": "auto"}, ["GRPC_THREADS is 'auto'"]),
        (
            {"PREDICTIVE_UNIT_HTTP_SERVICE_PORT": "http"},
            ["PREDICTIVE_UNIT_HTTP_SERVICE_PORT is 'http'", "from 1 to 65535"],
        ),
        ({"PREDICTIVE_UNIT_GRPC_SERVICE_PORT": "70000"}, ["'70000'", "from 1 to 65535"]),
        (
            {"PREDICTIVE_UNIT_HTTP_SERVICE_PORT": "5000"},
            ["HTTP_SERVICE_PORT and PREDICTIVE_UNIT_GRPC_SERVICE_PORT are both 5000"],
        ),
        (
            {"PREDICTIVE_UNIT_PARAMETERS": "[{name: a}]"},
            ["PREDICTIVE_UNIT_PARAMETERS", "not JSON", "Set it like this: [{"],
        ),
        ({"PREDICTIVE_UNIT_PARAMETERS": '{"a": 1}'}, ["it is not a list"]),
        ({"PREDICTIVE_UNIT_PARAMETERS": '["a"]'}, ["an entry has no name"]),
        (
            {"PREDICTIVE_UNIT_PARAMETERS": '[{"name": "a", "value": "1", "type": "int"}]'},
            ['the type of a is "int"', "INT, FLOAT"],
        ),
        (
            {"PREDICTIVE_UNIT_PARAMETERS": '[{"name": "a", "value": "one", "type": "INT"}]'},
            ["the value of a is not of type INT"],
        ),
        (
            {"PREDICTIVE_UNIT_PARAMETERS": '[{"name": "a", "value": true, "type": "BOOL"}]'},
            ["the value of a is not of type BOOL"],
        ),
        (
            {"PREDICTIVE_UNIT_PARAMETERS": '[{"name": "a", "type": "FLOAT"}]'},
            ["the value of a is not of type FLOAT"],
        ),
        (
            {"PREDICTIVE_UNIT_PARAMETERS": '[{"name": "a", "type": ["INT"]}]'},
            ['the type of a is ["INT"]'],
        ),
        (
            {"PREDICTOR_LABELS": "version=1"},
            [
                "PREDICTOR_LABELS cannot be used: it is not JSON",
                'Set it like this: {"version": "v1"}',
            ],
        ),
        (
            {"MODEL_METADATA": "my-model"},
            ["MODEL_METADATA cannot be used: it is not a mapping", "YAML or JSON"],
        ),
        ({"MODEL_METADATA": "built: 2020-13-45"}, ["YAML cannot read it: month must be in 1..12"]),
        ({"TRACING": "1", "JAEGER_TAGS": "team"}, ["JAEGER_TAGS is 'team'", "name=value"]),
    ],
)
def test_unusable_values_are_refused_with_what_why_and_fix(
    env: dict[str, str], said: list[str]
) -> None:
    with pytest.raises(StartupError) as refused:
        check_environment({**MODEL, **env})
    text = str(refused.value)
    assert refused.value.code == 2
    assert [line[:7] for line in text.splitlines()][0::2] == ["ERROR: ", "  Fix: "]
    assert len(text.splitlines()) == 3
    for phrase in said:
        assert phrase in text


def test_the_values_of_parameters_are_never_repeated() -> None:
    parameters = '[{"name": "token", "value": "hunter2", "type": "INT"}]'
    with pytest.raises(StartupError) as refused:
        check_environment({**MODEL, "PREDICTIVE_UNIT_PARAMETERS": parameters})
    notes = check_environment(
        {**MODEL, "PREDICTIVE_UNIT_PARAMETERS": "'" + parameters.replace("INT", "STRING") + "'"}
    ).notes
    assert "hunter2" not in str(refused.value)
    assert len(notes) == 1
    assert "hunter2" not in notes[0]


def test_a_file_name_is_taken_as_the_module(app: Path) -> None:
    done = serve(app, MODEL_NAME="MyModel.py")
    assert seen_by_wrapper(done)["argv"][1] == "MyModel"
    assert "seldon-serve: MODEL_NAME=MyModel.py is read as MyModel.\n" in done.stderr


def test_the_wrapper_gets_the_arguments_of_s2is_run_script(app: Path) -> None:
    assert seen_by_wrapper(serve(app))["argv"] == [
        "seldon-core-microservice",
        "MyModel",
        "--service-type",
        "MODEL",
    ]


def test_persistence_and_container_arguments_are_passed_on(app: Path) -> None:
    argv = seen_by_wrapper(serve(app, "--workers", "4", PERSISTENCE="1"))["argv"]
    assert argv[3:] == ["MODEL", "--persistence", "1", "--workers", "4"]


def test_wrapper_runs_in_process_with_the_mended_environment(
    app: Path,
) -> None:
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT)],
        cwd=app,
        env=environment(app, {"TRACING": "true"}),
        stdout=subprocess.PIPE,
    )
    seen = json.loads(process.communicate(timeout=20)[0])
    assert (seen["pid"], seen["cwd"], seen["env"]["TRACING"]) == (process.pid, str(app), "1")


def test_the_programs_own_directory_is_not_searched_for_modules(app: Path) -> None:
    assert str(SCRIPT.parent) not in seen_by_wrapper(serve(app))["path"]


def test_a_refused_start_prints_three_lines_and_ends_with_2(app: Path) -> None:
    done = serve(app, SERVICE_TYPE="MODLE")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 3)
    assert done.stderr.startswith("ERROR: SERVICE_TYPE is 'MODLE'")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("MyModle", ["The module MyModle ", "MyModel", "Set MODEL_NAME to MyModel."]),
        ("nowhere.Class", ["The module nowhere of the class Class was not found."]),
        (
            "MyModel.Other",
            ["The module MyModel has no class Other.", "MODEL_NAME is MyModel.Other."],
        ),
    ],
)
def test_a_model_that_is_not_there_is_told_without_a_traceback(
    app: Path, name: str, said: list[str]
) -> None:
    done = serve(app, MODEL_NAME=name)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    for phrase in said:
        assert phrase in done.stderr


@pytest.mark.parametrize("line", ["import not_there", "None.attribute", "1 / 0"])
def test_an_error_of_the_models_own_code_keeps_its_traceback(app: Path, line: str) -> None:
    (app / "MyModel.py").write_text(f"{line}\n")
    done = serve(app)
    assert done.returncode == 1
    assert f'MyModel.py", line 1, in <module>\n    {line}' in done.stderr


def test_a_missing_wrapper_is_told_without_a_traceback(app: Path) -> None:
    done = serve(app, PYTHONPATH="")
    assert done.returncode == 2
    assert "has no seldon_core" in done.stderr
    assert "Traceback" not in done.stderr


def test_before_run_runs_first_with_the_mended_environment(
    app: Path,
) -> None:
    before_run(app, "#!/bin/sh\necho before $(pwd) $SERVICE_TYPE\n")
    done = serve(app, SERVICE_TYPE="router")
    assert done.stdout.splitlines()[0] == f"before {app} ROUTER"
    assert seen_by_wrapper(done)["argv"][3] == "ROUTER"
    assert "seldon-serve: Running before-run.\n" in done.stderr


def test_before_run_without_a_shebang_runs_as_under_s2i(
    app: Path,
) -> None:
    before_run(app, "echo before\n")
    assert serve(app).stdout.startswith("before\n")


def test_a_before_run_that_is_not_executable_is_not_run(app: Path) -> None:
    before_run(app, "#!/bin/sh\necho before\n", 0o644)
    done = serve(app)
    assert "Running before-run" not in done.stderr
    assert len(done.stdout.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("#!/bin/sh\nexit 7\n", 7, "before-run failed with exit code 7."),
        ("#!/bin/sh\nkill -9 $$\n", 137, "before-run failed with signal 9."),
        ("#!/bin/sh\r\nexit 0\r\n", 2, "CR LF"),
    ],
)
def test_before_run_failure_stops_the_start_with_its_code(
    app: Path, text: str, code: int, said: str
) -> None:
    before_run(app, text)
    done = serve(app)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_where_nothing_can_be_written_the_fix_is_a_tmp(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(tempfile, "gettempdir", nowhere)
    with pytest.raises(StartupError, match=r"--tmpfs /tmp"):
        make_room(Environment(MODEL))


@pytest.mark.parametrize("home", ["", "/"])
def test_a_user_without_a_home_gets_the_temporary_directory(
    monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    env = Environment({"HOME": home})
    make_room(env)
    assert env.get("HOME") == tempfile.gettempdir()


def test_chosen_home_is_kept_even_if_read_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    env = Environment({"HOME": "/models"})
    make_room(env)
    assert env.values["HOME"] == "/models"


def test_a_user_without_a_name_gets_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 1234567)
    env = Environment({"HOME": "/"})
    make_room(env)
    assert env.values["USER"] == "seldon"


def test_a_word_is_a_switch_as_in_distutils() -> None:
    assert [
        wrapper_patches.strtobool(word) for word in ("Yes", "on", "1", "t", "No", "off", "0", "F")
    ] == [1, 1, 1, 1, 0, 0, 0, 0]
    with pytest.raises(ValueError, match="invalid truth value 'maybe'"):
        wrapper_patches.strtobool("maybe")


# What the collector is set to while the class is made and while it is served.
COUNTING = """
import gc
from seldon_core import microservice

class CountingModel:
    def serve(self):
        print("loading", gc.get_threshold()[0])
        CHOICE
        microservice.start_servers(lambda: print("serving", gc.get_threshold()[0]), None, None, None)
"""


@pytest.mark.parametrize(
    ("choice", "serving"), [("pass", gc.get_threshold()[0]), ("gc.set_threshold(5000)", 5000)]
)
def test_garbage_collection_is_rarer_while_loading_only(
    app: Path, choice: str, serving: int
) -> None:
    (app / "CountingModel.py").write_text(COUNTING.replace("CHOICE", choice))
    done = serve(app, MODEL_NAME="CountingModel")
    assert done.stdout.splitlines() == [
        f"loading {wrapper_patches.LOADING_OBJECTS}",
        f"serving {serving}",
    ], done.stderr


# One REST request and one gRPC request are on their way when the signal comes. Each needs the process that keeps the metrics
# before it can be answered, as the wrapper's do.
BUSY = """
import multiprocessing, os, signal, sys, threading, time
from seldon_core import metrics, microservice, wrapper

class BusyModel:
    def serve(self):
        self.numbers = metrics.Manager().dict()
        microservice.start_servers(self.rest, self.grpc, None, None)

    def answer(self, kind):
        time.sleep(0.4)
        self.numbers[kind] = 1
        os.write(1, (kind + " answered" + chr(10)).encode())

    def rest(self):
        told = []
        signal.signal(signal.SIGTERM, lambda *_: told.append(1))
        worker = threading.Thread(target=lambda: [time.sleep(0.01) for _ in iter(lambda: not told, False)] and self.answer("REST"))
        worker.start()
        while self.numbers.get("ready") != 1:
            time.sleep(0.01)
        os.write(1, b"serving" + chr(10).encode())
        worker.join()
        sys.exit(0)

    def grpc(self):
        worker = microservice.mp.Process(target=self.grpc_worker)
        worker.start()
        worker.join()

    def grpc_worker(self):
        wrapper.get_grpc_server(self)
        self.numbers["ready"] = 1
        while True:
            time.sleep(60)

    def stop(self, grace):
        done = threading.Event()
        threading.Thread(target=lambda: (self.answer("gRPC"), done.set())).start()
        return done
"""


@pytest.mark.parametrize("whom", ["every process of the group", "the main process alone"])
def test_termination_answers_requests_and_exits_with_0(app: Path, whom: str) -> None:
    (app / "BusyModel.py").write_text(textwrap.dedent(BUSY))
    command, env = [sys.executable, str(SCRIPT)], environment(app, {"MODEL_NAME": "BusyModel"})
    process = subprocess.Popen(
        command,
        cwd=app,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "serving\n"
        (os.killpg if whom.startswith("every") else os.kill)(process.pid, signal.SIGTERM)
        said, errors = process.communicate(timeout=10)
    finally:
        # Whatever a failed test leaves behind is in the group that it started.
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert sorted(said.splitlines()) == ["REST answered", "gRPC answered"]
    assert (process.returncode, errors) == (0, "")


def _imported_at_run_time(tree: ast.Module) -> set[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    nodes = list(ast.walk(tree))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return plain | {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize(
    "module",
    [file for file in SCRIPT.parent.glob("*.py") if file.stem not in ("__init__", "seldon_dev")],
    ids=lambda module: str(module.stem),
)
def test_seldon_serve_stands_alone_in_python_3_6_syntax(module: Path) -> None:
    imports = _imported_at_run_time(ast.parse(module.read_text(), feature_version=(3, 6)))
    assert {name.split(".")[0] for name in imports} <= sys.stdlib_module_names
    assert not imports & {"__future__", "dataclasses"}


def test_variables_stand_in_for_annotations_of_the_pod() -> None:
    microservice = SimpleNamespace(load_annotations=lambda: {"seldon.io/rest-timeout": "9"})
    values = {"GRPC_MAX_MESSAGE_SIZE": "9999999999", "REST_TIMEOUT": "60000"}
    wrapper_patches.annotate_from_variables(microservice, values)
    assert microservice.load_annotations() == {
        "seldon.io/grpc-max-message-size": "2147483647",
        "seldon.io/rest-timeout": "9",
    }


def test_modules_beside_the_program_hide_none_of_the_users(tmp_path: Path) -> None:
    (tmp_path / "cpus.py").write_text("def cpu_limit():\n    return 'mine'\n")
    code = (
        f"import sys; sys.path.insert(0, {str(SCRIPT.parent)!r})\n"
        "import seldon_serve\n"
        "seldon_serve.beside('cpus'); seldon_serve.beside('wrapper_patches')\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "import cpus; print(cpus.cpu_limit())\n"
    )
    shown = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True)
    assert (shown.stdout, shown.stderr) == ("mine\n", "")
