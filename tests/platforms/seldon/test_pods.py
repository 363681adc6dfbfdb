"""Models of each service type, and a graph of them, in pods as Seldon's operator makes them, asked as its executor does."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.platforms.samples import SAMPLES, Object
from tests.platforms.seldon import operator
from tests.platforms.seldon.executor import Executor
from tests.platforms.seldon.running import Running, Served
from tests.platforms.seldon.trickle import restart_under_trickle, until


@dataclass(frozen=True)
class Asked:
    """What a manifest's graph is asked, and the data of its answer."""

    rows: list[list[float]]
    answer: Mapping[str, Any]


_GRAPHS = {
    "model.yaml": Asked(
        [[0.5, 0.6, 0.7]], {"names": ["t:0", "t:1", "t:2"], "ndarray": [["below", "high", "high"]]}
    ),
    "transformer.yaml": Asked([[2, 1]], {"names": ["mean"], "ndarray": [[3.81]]}),
    "router.yaml": Asked([[2, 1]], {"names": ["mean"], "ndarray": [[1.5]]}),
    "combiner.yaml": Asked([[2, 4]], {"names": ["cat", "dog"], "ndarray": [[2.5, 5.0]]}),
    "outlier-detector.yaml": Asked(
        [[5.1, 3.5, 1.4, 0.2]], {"names": ["mean"], "ndarray": [[2.55]]}
    ),
}
# Asked of graph.yaml.
_INCHES = {"data": {"ndarray": [[2, 1]]}}
_ROW_MEANS = {"names": ["mean"], "ndarray": [[3.81]]}
_MEAN_OF_TWO = {"names": ["cat", "dog"], "ndarray": [[6.35, 3.175]]}


@pytest.fixture(params=_GRAPHS, ids=lambda file: file.removesuffix(".yaml"))
def file(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def there(all_served: Mapping[str, Served], file: str) -> Served:
    return all_served[file]


def _rounded(data: Mapping[str, Any]) -> dict[str, Any]:
    rows = [
        [value if isinstance(value, str) else round(value, 9) for value in row]
        for row in data["ndarray"]
    ]
    return {**data, "ndarray": rows}


def test_every_manifest_of_the_samples_is_applied(all_served: Mapping[str, Served]) -> None:
    assert set(all_served) == {*_GRAPHS, "graph.yaml"}
    assert {file.name for file in (SAMPLES / "platforms/seldon").glob("*.yaml")} == {
        *all_served,
        "deployment.yaml",
    }


def test_service_types_answer_over_rest_and_grpc(there: Served, file: str) -> None:
    asked = _GRAPHS[file]
    for way, call in (("REST", there.rest()), ("gRPC", there.grpc())):
        data = Executor(call).predict(there.graph, {"data": {"ndarray": asked.rows}})["data"]
        assert _rounded(data) == asked.answer, way


def test_each_nodes_metrics_are_scraped_where_the_operator_says(there: Served, file: str) -> None:
    counted = []
    for unit in there.graph.all():
        container = there.container(unit)
        status, text = container.get(operator.METRICS_PATH, base=container.metrics)
        assert status == 200, unit.name
        # Only the model Scale has a metric of its own. The wrapper counts what the readiness probe asks too, by itself.
        found = [
            dict(re.findall(r'(\w+)="(.*?)"', line))
            for line in text.splitlines()
            if line.startswith("scaled_total{")
        ]
        counted += [
            (unit.name, one["deployment_name"], one["model_name"], one["worker_id"])
            for one in found
            if one["method"] == "predict"
        ]
    # Each was asked once over REST and once over gRPC, by the test before, which are two processes.
    expected = (
        [(name, "average", name) for name in ("half", "half", "double", "double")]
        if file == "combiner.yaml"
        else []
    )
    assert [one[:3] for one in counted] == expected
    assert len({one[3] + one[0] for one in counted}) == len(counted)


def test_pod_runs_unprivileged_on_a_read_only_root(
    there: Served,
) -> None:
    running = there.running
    script = "id -u; grep -i capeff /proc/self/status; touch /workspace/x /x 2>&1; touch /tmp/x && echo written"
    for unit in there.graph.all():
        [pod] = running.pods(unit.deployment)
        words = (
            "exec",
            pod["metadata"]["name"],
            "-n",
            running.namespace,
            "-c",
            unit.name,
            "--",
            "/bin/sh",
            "-c",
            script,
        )
        user, capabilities, *refused, written = running.cluster.kubectl(*words).splitlines()
        assert (user, capabilities.split()[1]) == ("8888", "0" * 16)
        assert [line.rpartition(": ")[2] for line in refused] == ["Read-only file system"] * 2
        assert written == "written"
    assert "Traceback" not in running.logs()


@pytest.fixture
def graph(all_served: Mapping[str, Served]) -> Served:
    return all_served["graph.yaml"]


@pytest.mark.parametrize("way", ["rest", "grpc"])
def test_graph_transforms_routes_aggregates_and_learns(graph: Served, way: str) -> None:
    call = {"rest": graph.rest, "grpc": graph.grpc}[way]()

    def predicted() -> tuple[dict[str, Any], dict[str, int]]:
        answer = Executor(call).predict(graph.graph, _INCHES)
        return _rounded(answer["data"]), answer["meta"]["routing"]

    def told(routing: Mapping[str, int], reward: float) -> None:
        feedback = {
            "request": _INCHES,
            "response": {"meta": {"routing": dict(routing)}},
            "reward": reward,
        }
        Executor(call).feedback(graph.graph, feedback)

    model, to_model = predicted()
    assert model == _ROW_MEANS
    assert to_model == {"units": -1, "win-stay": 0, "row-means": -1}
    told(to_model, 1)
    assert predicted() == (model, to_model)
    told(to_model, 0)
    combined, to_both = predicted()
    assert combined == _MEAN_OF_TWO
    assert to_both == {"units": -1, "win-stay": 1, "mean": -1, "half": -1, "double": -1}
    told(to_both, 0)
    assert predicted() == (model, to_model)


def test_graph_nodes_answer_on_their_own_ports(graph: Served) -> None:
    units = list(graph.graph.all())
    ports = [port for unit in units for port in unit.ports.values()]
    assert len(set(ports)) == len(ports) == 3 * 6
    for unit in units:
        assert graph.container(unit).get("/health/status")[0] == 200, unit.name


def test_rolling_restart_under_load_loses_no_request(
    all_served: Mapping[str, Served],
) -> None:
    there = all_served["model.yaml"]
    restart_under_trickle(there.running, operator.service_name(there.seldon, there.graph))


def test_pods_end_by_themselves_within_their_grace_period(all_served: Mapping[str, Served]) -> None:
    """One of each manifest, which its Deployment makes anew."""
    ending: dict[str, Running] = {}
    for file in _GRAPHS:
        running = all_served[file].running
        [pod] = running.pods(running.names[0])
        ending[pod["metadata"]["name"]] = running
    begin = time.monotonic()
    for name, running in ending.items():
        running.cluster.kubectl(
            "delete", "pod", name, "--namespace", running.namespace, "--wait=false"
        )
    states: dict[tuple[str, str], Object] = {}
    took: dict[str, float] = {}

    def gone() -> bool:
        for name in ending.keys() - took.keys():
            found = ending[name].cluster.get("pod", name, ending[name].namespace)
            if not found:
                took[name] = time.monotonic() - begin
            for status in found.get("status", {}).get("containerStatuses", []):
                states.update(
                    {(name, status["name"]): status["state"]["terminated"]}
                    if "terminated" in status["state"]
                    else {}
                )
        return took.keys() == ending.keys()

    until("the pods are gone", gone, operator.GRACE_SECONDS + 20)
    assert all(10 < seconds < operator.GRACE_SECONDS - 3 for seconds in took.values()), took
    # Killed ones have 137. The object may be gone before the last container's state is seen.
    assert {state["exitCode"] for state in states.values()} <= {0, 143}, states
