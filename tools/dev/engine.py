"""The Docker engine: find a running one, or install and start one."""

import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from tools.core.steps import ToolError, Workspace, announce, run

DEFAULT_HOST = "unix:///var/run/docker.sock"
START_CAP = 90.0
STOP_CAP = 60.0
# A Unix socket's path is at most 107 bytes; containerd appends up to 40 to the exec root.
LONGEST_EXEC_ROOT = 65


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A running engine: its host, its API version, and who started it."""

    host: str
    api: str
    # Whether make started it, now or earlier, according to the record in the work folder.
    ours: bool
    # Whether this call started it.
    started_now: bool

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the variables with which docker and pack find it; none on the default socket."""
        return {} if self.host == DEFAULT_HOST else {"DOCKER_HOST": self.host}

    @property
    def pack_flags(self) -> list[str]:
        """Return the flags that ``pack build`` needs for an engine on another socket."""
        return [] if self.host == DEFAULT_HOST else ["--docker-host", "inherit"]


def ensure_engine(ws: Workspace) -> Engine:
    """Return the running engine; if there is none, install and start one.

    Only root on Debian can install and start one.

    Raises:
        ToolError: There is no engine and none can be started, or it is older than
            engine.minimum_api in versions.toml.
    """
    engine = find_engine(ws) or _start_engine(ws)
    minimum = str(ws.versions["engine"]["minimum_api"])
    if _parse_version(engine.api) < _parse_version(minimum):
        raise ToolError(
            f"The Docker engine at {engine.host} speaks API {engine.api}; pack and the lifecycle need {minimum} or later.",
            "Install Docker Engine 20.10.24 or later (such as Debian 12's docker.io), or point DOCKER_HOST at one.",
        )
    return engine


def find_engine(ws: Workspace) -> Engine | None:
    """Return the engine that the docker client on PATH currently reaches, if any."""
    if shutil.which("docker") is None:
        return None
    api = _ask_docker("docker", "version", "--format", "{{.Server.APIVersion}}")
    if not re.fullmatch(r"\d+\.\d+", api):
        return None
    host = (
        os.environ.get("DOCKER_HOST")
        or _ask_docker("docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
        or DEFAULT_HOST
    )
    return Engine(
        host=host,
        api=api,
        ours=host == DEFAULT_HOST and _read_pid(ws) is not None,
        started_now=False,
    )


def expect_engine() -> Engine:
    """Return the engine as it will be reached once it runs."""
    return Engine(
        host=os.environ.get("DOCKER_HOST") or DEFAULT_HOST, api="", ours=False, started_now=False
    )


def stop_engine(ws: Workspace) -> bool:
    """Stop the engine if we started it, and return whether there was one.

    No other engine is stopped.

    Raises:
        ToolError: It is still running after 60 s.
    """
    pid = _read_pid(ws)
    if pid is None:
        return False
    os.kill(pid, signal.SIGTERM)
    end = time.monotonic() + STOP_CAP
    while _read_pid(ws) is not None and time.monotonic() < end:
        time.sleep(0.1)
    if _read_pid(ws) is not None:
        raise ToolError(
            f"The Docker engine that make started (process {pid}) did not stop.",
            f"Its log is {_folder(ws) / 'dockerd.log'}. Stop it by hand.",
        )
    _record(ws).unlink(missing_ok=True)
    return True


def _start_engine(ws: Workspace) -> Engine:
    """Install dockerd if necessary, start it, and wait until it responds."""
    if os.environ.get("DOCKER_HOST"):
        raise ToolError(
            f"No Docker engine responds at DOCKER_HOST={os.environ['DOCKER_HOST']}.",
            "Start it, or unset DOCKER_HOST.",
        )
    with _lock(ws):
        if there := find_engine(ws):
            return there
        debian = _debian_release()
        if os.geteuid() != 0 or debian is None:
            raise ToolError(
                "No Docker engine responds, and make can install and start one only on Debian as root.",
                "Install and start Docker Engine, or set DOCKER_HOST to a running engine.",
            )
        if shutil.which("dockerd") is None or shutil.which("docker") is None:
            with announce("Docker engine: installing Debian's docker.io"):
                install_debian("docker.io", *(["docker-cli"] if debian >= 13 else []))
            if there := _wait_for_engine(ws, 5.0):
                return there
        with announce("Docker engine: starting dockerd"):
            _start_dockerd(ws)
    engine = find_engine(ws)
    if engine is None:
        raise ToolError(
            "The Docker engine stopped responding just after it started.",
            f"Its log is {_folder(ws) / 'dockerd.log'}.",
        )
    return Engine(host=engine.host, api=engine.api, ours=True, started_now=True)


def _start_dockerd(ws: Workspace) -> None:
    """Start dockerd in a new session, so that it outlives make.

    Debian's init script is not used: it first raises limits, and gives up if it is not permitted
    to.
    """
    folder = _folder(ws)
    pid_file, log = folder / "dockerd.pid", folder / "dockerd.log"
    pid_file.unlink(missing_ok=True)
    words = [
        "dockerd",
        "--host",
        DEFAULT_HOST,
        "--data-root",
        str(folder / "data"),
        "--exec-root",
        str(_exec_root(ws)),
        "--pidfile",
        str(pid_file),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
        )
    _record(ws).write_text(json.dumps({"pid": process.pid, "pidfile": str(pid_file)}))
    end = time.monotonic() + START_CAP
    while time.monotonic() < end:
        if process.poll() is not None:
            _record(ws).unlink(missing_ok=True)
            raise ToolError(
                "dockerd exited while it was starting. Its last lines:", _read_log_tail(log)
            )
        if find_engine(ws):
            return
        time.sleep(0.2)
    stop_engine(ws)
    raise ToolError(
        f"dockerd did not respond within {START_CAP:.0f} s. Its last lines:", _read_log_tail(log)
    )


def install_debian(*packages: str) -> None:
    """Run apt-get install as root.

    Without systemd, services of the packages are not started.

    Raises:
        ToolError: The installation failed. It has apt's last lines.
    """
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    run("apt-get", "update", "-q", env=quiet, timeout=300)
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists() and not Path("/run/systemd/system").exists()
    if ours:
        # Don't start services: a package whose init script fails would stay half installed.
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        run(
            "apt-get",
            "install",
            "-q",
            "-y",
            "--no-install-recommends",
            *packages,
            env=quiet,
            timeout=900,
        )
    finally:
        if ours:
            policy.unlink(missing_ok=True)


def is_debian() -> bool:
    """Return whether this machine runs Debian."""
    return _debian_release() is not None


def _debian_release() -> int | None:
    """Return Debian's major release, or None on other systems."""
    try:
        fields = dict(
            re.findall(r'^(\w+)="?([^"\n]*)"?$', Path("/etc/os-release").read_text(), re.MULTILINE)
        )
    except OSError:
        return None
    release = fields.get("VERSION_ID", "")
    return int(release) if fields.get("ID") == "debian" and release.isdigit() else None


def _read_pid(ws: Workspace) -> int | None:
    """Return the process id of the dockerd that we started, if it still runs."""
    try:
        record = json.loads(_record(ws).read_text())
        words = Path(f"/proc/{record['pid']}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError, KeyError):
        return None
    return (
        int(record["pid"])
        if b"dockerd" in words[0] and str(record["pidfile"]).encode() in words
        else None
    )


def _wait_for_engine(ws: Workspace, seconds: float) -> Engine | None:
    """Wait for an engine; systemd starts a freshly installed one by itself."""
    end = time.monotonic() + (seconds if Path("/run/systemd/system").exists() else 0)
    while (there := find_engine(ws)) is None and time.monotonic() < end:
        time.sleep(0.2)
    return there


@contextlib.contextmanager
def _lock(ws: Workspace) -> Iterator[None]:
    """Hold a lock, so that only one engine is started at a time."""
    _folder(ws).mkdir(parents=True, exist_ok=True)
    with (_folder(ws) / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _exec_root(ws: Workspace) -> Path:
    inside = _folder(ws) / "exec"
    return (
        inside
        if len(str(inside)) <= LONGEST_EXEC_ROOT
        else Path("/run") / f"seldon-engine-{sha256(str(inside).encode()).hexdigest()[:12]}"
    )


def _folder(ws: Workspace) -> Path:
    return ws.work / "engine"


def _record(ws: Workspace) -> Path:
    return _folder(ws) / "started.json"


def _ask_docker(*words: str) -> str:
    """Run a short docker command and return its output, or "" if it fails."""
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _read_log_tail(log: Path) -> str:
    """Return dockerd's last log lines above level info."""
    telling = [
        line for line in log.read_text(errors="replace").splitlines() if "level=info" not in line
    ]
    return "\n    ".join(telling[-6:])


def _parse_version(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
