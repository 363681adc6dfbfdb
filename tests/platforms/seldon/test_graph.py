"""The graphs of samples/platforms/seldon in pods as the operator makes them, asked as its executor does."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.platforms.seldon.executor import Executor
from tests.platforms.seldon.running import Served

_INCHES = {"data": {"ndarray": [[2, 1]]}}
_ROW_MEANS = {"names": ["mean"], "ndarray": [[3.81]]}
_MEAN_OF_TWO = {"names": ["cat", "dog"], "ndarray": [[6.35, 3.175]]}


@pytest.fixture
def graph(all_served: Mapping[str, Served]) -> Served:
    return all_served["graph.yaml"]


def _rounded(data: Mapping[str, Any]) -> dict[str, Any]:
    return {**data, "ndarray": [[round(value, 9) for value in row] for row in data["ndarray"]]}


@pytest.mark.parametrize("way", ["rest", "grpc"])
def test_a_graph_transforms_routes_aggregates_and_learns_from_feedback(graph: Served, way: str) -> None:
    call = {"rest": graph.rest, "grpc": graph.grpc}[way]()

    def predicted() -> tuple[dict[str, Any], dict[str, int]]:
        answer = Executor(call).predict(graph.graph, _INCHES)
        return _rounded(answer["data"]), answer["meta"]["routing"]

    def told(routing: Mapping[str, int], reward: float) -> None:
        feedback = {"request": _INCHES, "response": {"meta": {"routing": dict(routing)}}, "reward": reward}
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


def test_every_node_of_a_graph_has_ports_of_its_own_and_answers_there(graph: Served) -> None:
    units = list(graph.graph.all())
    ports = [port for unit in units for port in unit.ports.values()]
    assert len(set(ports)) == len(ports) == 3 * 6
    for unit in units:
        assert graph.container(unit).get("/health/status")[0] == 200, unit.name
