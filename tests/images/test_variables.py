"""The wrapper's variables: from the file, from --env and from docker run -e, the later winning; and none that the wrapper reads is forgotten."""

import ast
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from seldon_buildpack.origin import Kind
from seldon_buildpack.settings import variables
from seldon_buildpack.settings.variable_kinds import in_image
from tests.images import reads
from tests.images.conftest import Built, Pack
from tests.support import packages
from tools.dev import container
from tools.dev.container import Container

_MODEL = """
import os

from seldon_core.user_model import SeldonNotImplementedError


class Tells:
    def __init__(self, greeting="none"):
        self.greeting = greeting

    def predict_raw(self, request):
        if isinstance(request, bytes):
            return b'{"bytes": %d}' % len(request)
        raise SeldonNotImplementedError("only bytes")

    def predict(self, X, names=None, meta=None):
        return {"zeta": self.greeting, "alpha": os.environ["MINE"]}
"""

_GREETING = '[{"name": "greeting", "value": "VALUE", "type": "STRING"}]'

_FILE = {
    "MODEL_NAME": "Tells",
    "SERVICE_TYPE": "MODEL",
    "PERSISTENCE": "0",
    "MINE": "file",
    "CONDA_ENV_NAME": "file",
    "PREDICTIVE_UNIT_PARAMETERS": _GREETING.replace("VALUE", "file"),
    "PREDICTIVE_UNIT_METRICS_ENDPOINT": "/file",
    "MODEL_METADATA": '{"name": "file"}',
    "FLASK_JSON_SORT_KEYS": "false",
    "SELDON_LOG_LEVEL": "INFO",
    "GUNICORN_WORKERS": "2",
    "GUNICORN_THREADS": "2",
    "GRPC_THREADS": "2",
    "TRACING": "0",
    "EXTRA_INDEX_URL": "http://127.0.0.1:9/simple",
}
_BUILD = {
    "MODEL_METADATA": '{"name": "build"}',
    "GUNICORN_THREADS": "3",
    "GRPC_THREADS": "3",
    "FLASK_JSONIFY_PRETTYPRINT_REGULAR": "true",
    "PREDICTIVE_UNIT_GRPC_SERVICE_PORT": "5001",
    "NOT_THE_WRAPPERS": "build",
    "BPE_DEFAULT_GIVEN": "build",
    "BPE_FORCED": "build",
}
_RUN = {
    "MINE": "run",
    "CONDA_ENV_NAME": "run",
    "PREDICTIVE_UNIT_PARAMETERS": _GREETING.replace("VALUE", "run"),
    "PREDICTIVE_UNIT_METRICS_ENDPOINT": "/run",
    "MODEL_METADATA": '{"name": "run"}',
    "FLASK_JSON_SORT_KEYS": "true",
    "FLASK_JSONIFY_PRETTYPRINT_REGULAR": "false",
    "GUNICORN_WORKERS": "3",
    "GUNICORN_THREADS": "4",
    "GRPC_THREADS": "4",
    "TRACING": "1",
    "PERSISTENCE": "1",
    "SELDON_LOG_LEVEL": "DEBUG",
    "PREDICTIVE_UNIT_GRPC_SERVICE_PORT": "5000",
    "GIVEN": "run",
    "FORCED": "run",
}


def _flags(values: dict[str, str]) -> list[str]:
    return [word for name, value in values.items() for word in ("-e", f"{name}={value}")]


@pytest.fixture(scope="module")
def tells(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A model with variables in its file, some of them again by --env; the first line of the file is set again by another."""
    app = tmp_path_factory.mktemp("tells")
    (app / "Tells.py").write_text(_MODEL)
    (app / ".s2i").mkdir()
    (app / ".s2i/environment").write_text(
        "MINE=earlier\n" + "".join(f"{name}={value}\n" for name, value in _FILE.items())
    )
    return pack.must_build("seldon-test-tells", app, "--network", "none", env=_BUILD)


@pytest.fixture(scope="module")
def as_built(tells: Built) -> Iterator[Container]:
    with container.started(tells.image) as running:
        running.wait_ready()
        yield running


@pytest.fixture(scope="module")
def as_run(tells: Built) -> Iterator[Container]:
    with container.started(tells.image, _flags(_RUN)) as running:
        running.wait_ready()
        yield running


def _answer(running: Container) -> list[tuple[str, str]]:
    """The keys of the answer with their values, in the order in which they came."""
    status, answer = running.post("/predict", {"data": {"ndarray": [[1]]}})
    assert status == 200, answer
    return list(answer["jsonData"].items())


def _names(running: Container, *texts: str) -> None:
    log = running.logs()
    assert [text for text in texts if text not in log] == [], log


def test_a_variable_that_is_set_twice_in_the_file_is_said_to_be(tells: Built) -> None:
    assert (
        "Warning: .s2i/environment line 5: MINE is set again, and this line overrides line 1.\n           Remove line 1.\n"
        in tells.ours
    )


def test_what_the_file_sets_is_there_at_run(as_built: Container) -> None:
    assert _answer(as_built) == [("zeta", "file"), ("alpha", "file")]
    assert as_built.get("/file", as_built.metrics)[0] == 200
    assert as_built.get("/metrics", as_built.metrics)[0] == 404
    _names(as_built, "'workers': 2", "Tracing not active")


def test_env_wins_over_the_file(as_built: Container) -> None:
    status, metadata = as_built.get("/metadata")
    assert (status, json.loads(metadata)["name"]) == (200, "build")
    assert metadata.startswith('{\n  "name"'), metadata
    _names(
        as_built,
        "'threads': 3",
        "Starting new GRPC server with 3 threads.",
        "GRPC Server Binding to 0.0.0.0:5001 with 1 processes.",
    )
    assert "DEBUG:" not in as_built.logs()


def test_docker_run_e_wins_over_both(as_run: Container, bundle: Path) -> None:
    assert _answer(as_run) == [("alpha", "run"), ("zeta", "run")]
    status, metadata = as_run.get("/metadata")
    assert (status, json.loads(metadata)["name"]) == (200, "run")
    assert metadata.startswith('{"custom"'), metadata
    assert as_run.get("/run", as_run.metrics)[0] == 200
    assert as_run.grpc(bundle, "Predict", {"data": {"ndarray": [[1]]}})["jsonData"] == {
        "zeta": "run",
        "alpha": "run",
    }
    _names(
        as_run,
        *(
            "'workers': 3",
            "'threads': 4",
            "Starting new GRPC server with 4 threads.",
            "Tracing branch is active",
        ),
        *("Persistence: ignored", "DEBUG:"),
    )


def test_image_variables_exclude_those_of_the_build(
    tells: Built,
) -> None:
    image = packages.environment(tells.image)
    seen = {name: image[name] for name in {*_FILE, *_BUILD, "GIVEN", "FORCED"} if name in image}
    baked = {**_FILE, **_BUILD, "GIVEN": "build", "FORCED": "build"}
    for name in ("EXTRA_INDEX_URL", "NOT_THE_WRAPPERS", "BPE_DEFAULT_GIVEN", "BPE_FORCED"):
        del baked[name]
    assert seen == baked


def test_bpe_forces_a_variable_or_only_gives_it(tells: Built) -> None:
    seen = packages.environment(tells.image, *_flags(_RUN))
    assert (seen["GIVEN"], seen["FORCED"], seen["CONDA_ENV_NAME"]) == ("run", "build", "run")


@pytest.mark.parametrize(("value", "answer"), [("true", {"bytes": 31}), ("false", None)])
def test_payload_passthrough_is_switched_at_run(tells: Built, value: str, answer: object) -> None:
    with container.started(
        tells.image, _flags({"PAYLOAD_PASSTHROUGH": value, "GUNICORN_WORKERS": "1"})
    ) as running:
        running.wait_ready()
        status, found = running.post("/predict", {"data": {"ndarray": [[1, 2]]}})
        assert (status, found) == (
            200,
            answer or {"jsonData": {"zeta": "file", "alpha": "file"}, "meta": {}},
        )


def test_server_switches_work_from_env_and_at_run(pack: Pack, source: Callable[..., Path]) -> None:
    """Flask's server in the place of gunicorn's, no gRPC, a line for each request."""
    app = source({"Tells.py": _MODEL, ".s2i/environment": "MINE=1\nGRPC_WORKERS=0\n"})
    env = {"SELDON_DEBUG": "true", "FILTER_METRICS_ACCESS_LOGS": "true", "PAYLOAD_PASSTHROUGH": "t"}
    built = pack.must_build("seldon-test-switches", app, "--network", "none", env=env)
    with container.started(built.image) as running:
        running.wait_ready()
        assert running.post("/predict", {"data": {"ndarray": [[1, 2]]}}) == (200, {"bytes": 31})
        _names(running, "Serving Flask app")
        assert "GRPC Server Binding" not in running.logs()
    switched_back = _flags(
        {
            "SELDON_DEBUG": "false",
            "GRPC_WORKERS": "1",
            "PAYLOAD_PASSTHROUGH": "0",
            "GUNICORN_ACCESS_LOG": "true",
        }
    )
    with container.started(built.image, switched_back) as running:
        running.wait_ready()
        assert (
            running.post("/predict", {"data": {"ndarray": [[1, 2]]}})[1]["jsonData"]["alpha"] == "1"
        )
        _names(
            running,
            "GRPC Server Binding to 0.0.0.0:5000 with 1 processes.",
            '"POST /predict HTTP/1.1" 200',
            "Gunicorn Config",
        )
        host, _, port = running.grpc_address.partition(":")
        socket.create_connection((host, int(port)), 5).close()


# What the wrapper reads


# Packages of the wrapper that serve, and what of their variables is not taken from --env, with the reason.
_NOT_SET: Mapping[str, Mapping[str, str]] = {
    "seldon_core": {},
    "gunicorn": {
        "LISTEN_FDS": "systemd's",
        "LISTEN_PID": "systemd's",
        "NOTIFY_SOCKET": "systemd's",
        "PORT": "the wrapper gives gunicorn its port",
        "PWD": "the shell's",
        "XDG_RUNTIME_DIR": "for gunicorn's control socket, which is off",
    },
    "flask": {"PYTHONSTARTUP": "of the command `flask shell`"},
    "jaeger_client": {},
    "prometheus_client": {
        "prometheus_multiproc_dir": "the wrapper shares its metrics between processes itself",
        "PROMETHEUS_MULTIPROC_DIR": "the same",
        "PROMETHEUS_LEGACY_NAME_VALIDATION": "the wrapper's names are valid under either rule",
    },
    "grpc": {},
}


@pytest.mark.parametrize("package", _NOT_SET)
def test_every_variable_that_the_wrapper_reads_is_let_through(package: str, bundle: Path) -> None:
    """Read off its source in each set of pins, so that a release that reads another one is noticed."""
    sets = [path.name for path in sorted((bundle / "wrappers").iterdir())]
    assert "upstream" in sets
    read = {
        name for pins in sets for name in reads.variables(_site_packages(bundle, pins) / package)
    }
    # A name that is put together at run stands for a family of them.
    assert {
        name for name in read if not in_image(name.replace("*", "X"), Kind.PLATFORM_ENV)
    } == set(_NOT_SET[package])


def test_seldon_core_variables_are_declared_with_defaults(bundle: Path) -> None:
    read = reads.variables(_site_packages(bundle) / "seldon_core")
    declared = {setting.name: setting.default for setting in variables.DECLARED}
    assert len(read) > 30
    assert [name for name in read if name not in declared] == []
    spelt = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in read.items()
        if value is not None
    }
    assert {
        name: (value, declared[name]) for name, value in spelt.items() if declared[name] != value
    } == {}


def test_flasks_settings_are_named(bundle: Path) -> None:
    [allowed] = [
        ast.literal_eval(node.value)
        for node in ast.walk(
            ast.parse((_site_packages(bundle) / "seldon_core/wrapper.py").read_text())
        )
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FLASK_CONFIGS_ALLOWED"
    ]
    [family] = [setting.help for setting in variables.DECLARED if setting.name == "FLASK_*"]
    declared = {setting.name for setting in variables.DECLARED}
    assert [
        name for name in allowed if f"FLASK_{name}" not in declared and name not in family
    ] == []


def _site_packages(bundle: Path, pins: str = "upstream") -> Path:
    return bundle / "wrappers" / pins / "3.12/lib/python3.12/site-packages"
