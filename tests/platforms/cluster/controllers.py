"""kpack's and Tekton's controllers: their resource types and settings into the cluster, the programs as processes beside it.

Their admission webhooks are left out: they would have to be reached from the API server through a Service. So objects are given in the version that is
stored (kpack.io/v1alpha2, tekton.dev/v1), with the defaults written out that a webhook would fill in.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.platforms.cluster.node import Node

_KINDS = (
    "CustomResourceDefinition",
    "Namespace",
    "ServiceAccount",
    "ConfigMap",
    "ClusterRole",
    "Role",
    "ClusterRoleBinding",
    "RoleBinding",
)


def start_kpack(node: Node, manifests: Path, program: Path, images: Mapping[str, str]) -> None:
    """Start kpack's controller with the images of its build pods. Raises ToolError."""
    applied = [
        path
        for path in sorted(manifests.glob("*.yaml"))
        if path.name not in ("controller.yaml", "webhook.yaml", "webhookrole.yaml")
    ]
    _apply(
        node,
        [
            *_objects(applied),
            _empty_map("kpack", "config-observability", {"metrics.backend-destination": "none"}),
        ],
    )
    env = {
        "SYSTEM_NAMESPACE": "kpack",
        "CONFIG_LOGGING_NAME": "config-logging",
        "CONFIG_OBSERVABILITY_NAME": "config-observability",
        "METRICS_DOMAIN": "kpack.io",
        # Some of it says 8080 of every address otherwise.
        "KUBERNETES_MIN_VERSION": "v1.28.0",
    }
    flags = {
        "kubeconfig": str(node.kubeconfig),
        "system-namespace": "kpack",
        "system-service-account": "controller",
        **images,
    }
    node.processes.start(
        "kpack-controller", [program, *(f"--{name}={value}" for name, value in flags.items())], env
    )


def start_tekton(node: Node, manifests: Path, program: Path, images: Mapping[str, str]) -> None:
    """Start Tekton's controller with the images of its pods. Raises ToolError."""
    paths = [
        *sorted((manifests / "300-crds").glob("*.yaml")),
        *sorted((manifests / "100-namespace").glob("*.yaml")),
    ]
    paths += [
        path
        for path in sorted(manifests.glob("*.yaml"))
        if path.name[:3] in ("200", "201") or path.name.startswith("config-")
    ]
    _apply(node, _objects(paths))
    env = {
        "SYSTEM_NAMESPACE": "tekton-pipelines",
        "KUBERNETES_MIN_VERSION": "v1.28.0",
        "CONFIG_DEFAULTS_NAME": "config-defaults",
        "CONFIG_LOGGING_NAME": "config-logging",
        "CONFIG_OBSERVABILITY_NAME": "config-observability",
        "CONFIG_FEATURE_FLAGS_NAME": "feature-flags",
        "CONFIG_LEADERELECTION_NAME": "config-leader-election-controller",
        "CONFIG_SPIRE": "config-spire",
        "METRICS_DOMAIN": "tekton.dev/pipeline",
    }
    flags = {"kubeconfig": str(node.kubeconfig), **images, "shell-image-win": images["shell-image"]}
    node.processes.start(
        "tekton-controller",
        [program, *(word for name, value in flags.items() for word in (f"-{name}", value))],
        env,
    )


def _objects(paths: list[Path]) -> Iterator[dict[str, Any]]:
    """What manifests hold of the kinds we apply, without conversion between versions, which is a webhook's work."""
    for path in paths:
        for found in yaml.safe_load_all(path.read_text()):
            if found and found.get("kind") in _KINDS:
                if found["kind"] == "CustomResourceDefinition":
                    found["spec"].pop("conversion", None)
                yield found


def _empty_map(namespace: str, name: str, data: Mapping[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"namespace": namespace, "name": name},
        "data": dict(data),
    }


def _apply(node: Node, objects: list[dict[str, Any]] | Iterator[dict[str, Any]]) -> None:
    """Apply namespaces and types first: the rest stands in them. Server-side, since a type's schema is too long for an annotation."""
    ordered = sorted(
        objects,
        key=lambda found: _KINDS.index(found["kind"]) if found["kind"] != "Namespace" else -1,
    )
    node.kubectl(
        "apply", "--server-side", "--force-conflicts", "-f", "-", text=yaml.safe_dump_all(ordered)
    )
