"""The platform as a whole: brought up, found again, taken down."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.platforms.cluster import (
    controllers,
    given,
    network,
    node,
    services,
    small_images,
    volumes,
)
from tests.platforms.cluster.cluster import Cluster
from tests.platforms.cluster.node import Node
from tests.platforms.cluster.processes import Processes, descendants, with_argument
from tools.core.interrupts import ignore_interrupts
from tools.core.steps import ToolError, Workspace, announce, run
from tools.dev import engine
from tools.release import gotools

# A Unix socket's path holds 107 bytes; kubelet and containerd append up to 40 of their own.
_LONGEST_FOLDER = 65
RECORD = "SELDON_PLATFORM_RECORD"
"""The variable that leads the tests to the cluster's record."""


def up(ws: Workspace) -> Cluster:
    """The platform that runs from this work folder, else a new one. Raises ToolError; what was begun is then taken down again."""
    folder = _folder(ws)
    if record_of(ws).exists():
        return Cluster.read(record_of(ws))
    _check_machine(folder)
    programs = gotools.build_kubernetes(ws)
    kpack, tekton, crane = (
        gotools.build_kpack(ws),
        gotools.build_tekton(ws),
        gotools.build_crane(ws),
    )
    down(ws)
    try:
        with announce("Cluster: network, registry, git server"):
            folder.mkdir(parents=True)
            network.up(folder / "network")
            processes = Processes(folder / "processes")
            registry = services.registry(folder, processes)
            repositories, git = services.git(folder, processes)
            sandbox = small_images.busybox(crane, registry)
        with announce(f"Cluster: Kubernetes {ws.versions['kubernetes']['version']}, one node"):
            one = Node(
                folder,
                programs,
                processes,
                secrets.token_hex(16),
                node.free_port(),
                node.free_port(),
            )
            one.start(registry, sandbox)
            volumes.provide(one, folder / "volumes")
        with announce(
            f"Cluster: kpack {ws.versions['kpack']['version']}, Tekton {ws.versions['tekton']['version']}"
        ):
            controllers.start_kpack(
                one,
                kpack / "manifests",
                kpack / "controller",
                small_images.kpack(crane, registry, kpack),
            )
            controllers.start_tekton(
                one,
                tekton / "manifests",
                tekton / "controller",
                small_images.tekton(crane, registry, tekton),
            )
        made = Cluster(
            one.kubeconfig,
            programs / "kubectl",
            crane,
            registry,
            network.GATEWAY,
            repositories,
            git,
        )
        made.write(record_of(ws))
    except BaseException:
        down(ws)
        raise
    return made


def down(ws: Workspace) -> bool:
    """End what was started, unmount and remove what it left; whatever state it is in. Returns whether there was anything."""
    folder = _folder(ws)
    if not folder.exists():
        return False
    with ignore_interrupts():
        processes = Processes(folder / "processes")
        for name in ("kpack-controller", "tekton-controller", "kubelet"):
            processes.stop(name)
        _end_pods(folder)
        processes.stop()
        proxy = ws.work / "platform/programs/kube-proxy"
        if proxy.exists():
            run(proxy, "--cleanup", timeout=60)
        _unmount(folder)
        node.remove_cgroups()
        network.down()
        shutil.rmtree(folder)
    return True


@contextlib.contextmanager
def for_tests(ws: Workspace) -> Iterator[Path]:
    """The record of a cluster to test on: the one that KUBECONFIG names, else ours, which is taken down at the end if it was not up before.

    Raises ToolError.
    """
    if os.environ.get("KUBECONFIG"):
        with given.cluster(ws) as record:
            yield record
        return
    was_up = record_of(ws).exists()
    up(ws)
    try:
        yield record_of(ws)
    finally:
        if not was_up:
            with announce("Cluster: taking it down"):
                down(ws)


def record_of(ws: Workspace) -> Path:
    """Where a cluster that is up is recorded."""
    return _folder(ws) / "up.json"


def _check_machine(folder: Path) -> None:
    """Install what is missing of Debian's. Raises ToolError anywhere but on Debian as root, and where the folder's name is too long."""
    missing = [*node.missing_programs(), *services.missing_programs()]
    if os.geteuid() != 0 or not engine.is_debian():
        raise ToolError(
            "A cluster can be brought up from here only on Debian as root.",
            "Give one that runs: KUBECONFIG, and REGISTRY=HOST[:PORT]/PATH that it pulls from and this machine pushes to (docs/platforms.md).",
        )
    if len(str(folder)) > _LONGEST_FOLDER:
        raise ToolError(
            f"{folder} is too long a name for the sockets in it.",
            "Set SELDON_BUILDPACK_WORK to a shorter one.",
        )
    if missing:
        with announce(f"Cluster: installing Debian's {', '.join(missing)}"):
            engine.install_debian(*missing)


def _end_pods(folder: Path) -> None:
    """Kill what runs in pods, then the shims that hold them: they outlive containerd, which is what they are for."""
    shims = with_argument("containerd-shim", str(folder / "containerd.sock"))
    for pid in [*(below for shim in shims for below in descendants(shim)), *shims]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + 10
    while (
        with_argument("containerd-shim", str(folder / "containerd.sock")) and time.monotonic() < end
    ):
        time.sleep(0.05)


def _unmount(folder: Path) -> None:
    for line in reversed(Path("/proc/mounts").read_text().splitlines()):
        place = line.split()[1]
        if Path(place).is_relative_to(folder):
            subprocess.run(["umount", "--lazy", place], check=False, timeout=30)


def _folder(ws: Workspace) -> Path:
    """Everything of the running platform."""
    return ws.work / "platform/run"
