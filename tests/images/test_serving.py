"""What a built model answers on each of its ports, compared whole and with a direct call of its class."""

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.images.conftest import Built, Pack, docker
from tools.dev import container
from tools.dev.container import Container

_FLOWERS = [[5.1, 3.5, 1.4, 0.2], [6.0, 2.9, 4.5, 1.5], [6.3, 3.3, 6.0, 2.5]]
_NAMES = ["setosa", "versicolor", "virginica"]
# As Seldon's operator runs a pod, and stricter: nothing may be written but /tmp, no capability is left.
_RESTRICTED = (
    *(
        "--user",
        "8888:0",
        "--cap-drop",
        "ALL",
        "--security-opt",
        "no-new-privileges",
        "--read-only",
        "--tmpfs",
        "/tmp",
    ),
    *("--pids-limit", "200"),
)

_SLOW = """
import time


class Slow:
    def predict(self, X, names=None):
        print("begun", flush=True)
        time.sleep(1)
        return X

    def metrics(self):
        return [{"type": "COUNTER", "key": "asked", "value": 1}]
"""


@pytest.fixture(scope="module")
def model(iris: Built) -> Iterator[Container]:
    with container.started(iris.image) as running:
        running.wait_ready()
        yield running


@pytest.fixture(scope="module")
def direct(iris: Built) -> list[list[float]]:
    """What the class itself says of the flowers, in the same image."""
    code = f"import json, numpy, IrisClassifier as m; print(json.dumps(m.IrisClassifier().predict(numpy.array({_FLOWERS})).tolist()))"
    answer: list[list[float]] = json.loads(
        docker("run", "--rm", "--entrypoint", "launcher", iris.image, "python", "-c", code)
    )
    return answer


@pytest.mark.parametrize("path", ["/predict", "/api/v1.0/predictions", "/api/v0.1/predictions"])
def test_rest_answers_what_the_class_says(
    model: Container, direct: list[list[float]], path: str
) -> None:
    assert model.post(path, {"data": {"ndarray": _FLOWERS}}) == (
        200,
        {"data": {"names": _NAMES, "ndarray": direct}, "meta": {}},
    )


def test_rest_answers_in_the_shape_it_was_asked(
    model: Container, direct: list[list[float]]
) -> None:
    values = [value for row in _FLOWERS for value in row]
    answered = [value for row in direct for value in row]
    expected = {
        "data": {"names": _NAMES, "tensor": {"shape": [3, 3], "values": answered}},
        "meta": {},
    }
    assert model.post("/predict", {"data": {"tensor": {"shape": [3, 4], "values": values}}}) == (
        200,
        expected,
    )


def test_grpc_answers_what_the_class_says(
    model: Container, direct: list[list[float]], bundle: Path
) -> None:
    assert model.grpc(bundle, "Predict", {"data": {"ndarray": _FLOWERS}}) == {
        "data": {"names": _NAMES, "ndarray": direct},
        "meta": {},
    }


def test_health_and_metadata_answer(model: Container) -> None:
    answers = {path: model.get(path) for path in ("/health/ping", "/health/status", "/metadata")}
    assert {path: (status, body.strip()) for path, (status, body) in answers.items()} == {
        "/health/ping": (200, "pong"),
        "/health/status": (200, '{"meta":{},"strData":"healthy"}'),
        "/metadata": (
            200,
            '{"custom":{},"inputs":[],"name":"","outputs":[],"platform":"","versions":[""]}',
        ),
    }


def test_a_models_metrics_are_counted_on_their_own_port(slow: Built) -> None:
    with container.started(slow.image) as running:
        running.wait_ready()
        for _ in range(2):
            running.post("/predict", {"data": {"ndarray": [[7]]}})
        status, text = running.get("/metrics", base=running.metrics)
    assert status == 200
    assert [
        line.rpartition(" ")[2] for line in text.splitlines() if line.startswith("asked_total{")
    ] == ["2.0"], text


def test_the_ports_follow_the_operators_variables(minimal: Built) -> None:
    options = ("-e", "PREDICTIVE_UNIT_HTTP_SERVICE_PORT=9010", "-p", "127.0.0.1::9010")
    with container.started(minimal.image, options) as running:
        address = docker("port", running.id, "9010/tcp").strip()
        moved = Container(
            id=running.id,
            rest=f"http://{address}",
            grpc_address=running.grpc_address,
            metrics=running.metrics,
            started=running.started,
        )
        moved.wait_ready()
        assert moved.get("/health/ping") == (200, "pong")


@pytest.mark.parametrize("sample", ["minimal", "iris"])
def test_each_samples_verify_is_content(
    sample: str, request: pytest.FixtureRequest, samples: Path
) -> None:
    built: Built = request.getfixturevalue(sample)
    folder = {"minimal": "minimal", "iris": "sklearn-iris"}[sample]
    with container.started(built.image) as running:
        running.wait_ready()
        subprocess.run([samples / folder / "verify", running.rest], check=True, timeout=30)


def test_serving_needs_no_rights_and_writes_only_to_tmp(
    iris: Built, direct: list[list[float]]
) -> None:
    with container.started(iris.image, _RESTRICTED) as running:
        running.wait_ready()
        assert running.post("/predict", {"data": {"ndarray": _FLOWERS}}) == (
            200,
            {"data": {"names": _NAMES, "ndarray": direct}, "meta": {}},
        )
        assert docker("exec", running.id, "id", "-u").strip() == "8888"
        assert "Traceback" not in running.logs()


def test_docker_run_e_wins_over_what_is_baked(source: Callable[..., Path], pack: Pack) -> None:
    two = "class {0}:\n    def predict(self, X, names=None):\n        return [['{0}']]\n"
    app = source(
        {
            ".s2i/environment": "MODEL_NAME=First\nSERVICE_TYPE=MODEL\n",
            "First.py": two.format("First"),
            "Second.py": two.format("Second"),
        }
    )
    built = pack.must_build("seldon-test-two", app)
    for options, name in (((), "First"), (("-e", "MODEL_NAME=Second"), "Second")):
        with container.started(built.image, options) as running:
            running.wait_ready()
            assert running.post("/predict", {"data": {"ndarray": [[1]]}})[1]["data"]["ndarray"] == [
                [name]
            ]


def test_before_run_runs_before_the_model(pack: Pack, source: Callable[..., Path]) -> None:
    model = "import pathlib\n\nclass M:\n    def predict(self, X, names=None):\n        return [[pathlib.Path('/tmp/said').read_text()]]\n"
    app = source(
        {
            ".s2i/environment": "MODEL_NAME=M\nSERVICE_TYPE=MODEL\n",
            "M.py": model,
            "before-run": "#!/bin/sh\nprintf hello > /tmp/said\n",
        }
    )
    (app / "before-run").chmod(0o755)
    built = pack.must_build("seldon-test-before-run", app)
    with container.started(built.image, _RESTRICTED) as running:
        running.wait_ready()
        assert running.post("/predict", {"data": {"ndarray": [[1]]}})[1]["data"]["ndarray"] == [
            ["hello"]
        ]


def test_a_wrong_service_type_at_run_is_refused_in_plain_words(minimal: Built) -> None:
    done = subprocess.run(
        ["docker", "run", "--rm", "-e", "SERVICE_TYPE=MODLE", minimal.image],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "MODLE" in done.stderr
    assert "MODEL, ROUTER, TRANSFORMER, COMBINER" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


@pytest.fixture(scope="module")
def slow(pack: Pack, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A model that takes a second to answer."""
    app = tmp_path_factory.mktemp("slow")
    (app / "Slow.py").write_text(_SLOW)
    return pack.must_build("seldon-test-slow", app, env={"MODEL_NAME": "Slow"})


def _wait_for(said: str, running: Container) -> None:
    """Wait until the log has it, for as long as only a server that hangs would take."""
    end = time.monotonic() + 20
    while said not in running.logs():
        assert time.monotonic() < end, running.logs()
        time.sleep(0.05)


@pytest.mark.parametrize("workers", ["1", "4"])
def test_docker_stop_answers_requests_and_ends_by_itself(slow: Built, workers: str) -> None:
    with container.started(slow.image, ("-e", f"GUNICORN_WORKERS={workers}")) as running:
        running.wait_ready()
        answers: list[tuple[int, Any]] = []
        asking = threading.Thread(
            target=lambda: answers.append(running.post("/predict", {"data": {"ndarray": [[7]]}}))
        )
        asking.start()
        _wait_for("begun\n", running)
        docker("stop", "-t", "15", running.id)
        asking.join(timeout=15)
        code = int(docker("inspect", "-f", "{{.State.ExitCode}}", running.id))
        log = running.logs()
    assert answers == [
        (
            200,
            {
                "data": {"names": ["t:0"], "ndarray": [[7]]},
                "meta": {"metrics": [{"key": "asked", "type": "COUNTER", "value": 1}]},
            },
        )
    ]
    # 137 would mean that Docker had to kill it.
    assert code == 0, log
    assert "Traceback" not in log
