"""Run a model's image and send it requests over REST and gRPC; it is always stopped."""

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


@dataclass(frozen=True, kw_only=True)
class Container:
    """A model's container, with its ports on loopback.

    ``started`` is the monotonic time of docker run.
    """

    id: str
    rest: str
    grpc_address: str
    metrics: str
    started: float

    def get(self, path: str, base: str = "") -> tuple[int, str]:
        """Send a GET request and return status and body."""
        return _read_answer(urllib.request.Request(f"{base or self.rest}{path}"))

    def post(self, path: str, body: Mapping[str, Any], seconds: float = 10) -> tuple[int, Any]:
        """Send a POST request with JSON and return status and parsed JSON."""
        request = urllib.request.Request(
            f"{self.rest}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        status, text = _read_answer(request, seconds)
        return status, json.loads(text)

    def wait_ready(self, seconds: float = _START_SECONDS) -> None:
        """Wait until /health/ping responds with 200.

        Raises:
            ToolError: The container has ended, or the time is up. It has the container's log.
        """
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
        """Return the container's whole output."""
        done = subprocess.run(
            ["docker", "logs", self.id],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.stdout

    def grpc(self, bundle: Path, method: str, message: Mapping[str, Any]) -> Any:
        """Call a gRPC method and return the response.

        The methods are Predict, Route, TransformInput, TransformOutput, Aggregate and SendFeedback.
        """
        client = Path(__file__).with_name("grpc_client.py")
        return json.loads(
            _run_in_wrapper(
                bundle, "run_path", client, self.grpc_address, method, json.dumps(message)
            )
        )

    def contract(self, bundle: Path, contract: Path, *flags: str) -> str:
        """Run seldon-core-tester with the contract and return its output.

        seldon-core-tester itself asserts nothing.
        """
        address = self.grpc_address if "--grpc" in flags else self.rest.removeprefix("http://")
        host, _, port = address.partition(":")
        return _run_in_wrapper(
            bundle,
            "run_module",
            "seldon_core.microservice_tester",
            contract,
            host,
            port,
            "-p",
            *flags,
        )


def _run_in_wrapper(bundle: Path, *words: str | Path) -> str:
    """Run a program with the bundle's interpreter and wrapper, and return its output.

    The words begin with ``run_path`` and a file, or ``run_module`` and a name.
    """
    packages = bundle / "wrappers/current/3.12/lib/python3.12/site-packages"
    # As in an image, where the .pth files of the wrapper's environment are run.
    code = "import runpy, site, sys; site.addsitedir(sys.argv[1]); sys.argv = sys.argv[2:]; getattr(runpy, sys.argv.pop(0))(sys.argv[0], run_name='__main__')"
    return run(
        bundle / "pythons/3.12/bin/python3.12", "-B", "-c", code, packages, *words, timeout=60
    )


def _read_answer(request: urllib.request.Request, seconds: float = 10) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(request, timeout=seconds) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@contextlib.contextmanager
def started(
    image: str, options: Sequence[str] = (), arguments: Sequence[str] = ()
) -> Iterator[Container]:
    """Run an image in the background, and remove the container at the end.

    Its three ports are published on loopback, on ports that the engine chooses.
    """
    begin = time.monotonic()
    ports = [word for port in (9000, 5000, 6000) for word in ("-p", f"127.0.0.1::{port}")]
    identity = run("docker", "run", "-d", *ports, *options, image, *arguments, timeout=120).strip()
    try:
        rest, grpc, metrics = (_find_address(identity, port) for port in (9000, 5000, 6000))
        yield Container(id=identity, rest=rest, grpc_address=grpc, metrics=metrics, started=begin)
    finally:
        subprocess.run(
            ["docker", "rm", "-f", "-v", identity],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=60,
        )


def _find_address(identity: str, port: int) -> str:
    try:
        host = run("docker", "port", identity, f"{port}/tcp").splitlines()[0].strip()
    except ToolError:
        # The container has already ended; wait_ready will raise an error with its log.
        host = "127.0.0.1:1"
    return host if port == 5000 else f"http://{host}"
