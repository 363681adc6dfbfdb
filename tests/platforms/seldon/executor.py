"""Stands in the executor's place: calls the pods of a graph as the operator's own does (seldon-core 1.17, executor/predictor/predictor_process.go)."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tests.platforms.seldon.operator import Unit

Message = Mapping[str, Any]
Call = Callable[[Unit, str, Message], dict[str, Any]]
"""Asks the pod of a node: the method by its name in gRPC, and a message."""

# What a node's type has called on the way in, and on the way out.
_IN = {"MODEL": "Predict", "TRANSFORMER": "TransformInput"}
_OUT = {"OUTPUT_TRANSFORMER": "TransformOutput"}
_TOLD = ("MODEL", "ROUTER")
# The number of a router's answer, and of a node that does not route, for all children at once.
_ALL = -1


@dataclass(frozen=True)
class Executor:
    """One request's or one feedback's way through a graph. ``routing`` is filled on the way, as with SELDON_ENABLE_ROUTING_INJECTION."""

    call: Call
    routing: dict[str, int] = field(default_factory=dict)

    def predict(self, graph: Unit, message: Message) -> dict[str, Any]:
        """The graph's answer, with the branches it took in ``meta.routing``."""
        answer = self._predict(graph, message)
        return {**answer, "meta": {**answer.get("meta", {}), "routing": self.routing}}

    def feedback(self, graph: Unit, feedback: Message) -> None:
        """Tell models and routers, along the branches that the feedback's response took."""
        branch = feedback["response"].get("meta", {}).get("routing", {}).get(graph.name, _ALL)
        for child in graph.children if branch == _ALL else [graph.children[branch]]:
            self.feedback(child, feedback)
        if graph.type in _TOLD:
            self.call(graph, "SendFeedback", feedback)

    def _predict(self, unit: Unit, message: Message) -> dict[str, Any]:
        got = dict(message)
        if unit.type in _IN:
            self.routing[unit.name] = _ALL
            got = self.call(unit, _IN[unit.type], got)
        if unit.children:
            got = self._children(unit, got)
        return self.call(unit, _OUT[unit.type], got) if unit.type in _OUT else got

    def _children(self, unit: Unit, message: Message) -> dict[str, Any]:
        branch = (
            int(self.call(unit, "Route", message)["data"]["ndarray"][0][0])
            if unit.type == "ROUTER"
            else _ALL
        )
        with ThreadPoolExecutor() as pool:
            chosen = unit.children if branch == _ALL else [unit.children[branch]]
            answers = list(pool.map(lambda child: self._predict(child, message), chosen))
        self.routing[unit.name] = branch
        return (
            self.call(unit, "Aggregate", {"seldonMessages": answers})
            if unit.type == "COMBINER"
            else answers[0]
        )
