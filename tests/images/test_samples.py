"""Each sample built, served and asked; what each service type answers; the contracts that samples promise to keep."""

import functools
import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.images.conftest import Built, Pack, docker
from tests.support.conda_builds import FORGE, MOUNTED
from tools.core.steps import Workspace
from tools.dev import container
from tools.dev.container import Container

_SAMPLES = Path(__file__).parent.parent.parent / "samples"
# Samples that other tests build: the fixture that holds the image.
_BUILT = {"minimal": "minimal", "sklearn-iris": "iris"}
# These are verified where they are tested: test_serving.py, test_projects.py, and below.
_VERIFIED = {*_BUILT, "setup-py", "template"}
_PATHS = {
    "Predict": ("/predict", "/api/v1.0/predictions", "/api/v0.1/predictions"),
    "SendFeedback": ("/send-feedback", "/api/v1.0/feedback", "/api/v0.1/feedback"),
    "Route": ("/route",),
    "TransformInput": ("/transform-input",),
    "TransformOutput": ("/transform-output",),
    "Aggregate": ("/aggregate",),
}
# Of seldon-core-tester, where it is not `predict`.
_ENDPOINTS = {"transformer": "transform-input"}

Message = Mapping[str, Any]


def _message(*rows: list[Any], puid: str = "asked") -> dict[str, Any]:
    return {"data": {"ndarray": list(rows)}, "meta": {"puid": puid}}


def _answer(names: list[str], *rows: list[Any], **meta: Any) -> dict[str, Any]:
    return {"data": {"names": names, "ndarray": list(rows)}, "meta": {"puid": "asked"} | meta}


def _feedback(branch: int, reward: int) -> dict[str, Any]:
    return {
        "request": _message([1, 2]),
        "response": {"meta": {"routing": {"0": branch}}},
        "reward": reward,
    }


_NOTHING = {"data": {"ndarray": []}, "meta": {"puid": "asked"}}
_TAGGED = {"data": {"ndarray": [[0.25, 0.75]]}, "meta": {"tags": {"model": "second"}}}
# By service type: the sample, and in order the calls with their whole answers.
_CALLS: Mapping[str, tuple[str, tuple[tuple[str, Message, Message], ...]]] = {
    "MODEL": (
        "minimal",
        (
            ("Predict", _message([1, 2, 3], [4, 5, 9]), _answer(["mean"], [2.0], [6.0])),
            ("SendFeedback", _feedback(0, 1), _NOTHING),
        ),
    ),
    "ROUTER": (
        "router",
        (
            ("SendFeedback", _feedback(0, 0), _NOTHING),
            ("Route", _message([1, 2]), _answer(["t:0"], [1])),
            ("SendFeedback", _feedback(1, 0), _NOTHING),
            ("Route", _message([1, 2]), _answer(["t:0"], [0])),
        ),
    ),
    "TRANSFORMER": (
        "transformer",
        (
            (
                "TransformInput",
                _message([2, 1, 0.5, 0]),
                _answer(["t:0", "t:1", "t:2", "t:3"], [5.08, 2.54, 1.27, 0.0]),
            ),
            (
                "TransformOutput",
                _message([0.9, 0.1, 0], [0, 0.2, 0.8]),
                _answer(["t:0"], ["setosa"], ["virginica"]),
            ),
        ),
    ),
    "COMBINER": (
        "combiner",
        (
            (
                "Aggregate",
                {"seldonMessages": [_message([0.75, 0.25]), _TAGGED]},
                _answer(["cat", "dog"], [0.5, 0.5], tags={"model": "second"}),
            ),
        ),
    ),
    "OUTLIER_DETECTOR": (
        "outlier-detector",
        (
            (
                "TransformInput",
                _message([5.1, 3.5, 1.4, 0.2], [5.1, 35.0, 1.4, 0.2]),
                _answer(
                    ["t:0", "t:1", "t:2", "t:3"],
                    [5.1, 3.5, 1.4, 0.2],
                    [5.1, 35.0, 1.4, 0.2],
                    tags={"outliers": [False, True]},
                ),
            ),
        ),
    ),
}


@pytest.fixture(scope="module")
def build(pack: Pack, request: pytest.FixtureRequest) -> Callable[[str], Built]:
    """Build a sample once; one that names conda's public channels with ours in their place."""

    def build(sample: str) -> Built:
        image, path = f"seldon-test-sample-{sample}", _SAMPLES / sample
        if not (path / "environment.yml").exists():
            return pack.must_build(image, path)
        volume = f"{request.getfixturevalue('channels')}:{MOUNTED}:ro"
        return pack.must_build(image, path, "--volume", volume, env={"BP_CONDA_CHANNELS": FORGE})

    return functools.cache(build)


@pytest.fixture
def image(sample: str, build: Callable[[str], Built], request: pytest.FixtureRequest) -> str:
    built: Built = request.getfixturevalue(_BUILT[sample]) if sample in _BUILT else build(sample)
    return built.image


@pytest.fixture
def running(image: str) -> Iterator[Container]:
    with container.started(image) as running:
        running.wait_ready()
        _wait_for_metrics(running)
        yield running


def _wait_for_metrics(running: Container, seconds: float = 10) -> None:
    """The port of the metrics has a process of its own, which may listen later than that of REST."""
    end = time.monotonic() + seconds
    while True:
        try:
            assert running.get("/metrics", base=running.metrics)[0] == 200
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


@pytest.mark.parametrize(
    "sample", sorted({path.parent.name for path in _SAMPLES.glob("*/verify")} - _VERIFIED)
)
def test_the_samples_verify_is_content_twice(sample: str, running: Container) -> None:
    for _ in range(2):
        done = subprocess.run(
            [_SAMPLES / sample / "verify", running.rest, running.metrics],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr + running.logs()


@pytest.mark.parametrize(("sample", "calls"), _CALLS.values(), ids=_CALLS)
def test_a_service_type_answers_its_calls_over_rest_and_grpc(
    calls: tuple[tuple[str, Message, Message], ...], running: Container, bundle: Path
) -> None:
    for method, message, answer in calls:
        for path in _PATHS[method]:
            assert running.post(path, message) == (200, answer), path
        assert running.grpc(bundle, method, message) == answer, method


@pytest.mark.parametrize(
    "sample", sorted(path.parent.name for path in _SAMPLES.glob("*/contract.json"))
)
def test_answers_to_what_fits_the_contract_fit_it_too(
    sample: str, running: Container, bundle: Path
) -> None:
    contract = _SAMPLES / sample / "contract.json"
    targets = json.loads(contract.read_text())["targets"]
    flags = ("--tensor", "--batch-size", "20", "--endpoint", _ENDPOINTS.get(sample, "predict"))
    # As the README has it: the image holds the tester.
    inside = (
        "/cnb/lifecycle/launcher",
        "seldon-core-tester",
        "contract.json",
        "localhost",
        "9000",
        "-p",
    )
    for printed in (
        running.contract(bundle, contract, *flags),
        running.contract(bundle, contract, "--grpc", *flags),
        docker("exec", running.id, *inside, *flags),
    ):
        names, shape, values = _tensor(printed)
        assert names == [target["name"] for target in targets], printed
        assert shape == [20, len(targets)], printed
        for number, target in enumerate(targets):
            low, high = target["range"]
            wrong = [
                value
                for value in values[number :: len(targets)]
                if not low - 1e-9 <= value <= high + 1e-9
            ]
            assert not wrong, f"{target['name']} of {contract} is {wrong}"


def _tensor(printed: str) -> tuple[list[str], list[int], list[float]]:
    """Names, shape and values of the answer that seldon-core-tester prints, in protobuf's text format."""
    _, _, answer = printed.partition("RECEIVED RESPONSE:")
    found: dict[str, list[str]] = {"names": [], "shape": [], "values": []}
    for name, value in re.findall(r"^ *(names|shape|values): (.+)$", answer, re.MULTILINE):
        found[name].append(value)
    return (
        [json.loads(name) for name in found["names"]],
        [int(size) for size in found["shape"]],
        [float(one) for one in found["values"]],
    )


@pytest.mark.parametrize("sample", ["parameters"])
def test_parameters_at_run_replace_those_of_the_file(image: str) -> None:
    given = '[{"name": "threshold", "value": "0.1", "type": "FLOAT"}]'
    with container.started(image, ("-e", f"PREDICTIVE_UNIT_PARAMETERS={given}")) as running:
        running.wait_ready()
        answer = running.post("/predict", _message([0.3, 0.5, 0.7]))
    assert answer == (200, _answer(["t:0", "t:1", "t:2"], ["above", "above", "above"]))


def test_make_new_writes_a_model_that_builds_offline(
    pack: Pack, workspace: Workspace, tmp_path: Path
) -> None:
    target = tmp_path / "new model"
    subprocess.run(
        ["make", "-s", "new", f"NAME={target}"],
        cwd=workspace.checkout,
        check=True,
        capture_output=True,
        timeout=60,
    )
    built = pack.must_build("seldon-test-new", target, "--network", "none")
    with container.started(built.image) as running:
        running.wait_ready()
        subprocess.run([_SAMPLES / "template/verify", running.rest], check=True, timeout=30)
