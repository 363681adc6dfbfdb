"""What runs in the cluster of a manifest of samples/platforms/seldon, and how it is asked."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.platforms.cluster.cluster import Cluster
from tests.platforms.samples import Object, Values
from tests.platforms.seldon import operator
from tests.platforms.seldon.executor import Call, Message
from tests.platforms.seldon.operator import Unit
from tools.dev.container import Container

_READY_SECONDS = 120
_PATHS = {
    "Predict": "/predict",
    "SendFeedback": "/send-feedback",
    "Route": "/route",
    "TransformInput": "/transform-input",
    "TransformOutput": "/transform-output",
    "Aggregate": "/aggregate",
}


@dataclass(frozen=True)
class Running:
    """Deployments that are ready, in a namespace."""

    cluster: Cluster
    namespace: str
    names: Sequence[str]

    def pods(self, name: str) -> list[Object]:
        """The pods of a Deployment that are not on their way out."""
        return [
            pod
            for pod in self.cluster.objects("pods", self.namespace, f"app={name}")
            if "deletionTimestamp" not in pod["metadata"]
        ]

    def address(self, name: str) -> str:
        """The address of a Deployment's only pod."""
        [pod] = self.pods(name)
        return str(pod["status"]["podIP"])

    def wait_ready(self, seconds: float = _READY_SECONDS) -> None:
        """Return when every Deployment is as it should be. Raises ToolError with what its pods went through."""
        for name in self.names:
            words = (
                "rollout",
                "status",
                f"deployment/{name}",
                "--namespace",
                self.namespace,
                f"--timeout={seconds:.0f}s",
            )
            try:
                self.cluster.kubectl(*words, seconds=seconds + 30)
            except Exception as error:
                error.add_note(
                    self.cluster.kubectl(
                        "describe",
                        "pods",
                        "--namespace",
                        self.namespace,
                        "--selector",
                        f"app={name}",
                    )
                )
                raise

    def logs(self) -> str:
        """What all containers printed."""
        return "".join(
            self.cluster.logs(pod["metadata"]["name"], self.namespace)
            for name in self.names
            for pod in self.pods(name)
        )


@dataclass(frozen=True)
class Served:
    """A SeldonDeployment that is served."""

    running: Running
    seldon: Object
    graph: Unit
    bundle: Path

    def container(self, unit: Unit) -> Container:
        """How a node is asked."""
        host = self.running.address(unit.deployment)
        rest, grpc, metrics = (f"{host}:{unit.ports[kind]}" for kind in ("http", "grpc", "metrics"))
        return Container(
            id="",
            rest=f"http://{rest}",
            grpc_address=grpc,
            metrics=f"http://{metrics}",
            started=0.0,
        )

    def rest(self) -> Call:
        """Asks nodes over REST. Raises AssertionError where one does not answer 200."""

        def call(unit: Unit, method: str, message: Message) -> dict[str, Any]:
            status, answer = self.container(unit).post(_PATHS[method], message)
            assert status == 200, f"{unit.name} {method}: {status} {answer}"
            return dict(answer)

        return call

    def grpc(self) -> Call:
        """Asks nodes over gRPC."""
        return lambda unit, method, message: dict(
            self.container(unit).grpc(self.bundle, method, message)
        )


@contextlib.contextmanager
def deployed(
    values: Values, file: str, change: Callable[[Object], None] = lambda _: None
) -> Iterator[Running]:
    """Apply a manifest of plain Kubernetes objects in a namespace of its own, which is removed at the end; ``wait_ready`` waits for it."""
    with values.elsewhere() as own:
        objects = own.read(f"seldon/{file}", {})
        for one in objects:
            change(one)
        yield _applied(own, objects)


@contextlib.contextmanager
def served(values: Values, bundle: Path, file: str) -> Iterator[Served]:
    """The same for a SeldonDeployment: of what the API server has of it then, what the operator would make is applied."""
    with values.elsewhere() as own:
        [seldon] = own.read(f"seldon/{file}", {})
        own.cluster.apply(json.dumps(seldon), own.namespace)
        stored = own.cluster.get("seldondeployments", seldon["metadata"]["name"], own.namespace)
        running = _applied(own, [*operator.deployments(stored), *operator.services(stored)])
        yield Served(running, stored, operator.graph(stored), bundle)


def _applied(values: Values, objects: Sequence[Object]) -> Running:
    values.cluster.apply(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}), values.namespace
    )
    return Running(
        values.cluster,
        values.namespace,
        [one["metadata"]["name"] for one in objects if one["kind"] == "Deployment"],
    )
