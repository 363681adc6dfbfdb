"""gRPC's standard health service, grpc.health.v1, next to the wrapper's services.

Probes of Kubernetes and load balancers use it. It is answered while the model is busy, and says
NOT_SERVING from SIGTERM on. The port opens once the model is loaded, so that whoever can ask is told
SERVING. Imported by seldon-serve, which is next to it in the image; standard library and the
wrapper's own packages only, with the syntax of Python 3.6.
"""

import contextlib
import functools
import importlib
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any, Callable, Dict, Sequence

SERVICE = "grpc.health.v1.Health"
# The names and numbers of HealthCheckResponse.ServingStatus.
STATUSES = {"UNKNOWN": 0, "SERVING": 1, "NOT_SERVING": 2, "SERVICE_UNKNOWN": 3}


class Health:
    """What a gRPC worker says of itself: the same for each of its services."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._status = "SERVING"
        self._services: Sequence[str] = ()
        # By what sends a watcher an answer: whether it watches a service that exists.
        self._watchers: Dict[Callable[[Any], None], bool] = {}

    def serve(self) -> None:
        """Let the wrapper's gRPC servers have the health service, and list it in reflection."""
        servers: Any = importlib.import_module("seldon_core.wrapper")
        plain = getattr(servers, "reflection", None)
        if plain is None:
            return

        def enable_server_reflection(names: Sequence[str], server: Any) -> None:
            self._services = ("", *names, SERVICE)
            # Not through the interceptor for TRACING, which would wait for the model.
            _without_interceptor(server).add_generic_rpc_handlers((self._handlers(),))
            plain.enable_server_reflection((*names, SERVICE), server, pool=PoolWithHealth())

        servers.reflection = SimpleNamespace(
            SERVICE_NAME=plain.SERVICE_NAME, enable_server_reflection=enable_server_reflection
        )

    def stop_serving(self, server: Any, seconds: float) -> None:
        """Say NOT_SERVING, and go on until all requests that have come before this are begun."""
        with self._lock:
            self._status, watchers, self._watchers = "NOT_SERVING", self._watchers, {}
        for send, is_known in watchers.items():
            if is_known:
                send(self._answer())
            # Without an end, the server would wait for the watchers.
            send(None)
        pool = getattr(getattr(_without_interceptor(server), "_state", None), "thread_pool", None)
        if pool is not None:
            with contextlib.suppress(Exception):
                pool.submit(int).result(seconds)

    def _answer(self, status: str = "") -> Any:
        # A message that looks the same on the wire: HealthCheckResponse has one enum as field 1.
        wrappers: Any = importlib.import_module("google.protobuf.wrappers_pb2")
        return wrappers.Int32Value(value=STATUSES[status or self._status])

    def _handlers(self) -> Any:
        grpc: Any = importlib.import_module("grpc")
        wrappers: Any = importlib.import_module("google.protobuf.wrappers_pb2")

        def check(request: Any, context: Any) -> Any:
            if request.value not in self._services:
                context.abort(grpc.StatusCode.NOT_FOUND, "There is no such service.")
            return self._answer()

        def watch(request: Any, context: Any, send_response_callback: Any) -> None:
            is_known = request.value in self._services
            with self._lock:
                send_response_callback(self._answer("" if is_known else "SERVICE_UNKNOWN"))
                self._watchers[send_response_callback] = is_known
            context.add_callback(lambda: self._watchers.pop(send_response_callback, None))

        # A pool of its own: the wrapper's has one thread by default, which the model keeps busy.
        check.experimental_thread_pool = ThreadPoolExecutor(1)  # type: ignore[attr-defined]
        watch.experimental_thread_pool = ThreadPoolExecutor(1)  # type: ignore[attr-defined]
        watch.experimental_non_blocking = True  # type: ignore[attr-defined]
        # HealthCheckRequest has one text as field 1, as StringValue has.
        read, write = wrappers.StringValue.FromString, wrappers.Int32Value.SerializeToString
        return grpc.method_handlers_generic_handler(
            SERVICE,
            {
                "Check": grpc.unary_unary_rpc_method_handler(check, read, write),
                "Watch": grpc.unary_stream_rpc_method_handler(watch, read, write),
            },
        )


def _without_interceptor(server: Any) -> Any:
    return getattr(server, "_server", server) if not hasattr(server, "_state") else server


class PoolWithHealth:
    """protobuf's descriptors, and those of the health service.

    The latter are in a pool of their own, so that the model can register them too.
    """

    def __init__(self) -> None:
        pools: Any = importlib.import_module("google.protobuf.descriptor_pool")
        self._pools = (pools.Default(), pools.DescriptorPool())
        self._pools[1].AddSerializedFile(describe_health().SerializeToString())

    def __getattr__(self, name: str) -> Any:
        if name in ("FindFileByName", "FindFileContainingSymbol"):
            return functools.partial(self._find, name)
        return getattr(self._pools[0], name)

    def _find(self, method: str, name: str) -> Any:
        try:
            return getattr(self._pools[0], method)(name)
        except KeyError:
            return getattr(self._pools[1], method)(name)


def describe_health() -> Any:
    """Return the file descriptor of grpc.health.v1, which grpcurl needs."""
    descriptors: Any = importlib.import_module("google.protobuf.descriptor_pb2")
    package = "." + SERVICE.rpartition(".")[0]
    field: Dict[str, Any] = {"number": 1, "label": "LABEL_OPTIONAL"}
    response = descriptors.DescriptorProto(
        name="HealthCheckResponse",
        field=[
            dict(
                field,
                name="status",
                type="TYPE_ENUM",
                type_name=package + ".HealthCheckResponse.ServingStatus",
            )
        ],
        enum_type=[
            {
                "name": "ServingStatus",
                "value": [{"name": name, "number": number} for name, number in STATUSES.items()],
            }
        ],
    )
    request = descriptors.DescriptorProto(
        name="HealthCheckRequest", field=[dict(field, name="service", type="TYPE_STRING")]
    )
    types = {
        "input_type": package + ".HealthCheckRequest",
        "output_type": package + ".HealthCheckResponse",
    }
    return descriptors.FileDescriptorProto(
        name="grpc/health/v1/health.proto",
        package=package[1:],
        syntax="proto3",
        message_type=[request, response],
        service=[
            {
                "name": "Health",
                "method": [
                    dict(types, name="Check"),
                    dict(types, name="Watch", server_streaming=True),
                ],
            }
        ],
    )
