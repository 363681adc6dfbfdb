"""Runs with the bundled interpreter and wrapper: the same requests to several servers in turn, and how long each took.

Argument: JSON with ``servers`` (by name: the ports of REST and gRPC), ``rounds`` and ``share`` (of the number of requests). Prints, by row and
server, the figures of each round: seconds of the median request, or for clients at once requests per second, p50 and p99.
"""

import base64
import http.client
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc  # type: ignore[import-untyped,unused-ignore]
import numpy as np  # type: ignore[import-not-found,unused-ignore]
from seldon_core.proto import prediction_pb2  # type: ignore[import-not-found,unused-ignore]

_JSON = {"Content-Type": "application/json"}
_CLIENTS = 16
# The protobuf of s2i on our Python takes 7 s for one large request.
_MOST_SECONDS = 8.0
Ask = Callable[[], None]


@contextmanager
def rest(port: int, body: bytes) -> Iterator[Ask]:
    """A client that sends a message over REST, on one connection if the server keeps it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask() -> None:
        connection.request("POST", "/predict", body, _JSON)
        response = connection.getresponse()
        content = response.read()
        if response.status != 200:
            sys.exit(f"REST was answered with {response.status}: {content[:500]!r}")

    yield ask
    connection.close()


@contextmanager
def over_grpc(port: int, body: bytes) -> Iterator[Ask]:
    """A client that sends a serialized message over gRPC, on a channel of its own."""
    options = [(f"grpc.max_{way}_message_length", -1) for way in ("send", "receive")]
    options.append(("grpc.use_local_subchannel_pool", 1))
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
        call = channel.unary_unary("/seldon.protos.Model/Predict")
        yield lambda: call(body, timeout=60, wait_for_ready=True)


def timed(ask: Ask, times: int) -> list[float]:
    """Seconds of each of so many requests, after one that is not counted; of fewer if they take long."""
    ask()
    seconds: list[float] = []
    while len(seconds) < times and sum(seconds) < _MOST_SECONDS:
        begin = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - begin)
    return seconds


def messages() -> dict[str, dict[str, bytes]]:
    """The bodies by what is sent, for REST and gRPC; the numbers are random, and the same in each run."""
    rng, bodies = np.random.default_rng(0), {}
    for title, shape in (("1 x 4", (1, 4)), ("1000 x 100", (1000, 100))):
        array = rng.random(shape)
        tensor = {"shape": list(shape), "values": array.ravel().tolist()}
        message = prediction_pb2.SeldonMessage()
        message.data.tensor.shape.extend(shape)
        message.data.tensor.values.extend(array.ravel())
        bodies[f"tensor {title}"] = {
            "REST": _json({"tensor": tensor}),
            "gRPC": bytes(message.SerializeToString()),
        }
        message = prediction_pb2.SeldonMessage()
        for row in array.tolist():
            message.data.ndarray.add_list().extend(row)
        bodies[f"ndarray {title}"] = {
            "REST": _json({"ndarray": array.tolist()}),
            "gRPC": bytes(message.SerializeToString()),
        }
    content = rng.bytes(10_000_000)
    text = base64.b64encode(content).decode()
    bodies["binData 10 MB"] = {
        "REST": json.dumps({"binData": text}).encode(),
        "gRPC": bytes(prediction_pb2.SeldonMessage(binData=content).SerializeToString()),
    }
    return bodies


def _json(data: object) -> bytes:
    return json.dumps({"data": data}).encode()


def one_after_another(
    client: Callable[..., Iterator[Ask]], port: int, body: bytes, times: int
) -> list[float]:
    """The median of a client's requests."""
    with client(port, body) as ask:  # type: ignore[attr-defined]
        return [statistics.median(timed(ask, times))]


def at_once(
    client: Callable[..., Iterator[Ask]], port: int, body: bytes, times: int
) -> list[float]:
    """Requests per second of 16 clients, and p50 and p99 of their seconds."""

    def ask_many(_: int) -> list[float]:
        with client(port, body) as ask:  # type: ignore[attr-defined]
            return timed(ask, times)

    begin = time.perf_counter()
    with ThreadPoolExecutor(_CLIENTS) as pool:
        seconds = sorted(second for one in pool.map(ask_many, range(_CLIENTS)) for second in one)
    rate = _CLIENTS * (times + 1) / (time.perf_counter() - begin)
    return [rate, statistics.median(seconds), seconds[len(seconds) * 99 // 100]]


def rows(share: float) -> Iterator[tuple[str, Callable[[Sequence[int]], list[float]]]]:
    """What is measured, by title: a function of a server's ports."""
    bodies = messages()
    clients = {"REST": (0, rest), "gRPC": (1, over_grpc)}
    for title, body in bodies.items():
        times = max(3, round((100 if "1 x 4" in title else 7) * share))
        for protocol, (place, client) in clients.items():
            yield (
                f"{protocol} {title}",
                lambda ports, at=place, kind=client, sent=body[protocol], n=times: (
                    one_after_another(kind, ports[at], sent, n)
                ),
            )
    for protocol, (place, client) in clients.items():
        yield (
            f"{protocol} {_CLIENTS} clients",
            lambda ports, at=place, kind=client, sent=bodies["ndarray 1 x 4"][protocol]: at_once(
                kind, ports[at], sent, max(3, round(40 * share))
            ),
        )


def main(servers: dict[str, Sequence[int]], rounds: int, share: float) -> None:
    """Measure every row; each round begins with another server."""
    figures: dict[str, dict[str, list[list[float]]]] = {}
    names = list(servers)
    for title, measure in rows(share):
        figures[title] = {name: [] for name in names}
        for number in range(rounds):
            first = number % len(names)
            for name in names[first:] + names[:first]:
                figures[title][name].append(measure(servers[name]))
    print(json.dumps(figures))


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
