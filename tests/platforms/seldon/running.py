"""What runs in the cluster of a manifest of samples/platforms/seldon, and how it is asked."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.platforms.samples import Object, Values
from tests.platforms.seldon import operator
from tests.platforms.seldon.executor import Call, Message
from tests.platforms.seldon.operator import Unit
from tools.cluster.cluster import Cluster
from tools.container import Container

_READY_SECONDS = 120
_GONE_SECONDS = 90
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
        return [pod for pod in self.cluster.objects("pods", self.namespace, f"app={name}") if "deletionTimestamp" not in pod["metadata"]]

    def address(self, name: str) -> str:
        """The address of a Deployment's only pod."""
        [pod] = self.pods(name)
        return str(pod["status"]["podIP"])

    def wait_ready(self, seconds: float = _READY_SECONDS) -> None:
        """Return when every Deployment is as it should be. Raises ToolError with what its pods went through."""
        for name in self.names:
            words = ("rollout", "status", f"deployment/{name}", "--namespace", self.namespace, f"--timeout={seconds:.0f}s")
            try:
                self.cluster.kubectl(*words, seconds=seconds + 30)
            except Exception as error:
                error.add_note(self.cluster.kubectl("describe", "pods", "--namespace", self.namespace, "--selector", f"app={name}"))
                raise

    def logs(self) -> str:
        """What all containers printed."""
        return "".join(self.cluster.logs(pod["metadata"]["name"], self.namespace) for name in self.names for pod in self.pods(name))


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
        return Container("", f"http://{rest}", grpc, f"http://{metrics}", 0.0)

    def rest(self) -> Call:
        """Asks nodes over REST. Raises AssertionError where one does not answer 200."""

        def call(unit: Unit, method: str, message: Message) -> dict[str, Any]:
            status, answer = self.container(unit).post(_PATHS[method], message)
            assert status == 200, f"{unit.name} {method}: {status} {answer}"
            return dict(answer)

        return call

    def grpc(self) -> Call:
        """Asks nodes over gRPC."""
        return lambda unit, method, message: dict(self.container(unit).grpc(self.bundle, method, message))


@contextlib.contextmanager
def deployed(values: Values, file: str, change: Callable[[Object], None] = lambda _: None) -> Iterator[Running]:
    """Apply a manifest of plain Kubernetes objects and wait for its Deployments; deleted at the end."""
    objects = values.read(f"seldon/{file}", {})
    for one in objects:
        change(one)
    with _applied(values.cluster, values.namespace, objects) as running:
        yield running


@contextlib.contextmanager
def served(values: Values, bundle: Path, file: str, change: Callable[[Object], None] = lambda _: None) -> Iterator[Served]:
    """Apply a SeldonDeployment, make of what the API server has then what the operator would, wait for it; deleted at the end."""
    [seldon] = values.read(f"seldon/{file}", {})
    change(seldon)
    cluster, namespace = values.cluster, values.namespace
    cluster.apply(json.dumps(seldon), namespace)
    name = seldon["metadata"]["name"]
    try:
        stored = cluster.get("seldondeployments", name, namespace)
        with _applied(cluster, namespace, [*operator.deployments(stored), *operator.services(stored)]) as running:
            yield Served(running, stored, operator.graph(stored), bundle)
    finally:
        cluster.kubectl("delete", "seldondeployment", name, "--namespace", namespace)


@contextlib.contextmanager
def _applied(cluster: Cluster, namespace: str, objects: Sequence[Object]) -> Iterator[Running]:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
    running = Running(cluster, namespace, [one["metadata"]["name"] for one in objects if one["kind"] == "Deployment"])
    cluster.apply(text, namespace)
    try:
        running.wait_ready()
        yield running
    finally:
        cluster.kubectl("delete", "--namespace", namespace, "-f", "-", "--wait=false", text=text)
        _wait_gone(running)


def _wait_gone(running: Running) -> None:
    """Two manifests share names of pods: the next one begins when these are gone."""
    end = time.monotonic() + _GONE_SECONDS
    while any(running.cluster.objects("pods", running.namespace, f"app={name}") for name in running.names) and time.monotonic() < end:
        time.sleep(0.5)
