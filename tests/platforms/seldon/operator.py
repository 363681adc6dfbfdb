"""Stands in the operator's place, which is not to be had here: what seldon-core 1.17's makes of a SeldonDeployment, as far as a model's container sees it.

Written after the operator's own code (operator/apis/machinelearning.seldon.io/v1/defaults.go, operator/controllers/seldondeployment_controller.go).
Left out are the executor (executor.py calls the pods in its place), its ingress, and what only other kinds of servers get.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]

# Where it begins to count. Each container of a predictor gets numbers of its own, so that those of one pod do not meet.
_FIRST_PORTS = {"http": 9000, "grpc": 9500, "metrics": 6000}
_VARIABLES = {
    "PREDICTIVE_UNIT_SERVICE_PORT": "http",
    "PREDICTIVE_UNIT_HTTP_SERVICE_PORT": "http",
    "PREDICTIVE_UNIT_GRPC_SERVICE_PORT": "grpc",
    "PREDICTIVE_UNIT_METRICS_SERVICE_PORT": "metrics",
}
METRICS_PATH = "/prometheus"
USER = 8888
GRACE_SECONDS = 20
_POD_INFO = "seldon-podinfo"


@dataclass(frozen=True)
class Unit:
    """A node of the graph and the container that answers for it."""

    name: str
    type: str
    ports: Mapping[str, int]
    deployment: str
    children: "Sequence[Unit]"

    def all(self) -> "Iterator[Unit]":
        """This node and those below it."""
        yield self
        for child in self.children:
            yield from child.all()


def graph(seldon: Object) -> Unit:
    """The first predictor's graph, with where each node is served."""
    [predictor] = seldon["spec"]["predictors"]
    served: dict[str, tuple[dict[str, int], str]] = {}
    for index, component in enumerate(predictor["componentSpecs"]):
        for container in component["spec"]["containers"]:
            ports = {kind: first + len(served) for kind, first in _FIRST_PORTS.items()}
            served[container["name"]] = (ports, _deployment_name(seldon, index))

    def unit(node: Object) -> Unit:
        ports, deployment = served[node["name"]]
        return Unit(
            node["name"],
            node["type"],
            ports,
            deployment,
            [unit(child) for child in node.get("children", [])],
        )

    return unit(predictor["graph"])


def deployments(seldon: Object) -> list[Object]:
    """The Deployments that the operator makes of a SeldonDeployment with one predictor."""
    [predictor] = seldon["spec"]["predictors"]
    nodes = {node["name"]: node for node in _nodes(predictor["graph"])}
    units = {unit.name: unit for unit in graph(seldon).all()}
    made = []
    for index, component in enumerate(predictor["componentSpecs"]):
        name = _deployment_name(seldon, index)
        labels = {
            "seldon-deployment-id": seldon["metadata"]["name"],
            "app": name,
            "version": predictor["name"],
        }
        containers = [
            _container(seldon, predictor, one, nodes[one["name"]], units[one["name"]])
            for one in component["spec"]["containers"]
        ]
        info = {
            "name": _POD_INFO,
            "downwardAPI": {
                "items": [
                    {"path": "annotations", "fieldRef": {"fieldPath": "metadata.annotations"}}
                ]
            },
        }
        spec = {
            "terminationGracePeriodSeconds": GRACE_SECONDS,
            **component["spec"],
            "containers": containers,
            "volumes": [*component["spec"].get("volumes", []), info],
            # Whatever the SeldonDeployment says of its pods.
            "securityContext": {"runAsUser": USER},
        }
        annotations = {"prometheus.io/path": METRICS_PATH, "prometheus.io/scrape": "true"}
        made.append(
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": name, "labels": labels},
                "spec": {
                    "replicas": component.get("replicas", predictor.get("replicas", 1)),
                    "selector": {"matchLabels": {"app": name}},
                    "strategy": {
                        "type": "RollingUpdate",
                        "rollingUpdate": {"maxUnavailable": "10%"},
                    },
                    "template": {
                        "metadata": {"labels": labels, "annotations": annotations},
                        "spec": spec,
                    },
                },
            }
        )
    return made


def services(seldon: Object) -> list[Object]:
    """A Service for each container, by which the executor and others find it."""
    return [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": service_name(seldon, unit)},
            "spec": {
                "selector": {"app": unit.deployment},
                "ports": [
                    {"name": kind, "port": unit.ports[kind], "targetPort": unit.ports[kind]}
                    for kind in ("http", "grpc")
                ],
            },
        }
        for unit in graph(seldon).all()
    ]


def service_name(seldon: Object, unit: Unit) -> str:
    """The name of the Service of a node."""
    return f"{seldon['metadata']['name']}-{seldon['spec']['predictors'][0]['name']}-{unit.name}"


def _container(
    seldon: Object, predictor: Object, given: Object, node: Object, unit: Unit
) -> Object:
    """A container with what the operator adds where it is not given."""
    http = {
        "tcpSocket": {"port": unit.ports["http"]},
        "periodSeconds": 5,
        "successThreshold": 1,
        "failureThreshold": 3,
        "timeoutSeconds": 1,
    }
    variables = {
        **{name: str(unit.ports[kind]) for name, kind in _VARIABLES.items()},
        **(
            {"PREDICTIVE_UNIT_PARAMETERS": json.dumps(node["parameters"])}
            if "parameters" in node
            else {}
        ),
        "PREDICTIVE_UNIT_ID": given["name"],
        "PREDICTIVE_UNIT_IMAGE": given["image"],
        "PREDICTOR_ID": predictor["name"],
        "PREDICTOR_LABELS": json.dumps({"version": predictor["name"]}),
        "SELDON_DEPLOYMENT_ID": seldon["metadata"]["name"],
        "SELDON_EXECUTOR_ENABLED": "true",
        "PREDICTIVE_UNIT_METRICS_ENDPOINT": METRICS_PATH,
    }
    env = given.get("env", [])
    known = {one["name"] for one in env}
    return {
        "livenessProbe": {**http, "initialDelaySeconds": 60},
        "readinessProbe": {**http, "initialDelaySeconds": 20},
        "lifecycle": {"preStop": {"exec": {"command": ["/bin/sh", "-c", "/bin/sleep 10"]}}},
        **given,
        "ports": [
            *given.get("ports", []),
            *({"name": kind, "containerPort": port} for kind, port in unit.ports.items()),
        ],
        "env": [
            *env,
            *(
                {"name": name, "value": value}
                for name, value in variables.items()
                if name not in known
            ),
        ],
        "volumeMounts": [
            *given.get("volumeMounts", []),
            {"name": _POD_INFO, "mountPath": "/etc/podinfo"},
        ],
    }


def _nodes(node: Object) -> Iterator[Object]:
    yield node
    for child in node.get("children", []):
        yield from _nodes(child)


def _deployment_name(seldon: Object, index: int) -> str:
    [predictor] = seldon["spec"]["predictors"]
    names = (one["name"] for one in predictor["componentSpecs"][index]["spec"]["containers"])
    # Cut where Kubernetes would refuse it; the operator takes a hash then.
    return "-".join((seldon["metadata"]["name"], predictor["name"], str(index), *names))[
        :50
    ].rstrip("-")
