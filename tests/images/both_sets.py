"""The same requests to two servers of the wrapper, and in what their answers differ.

What is asked stands in wrapper_requests.py and grpc_cases.py. An answer is kept whole but for what no two answers share: the date, a worker's process
id. The servers may be containers, or, for seeing a difference in two seconds, processes of this machine: ``python -m tests.images.both_sets BUNDLE 3.12``
starts both sets of the bundle with every setup, or with those it is given by name, and prints what differs.
"""

import contextlib
import difflib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.images.wrapper_requests import AT_ONCE, CONNECTIONS, REST, SETUPS, Request, Setup

MODEL = Path(__file__).parent / "mirror"
_GRPC = Path(__file__).parent / "grpc_cases.py"
_SERVE = Path(__file__).parents[2] / "lib/seldon_buildpack/launch/seldon_serve.py"
_SECONDS = 20.0


@dataclass(frozen=True)
class Answer:
    """Status, headers but the date, and the body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str

    def __str__(self) -> str:
        return f"{self.status} {dict(self.headers)} {self.body[:300]!r}"


@dataclass(frozen=True)
class Server:
    """Where a server of the wrapper listens: ``HOST:PORT`` of each of its three ports."""

    rest: str
    grpc: str
    metrics: str


_NEVER_SHARED = ("date", "etag", "last-modified")


def ask(address: str, request: Request, seconds: float = _SECONDS) -> Answer:
    """The answer to one request on a connection of its own; of status 0 where there is none."""
    connection = http.client.HTTPConnection(address, timeout=seconds)
    try:
        connection.request(request.method, request.path, request.content, request.all_headers)
        response = connection.getresponse()
        body = response.read().decode("utf-8", "surrogateescape")
        told = {
            name.lower(): _steady(value)
            for name, value in response.getheaders()
            if name.lower() not in _NEVER_SHARED
        }
        if "allow" in told:
            # A set: its order is that of a process.
            told["allow"] = ", ".join(sorted(told["allow"].split(", ")))
        if _steady(body) != body:
            del told["content-length"]
        return Answer(response.status, tuple(sorted(told.items())), _steady(body))
    except (OSError, http.client.HTTPException) as error:
        return Answer(0, (), type(error).__name__)
    finally:
        connection.close()


def exchange(address: str, sent: Sequence[bytes | float]) -> str:
    """All that comes back on a connection that these bytes are sent on, the dates left out; how it ends stands on the last line."""
    host, _, port = address.partition(":")
    received, end = b"", "open"
    with socket.create_connection((host, int(port)), _SECONDS) as connection:
        try:
            for part in sent:
                if isinstance(part, bytes):
                    connection.sendall(part)
                else:
                    time.sleep(part)
            # Longer than gunicorn keeps a connection that is idle: whether it is closed then is part of the answer.
            connection.settimeout(5)
            while part := connection.recv(65536):
                received += part
            end = "closed"
        except TimeoutError:
            pass
        except ConnectionError:
            end = "reset"
    text = received.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
    # A set: its order is that of a process.
    text = re.sub(
        r"(?m)^Allow: (.*)$",
        lambda allow: "Allow: " + ", ".join(sorted(allow[1].split(", "))),
        text,
    )
    return f"{_steady(re.sub(r'(?m)^Date: .*$', 'Date:', text))}\n[{end}]"


def _steady(text: str) -> str:
    """Without what two servers never share: process ids, ports, addresses of objects, the version of the web server that only debugging names.

    The bounds of the wrapper's histograms are powers that NumPy computes: their last digit depends on its version, and on the processor.
    """
    text = re.sub(r'le="(\d[\d.e-]+)"', lambda bound: f'le="{float(bound[1]):.12g}"', text)
    return re.sub(r'worker_id="\d+"|127\.0\.0\.1:\d+|0x[0-9a-f]{8,}|(?<=Werkzeug/).+', "*", text)


def answers(
    server: Server, setup: Setup, with_wrapper: Sequence[str | Path], environment: Mapping[str, str]
) -> dict[str, str]:
    """Every answer of a server by the name of what was asked, in the order of asking, at last the metrics all of it left behind.

    ``with_wrapper`` is the command of a Python that has the wrapper's generated code, for what is asked over gRPC; ``environment`` is for it.
    """
    chosen = {name: request for name, request in REST.items() if _wanted(name, setup.only)}
    found = {
        f"REST, {name}": str(_whole(ask(server.rest, request))) for name, request in chosen.items()
    }
    at_once = AT_ONCE if len(setup.connections) == len(CONNECTIONS) else 1
    with ThreadPoolExecutor(at_once) as pool:
        sent = [CONNECTIONS[name] for name in setup.connections]
        received = pool.map(lambda parts: exchange(server.rest, parts), sent)
        found |= {
            f"connection, {name}": text
            for name, text in zip(setup.connections, received, strict=True)
        }
    if setup.grpc:
        done = subprocess.run(
            [*map(str, with_wrapper), str(_GRPC), server.grpc],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        told = (
            json.loads(done.stdout) if done.returncode == 0 else {"all of it": done.stderr[-2000:]}
        )
        found |= {f"gRPC, {name}": answer for name, answer in told.items()}
    for path in ("/metrics", "/", "/predict"):
        found[f"metrics, GET {path}"] = str(
            _whole(ask(server.metrics, Request(path, method="GET")))
        )
    return found


def _wanted(name: str, only: Sequence[str]) -> bool:
    return not only or any(
        name == one or (one.endswith("*") and name.startswith(one[:-1])) for one in only
    )


def _whole(answer: Answer) -> str:
    return "\n".join(
        [
            str(answer.status),
            *(f"{name}: {value}" for name, value in answer.headers),
            "",
            answer.body,
        ]
    )


def differences(first: Mapping[str, str], second: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The answers that are not the same, by what was asked."""
    names = dict.fromkeys((*first, *second))
    return {
        name: (first.get(name, ""), second.get(name, ""))
        for name in names
        if first.get(name) != second.get(name)
    }


@dataclass(frozen=True)
class Local:
    """A set of pins of a bundle, run on this machine."""

    bundle: Path
    pins: str
    minor: str = "3.12"
    # A folder whose packages come before the set's, as those of a model's requirements do.
    replaced_by: str = ""

    @property
    def site(self) -> Path:
        """Its packages."""
        return (
            self.bundle / f"wrappers/{self.pins}/{self.minor}/lib/python{self.minor}/site-packages"
        )

    @property
    def python(self) -> tuple[str | Path, ...]:
        """The command of a Python that sees them, as in the image, where a .pth adds them."""
        code = f"import runpy, site, sys; sys.path += {[self.replaced_by] if self.replaced_by else []}; site.addsitedir(sys.argv[1]); sys.argv = sys.argv[2:]; runpy.run_path(sys.argv[0], run_name='__main__')"
        return (
            self.bundle / f"pythons/{self.minor}/bin/python{self.minor}",
            "-s",
            "-B",
            "-c",
            code,
            self.site,
        )

    @contextlib.contextmanager
    def serving(
        self, setup: Setup, log: Path, serve: Path = _SERVE
    ) -> Iterator[tuple[Server, "subprocess.Popen[bytes]"]]:
        """Start it as the image does, wait until it answers, end it and all of its processes."""
        ports = _free_ports(3)
        names = (
            "PREDICTIVE_UNIT_HTTP_SERVICE_PORT",
            "PREDICTIVE_UNIT_GRPC_SERVICE_PORT",
            "PREDICTIVE_UNIT_METRICS_SERVICE_PORT",
        )
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "PIP_", "SELDON_"))
        }
        variables = {
            "MODEL_NAME": setup.model,
            "SERVICE_TYPE": "MODEL",
            **dict(zip(names, map(str, ports), strict=True)),
            **setup.variables,
        }
        server = Server(*(f"127.0.0.1:{port}" for port in ports))
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*map(str, self.python), str(serve)],
                cwd=MODEL,
                env={**kept, **variables},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            _wait_until_it_answers(server, process, log)
            yield server, process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def _wait_until_it_answers(server: Server, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + 60
    while (
        ask(server.rest, Request("/health/ping", method="GET")).status != 200
        or ask(server.metrics, Request("/metrics", method="GET")).status != 200
    ):
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(log.read_text(errors="replace")[-4000:])
        time.sleep(0.05)


def main(bundle: Path, chosen: Sequence[str], minor: str) -> None:
    """Compare both sets of a bundle in each of these setups, and print what differs."""
    with tempfile.TemporaryDirectory() as scratch:
        for name in chosen or SETUPS:
            setup, found = SETUPS[name], {}
            for pins in ("upstream", "current"):
                local = Local(bundle, pins, minor)
                with local.serving(setup, Path(scratch) / f"{pins}.log") as (server, _):
                    found[pins] = answers(server, setup, local.python, {})
            differing = differences(found["upstream"], found["current"])
            print(
                f"== {name}: {len(found['upstream'])} answers, {len(differing)} differ", flush=True
            )
            for what, (upstream, current) in differing.items():
                lines = difflib.unified_diff(
                    upstream[:5000].splitlines(), current[:5000].splitlines(), lineterm="", n=0
                )
                print(
                    f"-- {what}",
                    *(line[:500] for line in lines if not line.startswith(("---", "+++", "@@"))),
                    sep="\n",
                )


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), sys.argv[3:], sys.argv[2])
