"""Sends one prediction over gRPC and prints the answer as JSON: ``grpc_predict.py HOST:PORT '{"data": ...}'``.

Runs on the interpreter and the wrapper that the buildpack carries, whose generated protobuf code it needs.
"""

import sys

import grpc  # type: ignore[import-untyped,unused-ignore]
from google.protobuf import json_format  # type: ignore[import-untyped,unused-ignore]
from seldon_core.proto import prediction_pb2, prediction_pb2_grpc  # type: ignore[import-not-found,unused-ignore]

_SECONDS = 10


def main(address: str, message: str) -> None:
    """Call Model/Predict and print what it answers."""
    with grpc.insecure_channel(address) as channel:
        request = json_format.Parse(message, prediction_pb2.SeldonMessage())
        answer = prediction_pb2_grpc.ModelStub(channel).Predict(request, timeout=_SECONDS)
    print(json_format.MessageToJson(answer, indent=None))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
