"""A model's image in a pod, asked over REST."""

import contextlib
import json
import urllib.request
from collections.abc import Iterator, Sequence
from typing import Any

from tests.platforms.cluster.cluster import Cluster

_START_SECONDS = 120.0


@contextlib.contextmanager
def serving(cluster: Cluster, namespace: str, image: str) -> Iterator[str]:
    """Run the image in a pod, which is gone at the end; yields the URL at which it answers."""
    name = served_pod(image.partition("@")[2])
    port = {"containerPort": 9000}
    ask = {"httpGet": {"path": "/health/ping", "port": 9000}, "periodSeconds": 1}
    container = {"name": "model", "image": image, "ports": [port], "readinessProbe": ask}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 5},
    }
    cluster.apply(json.dumps(pod), namespace)

    def address() -> str | None:
        status = cluster.get("pod", name, namespace).get("status", {})
        is_ready = any(
            one["type"] == "Ready" and one["status"] == "True"
            for one in status.get("conditions", [])
        )
        return str(status["podIP"]) if is_ready else None

    try:
        found = cluster.wait_for(
            f"pod {name} is ready",
            address,
            _START_SECONDS,
            lambda: cluster.kubectl("describe", "pod", name, "-n", namespace),
        )
        yield f"http://{found}:9000"
    finally:
        # Two models may have the same image, and so the same pod: the next one would be asked in a pod that is ending.
        cluster.kubectl("delete", "pod", name, "--namespace", namespace, "--timeout=50s")


def served_pod(digest: str) -> str:
    """The name of the pod in which ``serving`` runs an image of this digest."""
    return f"served-{digest.removeprefix('sha256:')[:12]}"


def predicted(url: str, rows: Sequence[Sequence[float]]) -> Any:
    """The numbers that a model answers for rows of numbers."""
    body = json.dumps({"data": {"ndarray": rows}}).encode()
    request = urllib.request.Request(
        f"{url}/api/v1.0/predictions", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["data"]["ndarray"]
