"""Trial of a served model: starts the wrapper as the container does, and sends requests to it.

    seldon-serve --try answer FILE_DESCRIPTOR PATH

Requests are ``.seldon/requests/*.json``, and one that seldon-core's tester generates from
``contract.json``. Each is sent to PATH over REST, and over gRPC if it is a message of the wrapper's.
The build gets one JSON object per line. Imported by seldon-serve, which is next to it in the image;
standard library and the wrapper's own packages only, with the syntax of Python 3.6.
"""

import contextlib
import glob
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import Any, Callable, Iterator, List, Mapping, NamedTuple, Optional, Sequence

REQUESTS = ".seldon/requests"
CONTRACT = "contract.json"
ANSWER = ".answer.json"
SECONDS = 30
LOOK_SECONDS = 0.05
MOST_TEXT = 4000
# gRPC's services and methods for the paths of REST.
METHODS = {
    "/api/v1.0/predictions": ("Model", "Predict", "SeldonMessage"),
    "/transform-input": ("Generic", "TransformInput", "SeldonMessage"),
    "/route": ("Generic", "Route", "SeldonMessage"),
    "/aggregate": ("Generic", "Aggregate", "SeldonMessageList"),
}
PORTS = ("HTTP", "GRPC", "METRICS")

Send = Callable[..., None]


class Request(NamedTuple):
    """A request: the file that it comes from, its body, and the expected answer, if any."""

    name: str
    body: Any
    answer: Any = None


def main(values: Mapping[str, str], arguments: Sequence[str]) -> int:
    """Serve the model, send the requests and return 0."""
    report, path = int(arguments[0]), arguments[1]
    os.set_inheritable(report, False)

    def send(**entry: Any) -> None:
        data = json.dumps(entry).encode() + b"\n"
        while data:
            data = data[os.write(report, data) :]

    free = free_ports(len(PORTS))
    ports = {kind: free[number] for number, kind in enumerate(PORTS)}
    env = {
        "PREDICTIVE_UNIT_{}_SERVICE_PORT".format(kind): str(port) for kind, port in ports.items()
    }
    # This process has already activated a conda environment, and skipped before-run.
    env["SELDON_SERVE_ACTIVATED"] = "1"
    server = subprocess.Popen([sys.executable, sys.argv[0]], env=dict(values, **env))
    try:
        requests = list(read_requests(send))
        if not wait_ready(server, ports["HTTP"]):
            send(not_ready=True)
            return 0
        send(ready=True)
        send_all(requests, ports, path, values.get("GRPC_WORKERS", "1") != "0", send)
    finally:
        server.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(5)
    send(end=True)
    return 0


def free_ports(count: int) -> List[int]:
    """Return ports on which nothing listens."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def read_requests(send: Send) -> Iterator[Request]:
    """Yield the requests; report files that cannot be read."""
    paths = sorted(glob.glob(os.path.join(REQUESTS, "*.json")))
    for path in paths:
        if path.endswith(ANSWER):
            continue
        answer = path[: -len(".json")] + ANSWER
        try:
            yield Request(path, _read_json(path), _read_json(answer) if answer in paths else None)
        except (OSError, ValueError) as error:
            send(unreadable={"name": path, "message": str(error)})
    if os.path.isfile(CONTRACT):
        try:
            yield Request(CONTRACT, generate(_read_json(CONTRACT)))
        except Exception as error:
            message = "{}: {}".format(type(error).__name__, error)
            send(unreadable={"name": CONTRACT, "message": message})


def _read_json(path: str) -> Any:
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def generate(contract: Any) -> Any:
    """Return a request for a contract, as seldon-core-tester sends it."""
    tester: Any = importlib.import_module("seldon_core.microservice_tester")
    full = tester.unfold_contract(contract)
    rows = tester.generate_batch(full, 1, "features").tolist()
    names = [feature["name"] for feature in full["features"]]
    return {"data": {"names": names, "ndarray": rows}}


def wait_ready(server: "subprocess.Popen[bytes]", port: int) -> bool:
    """Wait until the wrapper answers, and return whether it does."""
    url = "http://127.0.0.1:{}/health/ping".format(port)
    while server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).read()
        except OSError:
            time.sleep(LOOK_SECONDS)
        else:
            return True
    return False


def send_all(
    requests: Sequence[Request], ports: Mapping[str, int], path: str, with_grpc: bool, send: Send
) -> None:
    """Send each request, and report the answers."""
    for request in requests:
        start = time.time()
        status, text = ask_rest(ports["HTTP"], path, request.body)
        entry = {"name": request.name, "api": "REST", "status": status, "answer": text[:MOST_TEXT]}
        entry["request"] = json.dumps(request.body)[:MOST_TEXT]
        entry["seconds"] = time.time() - start
        if status == 200 and request.answer is not None:
            entry["differs"] = not is_like(_parse(text), request.answer)
            entry["expected"] = json.dumps(request.answer)[:MOST_TEXT]
        send(answered=entry)
        if with_grpc and path in METHODS:
            start = time.time()
            result = ask_grpc(ports["GRPC"], METHODS[path], request.body)
            if result is not None:
                again = dict(entry, api="gRPC", status=result[0], answer=result[1][:MOST_TEXT])
                send(answered=dict(again, seconds=time.time() - start, differs=False))


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def ask_rest(port: int, path: str, body: Any) -> Any:
    """Return the status and the text of an answer."""
    request = urllib.request.Request(
        "http://127.0.0.1:{}{}".format(port, path),
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")
    except OSError as error:
        return 0, str(error)


def ask_grpc(port: int, method: Sequence[str], body: Any) -> Optional[Any]:
    """Return the status (0 is OK, as 200) and the text of an answer.

    None if the request is not a message of the wrapper's.
    """
    grpc: Any = importlib.import_module("grpc")
    json_format: Any = importlib.import_module("google.protobuf.json_format")
    messages: Any = importlib.import_module("seldon_core.proto.prediction_pb2")
    services: Any = importlib.import_module("seldon_core.proto.prediction_pb2_grpc")
    service, name, kind = method
    try:
        message = json_format.ParseDict(body, getattr(messages, kind)())
    except json_format.ParseError:
        return None
    with grpc.insecure_channel("127.0.0.1:{}".format(port)) as channel:
        call = getattr(getattr(services, service + "Stub")(channel), name)
        try:
            answer = call(message, timeout=SECONDS, wait_for_ready=True)
        except grpc.RpcError as error:
            return error.code().value[0], "{}: {}".format(error.code().name, error.details())
    return 200, json.dumps(json_format.MessageToDict(answer))


def is_like(answer: Any, expected: Any) -> bool:
    """Return whether an answer has everything that is expected; numbers may differ slightly."""
    if isinstance(expected, dict):
        return isinstance(answer, dict) and all(
            name in answer and is_like(answer[name], value) for name, value in expected.items()
        )
    if isinstance(expected, list):
        return (
            isinstance(answer, list)
            and len(answer) == len(expected)
            and all(map(is_like, answer, expected))
        )
    numbers = (int, float)
    if isinstance(expected, numbers) and not isinstance(expected, bool):
        return isinstance(answer, numbers) and abs(answer - expected) <= 1e-6 * max(
            1.0, abs(expected)
        )
    return bool(answer == expected)
