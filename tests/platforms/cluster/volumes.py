"""Volumes for claims without a class: folders of this machine. No provisioner is to be had from a package registry, so there are some to begin with."""

from pathlib import Path

import yaml

from tests.platforms.cluster.node import Node

_COUNT = 40


def provide(node: Node, folder: Path) -> None:
    """Offer volumes in folders below one; each is used once. Raises ToolError."""
    node.kubectl(
        "apply",
        "-f",
        "-",
        text=yaml.safe_dump_all(_volume(folder / f"{number:02}") for number in range(_COUNT)),
    )


def _volume(folder: Path) -> dict[str, object]:
    spec = {
        "capacity": {"storage": "10Gi"},
        "accessModes": ["ReadWriteOnce"],
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": "",
        "hostPath": {"path": str(folder), "type": "DirectoryOrCreate"},
    }
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"local-{folder.name}"},
        "spec": spec,
    }
