"""Models in pods: as Seldon's operator makes them, of each service type, and without it."""

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.platforms.samples import Object, Values
from tests.platforms.seldon import operator
from tests.platforms.seldon.executor import Executor
from tests.platforms.seldon.running import Running, Served, deployed, served
from tests.platforms.seldon.trickle import Trickle, until
from tools.container import Container
from tools.steps import ToolError

_ROLLOUT_SECONDS = 180


@dataclass(frozen=True)
class Asked:
    """What a manifest's graph is asked, and the data of its answer."""

    rows: list[list[float]]
    answer: Mapping[str, Any]


_GRAPHS = {
    "model.yaml": Asked([[0.5, 0.6, 0.7]], {"names": ["t:0", "t:1", "t:2"], "ndarray": [["below", "high", "high"]]}),
    "transformer.yaml": Asked([[2, 1]], {"names": ["mean"], "ndarray": [[3.81]]}),
    "router.yaml": Asked([[2, 1]], {"names": ["mean"], "ndarray": [[1.5]]}),
    "combiner.yaml": Asked([[2, 4]], {"names": ["cat", "dog"], "ndarray": [[2.5, 5.0]]}),
    "outlier-detector.yaml": Asked([[5.1, 3.5, 1.4, 0.2]], {"names": ["mean"], "ndarray": [[2.55]]}),
}


@pytest.fixture(scope="module", params=_GRAPHS, ids=lambda file: file.removesuffix(".yaml"))
def file(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def there(seldon: Values, bundle: Path, file: str) -> Iterator[Served]:
    with served(seldon, bundle, file) as running:
        yield running


def test_each_service_type_answers_over_rest_and_grpc_as_it_was_given_parameters(there: Served, file: str) -> None:
    asked = _GRAPHS[file]
    for way, call in (("REST", there.rest()), ("gRPC", there.grpc())):
        data = Executor(call).predict(there.graph, {"data": {"ndarray": asked.rows}})["data"]
        rounded = [[value if isinstance(value, str) else round(value, 9) for value in row] for row in data["ndarray"]]
        assert {**data, "ndarray": rounded} == asked.answer, way


def test_each_nodes_metrics_are_scraped_where_the_operator_says(there: Served, file: str) -> None:
    counted = []
    for unit in there.graph.all():
        container = there.container(unit)
        status, text = container.get(operator.METRICS_PATH, base=container.metrics)
        assert status == 200, unit.name
        # Only the model Scale has a metric of its own. The wrapper counts what the readiness probe asks too, by itself.
        found = [dict(re.findall(r'(\w+)="(.*?)"', line)) for line in text.splitlines() if line.startswith("scaled_total{")]
        counted += [(unit.name, one["deployment_name"], one["model_name"], one["worker_id"]) for one in found if one["method"] == "predict"]
    # Each was asked once over REST and once over gRPC, by the test before, which are two processes.
    expected = [(name, "average", name) for name in ("half", "half", "double", "double")] if file == "combiner.yaml" else []
    assert [one[:3] for one in counted] == expected
    assert len({one[3] + one[0] for one in counted}) == len(counted)


def test_it_runs_as_8888_without_a_capability_on_a_root_that_nothing_can_be_written_to(there: Served) -> None:
    running = there.running
    script = "id -u; grep -i capeff /proc/self/status; touch /workspace/x /x 2>&1; touch /tmp/x && echo written"
    for unit in there.graph.all():
        [pod] = running.pods(unit.deployment)
        words = ("exec", pod["metadata"]["name"], "-n", running.namespace, "-c", unit.name, "--", "/bin/sh", "-c", script)
        user, capabilities, *refused, written = running.cluster.kubectl(*words).splitlines()
        assert (user, capabilities.split()[1]) == ("8888", "0" * 16)
        assert [line.rpartition(": ")[2] for line in refused] == ["Read-only file system"] * 2
        assert written == "written"
    assert "Traceback" not in running.logs()


def test_a_pod_ends_by_itself_within_its_grace_period(there: Served) -> None:
    """The last look at each manifest's pods: they are deleted, and made anew by their Deployment."""
    running, namespace = there.running, there.running.namespace
    [pod] = running.pods(running.names[0])
    name = pod["metadata"]["name"]
    begin = time.monotonic()
    running.cluster.kubectl("delete", "pod", name, "--namespace", namespace, "--wait=false")
    states: dict[str, Object] = {}

    def gone() -> bool:
        found = running.cluster.get("pod", name, namespace)
        for status in found.get("status", {}).get("containerStatuses", []):
            states.update({status["name"]: status["state"]["terminated"]} if "terminated" in status["state"] else {})
        return not found

    until(f"pod {name} is gone", gone, operator.GRACE_SECONDS + 20)
    took = time.monotonic() - begin
    assert 10 < took < operator.GRACE_SECONDS - 3, took
    # Killed ones have 137. The object may be gone before the last container's state is seen.
    assert {state["exitCode"] for state in states.values()} <= {0, 143}, states


@pytest.mark.parametrize("name", ["deployment.yaml", "model.yaml"])
def test_a_rolling_restart_under_a_trickle_of_requests_loses_none(seldon: Values, bundle: Path, name: str) -> None:
    if name == "deployment.yaml":
        with deployed(seldon, name) as running:
            _restart_under_trickle(running, "row-means")
    else:
        with served(seldon, bundle, name) as there:
            _restart_under_trickle(there.running, operator.service_name(there.seldon, there.graph))


def _restart_under_trickle(running: Running, service: str) -> None:
    [deployment] = running.names
    spec = running.cluster.get("service", service, running.namespace)["spec"]
    [port] = [one["port"] for one in spec["ports"] if one["name"] == "http"]
    with Trickle(f"{spec['clusterIP']}:{port}") as trickle:
        until("requests are answered", lambda: len(trickle.answers) > 20, 20)
        old = {pod["metadata"]["name"] for pod in running.pods(deployment)}
        running.cluster.kubectl("rollout", "restart", f"deployment/{deployment}", "--namespace", running.namespace)
        running.wait_ready(_ROLLOUT_SECONDS)

        def old_ones() -> set[str]:
            return old & {pod["metadata"]["name"] for pod in running.cluster.objects("pods", running.namespace, f"app={deployment}")}

        until("the old pods are gone", lambda: not old_ones(), _ROLLOUT_SECONDS)
        until_then = len(trickle.answers)
        until("requests go on", lambda: len(trickle.answers) > until_then + 20, 20)
    assert trickle.lost() == []
    assert len(trickle.answers) > 200
    assert len({one.result() for one in trickle.answers}) == 1


# What a pod may have in the place of the image's own start, with how it shows that it was taken.
_STARTS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "the process web": ({"command": ["/cnb/process/web"]}, "dumb-init -- seldon-serve"),
    "the launcher with a command": (
        {"command": ["/cnb/lifecycle/launcher", "--", "dumb-init", "--", "sh", "-c", "export TAKEN=yes; exec seldon-serve"]},
        "dumb-init -- sh -c",
    ),
    "arguments for the wrapper": ({"args": ["--workers", "2"]}, "dumb-init -- seldon-serve --workers 2"),
}


@pytest.mark.parametrize(("start", "first_words"), _STARTS.values(), ids=_STARTS)
def test_command_and_args_of_a_pod_start_the_model_as_documented(seldon: Values, start: Mapping[str, Any], first_words: str) -> None:
    def change(one: Object) -> None:
        if one["kind"] == "Deployment":
            one["spec"]["replicas"] = 1
            one["spec"]["template"]["spec"]["containers"][0].update(start)

    with deployed(seldon, "deployment.yaml", change) as running:
        model = Container("", f"http://{running.address('row-means')}:9000", "", "", 0.0)
        assert model.post("/predict", {"data": {"ndarray": [[1, 2, 3]]}})[1]["data"] == {"names": ["mean"], "ndarray": [[2.0]]}
        [pod] = running.pods("row-means")
        words = ("exec", pod["metadata"]["name"], "-n", running.namespace, "--", "/bin/sh", "-c", "tr '\\0' ' ' < /proc/1/cmdline")
        assert first_words in running.cluster.kubectl(*words)


def test_a_command_without_the_launcher_is_not_found_and_the_pod_says_so(seldon: Values) -> None:
    def change(one: Object) -> None:
        if one["kind"] == "Deployment":
            one["spec"]["replicas"] = 1
            one["spec"]["template"]["spec"]["containers"][0]["command"] = ["seldon-serve"]

    [deployment, _] = seldon.read("seldon/deployment.yaml", {})
    change(deployment)
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "without-launcher"}, "spec": deployment["spec"]["template"]["spec"]}
    seldon.cluster.apply(json.dumps(pod), seldon.namespace)
    try:

        def message() -> str:
            statuses = seldon.cluster.get("pod", "without-launcher", seldon.namespace)["status"].get("containerStatuses", [{}])
            states = {**statuses[0].get("state", {}), **statuses[0].get("lastState", {})}
            return " ".join(str(state.get("message", "")) for state in states.values() if isinstance(state, dict))

        until("the container could not be started", lambda: "seldon-serve" in message(), 60)
        assert "executable file not found in $PATH" in message()
    finally:
        seldon.cluster.kubectl("delete", "pod", "without-launcher", "--namespace", seldon.namespace, "--wait=false")


def test_a_root_that_nothing_can_be_written_to_without_a_tmp_is_refused_in_plain_words(seldon: Values) -> None:
    [deployment, _] = seldon.read("seldon/deployment.yaml", {})
    spec = deployment["spec"]["template"]["spec"]
    del spec["volumes"], spec["containers"][0]["volumeMounts"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "without-tmp"}, "spec": {**spec, "restartPolicy": "Never"}}
    seldon.cluster.apply(json.dumps(pod), seldon.namespace)
    try:
        until(
            "the container ended",
            lambda: seldon.cluster.get("pod", "without-tmp", seldon.namespace)["status"].get("phase") == "Failed",
            90,
        )
        said = seldon.cluster.logs("without-tmp", seldon.namespace)
        assert "No directory can be written to, not even /tmp." in said
        assert "emptyDir mounted at /tmp" in said
    except ToolError as error:
        raise AssertionError(seldon.cluster.kubectl("describe", "pod", "without-tmp", "-n", seldon.namespace)) from error
    finally:
        seldon.cluster.kubectl("delete", "pod", "without-tmp", "--namespace", seldon.namespace, "--wait=false")
