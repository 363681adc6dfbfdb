"""A running model: started from an image, asked over REST and gRPC, stopped whatever happens."""

import contextlib
import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.core.steps import ToolError, run

_START_SECONDS = 60.0


@dataclass(frozen=True)
class Container:
    """A container of a model with its ports on loopback; ``started`` is the monotonic time at which docker run was called."""

    id: str
    rest: str
    grpc_address: str
    metrics: str
    started: float

    def get(self, path: str, base: str = "") -> tuple[int, str]:
        """Status and body of a GET."""
        return _answer(urllib.request.Request(f"{base or self.rest}{path}"))

    def post(self, path: str, body: Mapping[str, Any], seconds: float = 10) -> tuple[int, Any]:
        """Status and parsed JSON of a POST of JSON."""
        request = urllib.request.Request(
            f"{self.rest}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        status, text = _answer(request, seconds)
        return status, json.loads(text)

    def wait_ready(self, seconds: float = _START_SECONDS) -> None:
        """Return when /health/ping answers 200; raises ToolError with the container's log when it ended or time is up."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                if self.get("/health/ping")[0] == 200:
                    return
            if run("docker", "inspect", "-f", "{{.State.Running}}", self.id).strip() != "true":
                break
            time.sleep(0.02)
        raise ToolError("The model did not start.", self.logs())

    def logs(self) -> str:
        """All it printed."""
        done = subprocess.run(
            ["docker", "logs", self.id],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout

    def grpc(self, bundle: Path, method: str, message: Mapping[str, Any]) -> Any:
        """The answer to a call over gRPC (Predict, Route, TransformInput, TransformOutput, Aggregate, SendFeedback)."""
        client = Path(__file__).with_name("grpc_client.py")
        return json.loads(
            _with_wrapper(bundle, client, self.grpc_address, method, json.dumps(message))
        )

    def contract(self, bundle: Path, contract: Path, *flags: str) -> str:
        """What seldon-core-tester prints of the model's answers to numbers that fit the contract; it compares nothing itself."""
        address = self.grpc_address if "--grpc" in flags else self.rest.removeprefix("http://")
        host, _, port = address.partition(":")
        return _with_wrapper(
            bundle, "-m", "seldon_core.microservice_tester", contract, host, port, "-p", *flags
        )


def _with_wrapper(bundle: Path, *words: str | Path) -> str:
    """What a program prints that runs on the interpreter and the wrapper of the bundle."""
    packages = bundle / "wrappers/upstream/3.12/lib/python3.12/site-packages"
    return run(
        bundle / "pythons/3.12/bin/python3.12",
        "-B",
        *words,
        env={"PYTHONPATH": str(packages)},
        timeout=60,
    )


def _answer(request: urllib.request.Request, seconds: float = 10) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(request, timeout=seconds) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@contextlib.contextmanager
def started(
    image: str, options: Sequence[str] = (), arguments: Sequence[str] = ()
) -> Iterator[Container]:
    """Run an image in the background, its three ports on loopback ports of the engine's choice; remove it at the end."""
    begin = time.monotonic()
    ports = [word for port in (9000, 5000, 6000) for word in ("-p", f"127.0.0.1::{port}")]
    identity = run("docker", "run", "-d", *ports, *options, image, *arguments, timeout=120).strip()
    try:
        rest, grpc, metrics = (_address(identity, port) for port in (9000, 5000, 6000))
        yield Container(identity, rest, grpc, metrics, begin)
    finally:
        subprocess.run(
            ["docker", "rm", "-f", "-v", identity],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=60,
        )


def _address(identity: str, port: int) -> str:
    try:
        host = run("docker", "port", identity, f"{port}/tcp").splitlines()[0].strip()
    except ToolError:
        # It ended before it could be asked: whoever waits for it shows its log.
        host = "127.0.0.1:1"
    return host if port == 5000 else f"http://{host}"
