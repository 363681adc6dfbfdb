"""What stands beside the cluster, on the address that pods reach this machine at: a registry and a git server."""

import shutil
from pathlib import Path

import yaml

from tests.platforms.cluster import network
from tests.platforms.cluster.node import accepts, answers
from tests.platforms.cluster.processes import Processes

REGISTRY_PORT = 5000
GIT_PORT = 9418


def registry(folder: Path, processes: Processes, host: str = network.GATEWAY) -> str:
    """Start a registry without passwords; returns its HOST:PORT. Raises ToolError."""
    address = f"{host}:{REGISTRY_PORT}"
    config = {
        "version": 0.1,
        "log": {"level": "warn", "accesslog": {"disabled": False}},
        "storage": {
            "filesystem": {"rootdirectory": str(folder / "registry")},
            "delete": {"enabled": True},
        },
        "http": {"addr": address, "secret": "of one process only"},
    }
    file = folder / "registry.yml"
    file.write_text(yaml.safe_dump(config))
    processes.start("registry", ["docker-registry", "serve", file])
    processes.wait("registry", lambda: answers(f"http://{address}/v2/"), 30)
    return address


def git(
    folder: Path, processes: Processes, host: str = network.GATEWAY, port: int = GIT_PORT
) -> tuple[Path, str]:
    """Serve every repository of a folder for reading; returns the folder, and the URL that it has. Raises ToolError."""
    repositories = folder / "git"
    repositories.mkdir()
    words = [
        "git",
        "daemon",
        "--export-all",
        "--reuseaddr",
        f"--base-path={repositories}",
        f"--listen={host}",
        f"--port={port}",
    ]
    processes.start("git-daemon", words)
    processes.wait("git-daemon", lambda: accepts(host, port), 30)
    return repositories, f"git://{host}:{port}"


def missing_programs() -> list[str]:
    """What these need of Debian's and is not there, by the name of its package."""
    needed = {"docker-registry": "docker-registry", "git": "git", "busybox": "busybox-static"}
    return [package for program, package in needed.items() if shutil.which(program) is None]
