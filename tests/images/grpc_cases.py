"""Makes every kind of call over gRPC and prints the answers by name as JSON: ``grpc_cases.py HOST:PORT``. Part of both_sets.py.

Runs on the interpreter and the wrapper that the buildpack carries, whose generated protobuf code it needs.
"""

import json
import sys

import grpc
from google.protobuf import any_pb2, empty_pb2, json_format, wrappers_pb2
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from seldon_core.proto import prediction_pb2, prediction_pb2_grpc

_SECONDS = 20
_LARGEST = 64 * 2**20
_ARRAY = {"data": {"names": ["a", "b"], "ndarray": [[1, 2.5], [3, 4]]}}
_TENSOR = {"data": {"names": ["a"], "tensor": {"shape": [2, 1], "values": [1, 2.5]}}}
_META = {
    "meta": {"puid": "p", "tags": {"from": "é"}, "routing": {"r": 1}, "requestPath": {"m": "i"}}
}

_MESSAGES = {
    "ndarray": _ARRAY,
    "tensor": _TENSOR,
    "tensor with meta": {**_TENSOR, **_META},
    "tensor of a wrong shape": {"data": {"tensor": {"shape": [3, 3], "values": [1]}}},
    "tensor without values": {"data": {"tensor": {"shape": [0]}}},
    "ndarray of text": {"data": {"ndarray": [["a", "é"]]}},
    "ndarray of mixed": {"data": {"ndarray": [["a", 1, None]]}},
    "ndarray that is ragged": {"data": {"ndarray": [[1, 2], [3]]}},
    "ndarray that is empty": {"data": {"ndarray": []}},
    "tftensor": {
        "data": {
            "tftensor": {
                "dtype": "DT_DOUBLE",
                "tensorShape": {"dim": [{"size": "1"}]},
                "doubleVal": [1],
            }
        }
    },
    "strData": {"strData": "é €"},
    "binData": {"binData": "AAH/"},
    "jsonData": {"jsonData": {"echo": {"z": 1, "a": "é"}}},
    "jsonData that is a list": {"jsonData": [1, "b", None]},
    "nothing": {},
}
_ANSWERS = (
    *(
        "dict",
        "bytes",
        "text",
        "empty dict",
        "list of mixed",
        "list of NumPy floats",
        "list of NumPy integers",
        "dict of a NumPy float",
    ),
    *(
        "dict of a NumPy integer",
        "int64",
        "uint8",
        "float32",
        "float64",
        "not a number",
        "bool",
        "strings",
        "objects",
        "complex",
        "one dimension",
    ),
    *(
        "three dimensions",
        "no rows",
        "no dimension",
        "a number",
        "a tuple of NumPy numbers",
        "None",
        "response",
        "response with a bad metric",
    ),
)
_RAISED = ("ValueError", "KeyError", "SeldonMicroserviceException", "abort", "of NumPy", "ragged")


def main(address):
    options = [
        ("grpc.max_send_message_length", _LARGEST),
        ("grpc.max_receive_message_length", _LARGEST),
    ]
    with grpc.insecure_channel(address, options) as channel:
        print(json.dumps(dict(_calls(channel))))


def _calls(channel):
    model = prediction_pb2_grpc.ModelStub(channel)
    # The wrapper may answer REST before its gRPC processes listen.
    model.Metadata(empty_pb2.Empty(), timeout=_SECONDS, wait_for_ready=True)
    for name, message in _MESSAGES.items():
        yield f"Predict with {name}", _asked(model.Predict, _message(message))
    custom = any_pb2.Any()
    custom.Pack(wrappers_pb2.StringValue(value="own"))
    yield (
        "Predict with customData",
        _asked(model.Predict, prediction_pb2.SeldonMessage(customData=custom)),
    )
    for key in _ANSWERS:
        yield (
            f"Predict with an answer of {key}",
            _asked(model.Predict, _message({"jsonData": {"answer": key}})),
        )
    for key in _RAISED:
        yield (
            f"Predict with a model that raises {key}",
            _asked(model.Predict, _message({"jsonData": {"raise": key}})),
        )
    for size in (3, 5):
        yield (
            f"Predict with {size} MB",
            _asked(model.Predict, prediction_pb2.SeldonMessage(strData="a" * size * 10**6)),
        )
    yield (
        "Predict with an answer of 5 MB",
        _asked(model.Predict, _message({"jsonData": {"rows": 60_000}})),
    )
    yield (
        "Predict by the service Seldon",
        _asked(prediction_pb2_grpc.SeldonStub(channel).Predict, _message(_ARRAY)),
    )
    generic, combiner = (
        prediction_pb2_grpc.GenericStub(channel),
        prediction_pb2_grpc.CombinerStub(channel),
    )
    for name in ("ndarray", "tensor with meta", "strData", "nothing"):
        message = _message(_MESSAGES[name])
        yield (
            f"TransformInput with {name}",
            _asked(prediction_pb2_grpc.TransformerStub(channel).TransformInput, message),
        )
        yield (
            f"TransformOutput with {name}",
            _asked(prediction_pb2_grpc.OutputTransformerStub(channel).TransformOutput, message),
        )
        yield f"Route with {name}", _asked(prediction_pb2_grpc.RouterStub(channel).Route, message)
        yield f"TransformInput of Generic with {name}", _asked(generic.TransformInput, message)
    for name, messages in (
        ("arrays", [{**_ARRAY, **_META}, _ARRAY]),
        ("text", [{"strData": "a"}, {"strData": "b"}]),
        ("none", []),
    ):
        many = json_format.ParseDict(
            {"seldonMessages": messages}, prediction_pb2.SeldonMessageList()
        )
        yield f"Aggregate with {name}", _asked(combiner.Aggregate, many)
    feedback = {
        "request": _ARRAY,
        "response": {"meta": {"routing": {"0": 1}}},
        "reward": 0.5,
        "truth": _TENSOR,
    }
    for name, told in (("all of it", feedback), ("nothing", {})):
        yield (
            f"SendFeedback with {name}",
            _asked(model.SendFeedback, json_format.ParseDict(told, prediction_pb2.Feedback())),
        )
    yield "Metadata", _asked(model.Metadata, empty_pb2.Empty())
    yield (
        "ModelMetadata",
        _asked(
            prediction_pb2_grpc.SeldonStub(channel).ModelMetadata,
            prediction_pb2.SeldonModelMetadataRequest(),
        ),
    )
    yield (
        "GraphMetadata",
        _asked(prediction_pb2_grpc.SeldonStub(channel).GraphMetadata, empty_pb2.Empty()),
    )
    unknown = channel.unary_unary(
        "/seldon.protos.Model/Nothing",
        empty_pb2.Empty.SerializeToString,
        empty_pb2.Empty.FromString,
    )
    yield "a method that is not there", _asked(unknown, empty_pb2.Empty())
    broken = channel.unary_unary(
        "/seldon.protos.Model/Predict", lambda value: value, prediction_pb2.SeldonMessage.FromString
    )
    yield "bytes that are no message", _asked(broken, b"\xff\xff")
    yield "a deadline that passes", _asked(model.Predict, _message({"jsonData": {"sleep": 1}}), 0.3)
    yield from _reflected(channel)


def _reflected(channel):
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    for name, request in (
        ("the services", reflection_pb2.ServerReflectionRequest(list_services="")),
        (
            "the file of a service",
            reflection_pb2.ServerReflectionRequest(file_containing_symbol="seldon.protos.Seldon"),
        ),
        (
            "a file by its name",
            reflection_pb2.ServerReflectionRequest(file_by_filename="proto/prediction.proto"),
        ),
        ("what is not there", reflection_pb2.ServerReflectionRequest(file_containing_symbol="a.b")),
    ):
        yield (
            f"reflection of {name}",
            _asked(
                lambda request, timeout: next(
                    iter(stub.ServerReflectionInfo(iter([request]), timeout=timeout))
                ),
                request,
            ),
        )


def _message(content):
    return json_format.ParseDict(content, prediction_pb2.SeldonMessage())


def _asked(call, request, seconds=_SECONDS):
    try:
        return json_format.MessageToJson(
            call(request, timeout=seconds), indent=None, sort_keys=True
        )
    except grpc.RpcError as error:
        return f"{error.code()} {error.details()}"


if __name__ == "__main__":
    main(*sys.argv[1:])
