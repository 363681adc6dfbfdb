"""From docker run to the first prediction, and docker stop."""

import contextlib
import http.client
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.core.steps import ToolError, run

_POLL_SECONDS = 0.01
_START_SECONDS = 60.0


@dataclass(frozen=True)
class Stopped:
    """How long docker stop took, and the container's exit code: 137 where it had to be killed after docker's ten seconds."""

    seconds: float
    code: int


@dataclass(frozen=True)
class Served:
    """A container that has answered: seconds from calling docker run to the first 200 of /predict."""

    id: str
    first_prediction: float

    def stop(self) -> Stopped:
        """``docker stop`` without further flags."""
        begin = time.monotonic()
        run("docker", "stop", self.id, timeout=60)
        seconds = time.monotonic() - begin
        return Stopped(seconds, int(run("docker", "inspect", "-f", "{{.State.ExitCode}}", self.id)))


@contextlib.contextmanager
def served(image: str, asked: str, flags: Sequence[str] = ()) -> Iterator[Served]:
    """Run an image, with further flags for docker, and ask it the JSON every 10 ms until it answers; it is removed at the end. Raises ToolError with its log if it does not."""
    port = _free_port()
    begin = time.monotonic()
    container = run(
        "docker", "run", "-d", "-p", f"127.0.0.1:{port}:9000", *flags, image, timeout=120
    ).strip()
    try:
        while not _predicts(port, asked):
            if time.monotonic() - begin > _START_SECONDS:
                raise ToolError(
                    f"{image} did not answer within {_START_SECONDS:.0f} s.", _log(container)
                )
            time.sleep(_POLL_SECONDS)
        yield Served(container, time.monotonic() - begin)
    finally:
        subprocess.run(
            ["docker", "rm", "-f", "-v", container], capture_output=True, check=False, timeout=60
        )


def _predicts(port: int, body: str) -> bool:
    """Before the model listens, docker's proxy takes the connection and drops it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _log(container: str) -> str:
    done = subprocess.run(
        ["docker", "logs", container],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout
