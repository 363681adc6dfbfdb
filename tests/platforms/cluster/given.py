"""A cluster that somebody else runs: nothing is installed there but what the tests apply."""

import contextlib
import json
import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

from tests.platforms.cluster import services
from tests.platforms.cluster.cluster import Cluster
from tests.platforms.cluster.processes import Processes
from tools.core.steps import ToolError, Workspace
from tools.release import gotools

_TYPES = {"images.kpack.io": "kpack", "taskruns.tekton.dev": "Tekton pipelines"}
_NEEDED = {
    "REGISTRY": "HOST[:PORT]/PATH that the cluster pulls from and this machine may push to",
    "PLATFORM_HOST": "this machine's address as pods see it, where the tests serve git repositories and package indexes",
}


@contextlib.contextmanager
def cluster(ws: Workspace) -> Iterator[Path]:
    """The record of the cluster that KUBECONFIG names, with a git server on this machine for as long as it is used.

    Raises ToolError where a variable is missing, or where kpack or Tekton is not there.
    """
    for name, what in _NEEDED.items():
        if not os.environ.get(name):
            raise ToolError(f"With KUBECONFIG, {name} has to be set.", f"{name}: {what}.")
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        raise ToolError(
            "kubectl is not to be found.", "Put the one that you reach the cluster with on PATH."
        )
    folder = ws.work / "platform/given"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    host = os.environ["PLATFORM_HOST"]
    kubeconfig = Path(os.environ["KUBECONFIG"]).absolute()
    processes = Processes(folder / "processes")
    try:
        repositories, git = services.git(folder, processes, host, _free_port(host))
        there = Cluster(
            kubeconfig,
            Path(kubectl),
            gotools.build_crane(ws),
            os.environ["REGISTRY"].rstrip("/"),
            host,
            repositories,
            git,
        )
        _check(there)
        there.write(folder / "up.json")
        yield folder / "up.json"
    finally:
        processes.stop()


def _check(there: Cluster) -> None:
    types = json.loads(there.kubectl("get", "crd", "-o", "json"))["items"]
    names = {found["metadata"]["name"] for found in types}
    for name, what in _TYPES.items():
        if name not in names:
            raise ToolError(
                f"The cluster of KUBECONFIG has no {what}.",
                "Install it there, or unset KUBECONFIG to have one brought up here.",
            )


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
