"""Make one gRPC call and print the response as JSON: ``grpc_client.py HOST:PORT METHOD MESSAGE``, the message in JSON.

Runs on the interpreter and the wrapper that the buildpack carries, whose generated protobuf code it needs.
"""

import sys

import grpc  # type: ignore[import-untyped,unused-ignore]
from google.protobuf import json_format  # type: ignore[import-untyped,unused-ignore]
from seldon_core.proto import prediction_pb2, prediction_pb2_grpc  # type: ignore[import-not-found,unused-ignore]

_SECONDS = 10
# The service that Seldon's operator calls each method of, and the message it takes (seldon-core: prediction.proto).
_METHODS = {
    "Predict": ("Model", "SeldonMessage"),
    "Route": ("Router", "SeldonMessage"),
    "TransformInput": ("Transformer", "SeldonMessage"),
    "TransformOutput": ("OutputTransformer", "SeldonMessage"),
    "Aggregate": ("Combiner", "SeldonMessageList"),
    "SendFeedback": ("Model", "Feedback"),
}


def main(address: str, method: str, message: str) -> None:
    """Call the method and print the response. Raises KeyError for an unknown method."""
    service, kind = _METHODS[method]
    request = json_format.Parse(message, getattr(prediction_pb2, kind)())
    with grpc.insecure_channel(address) as channel:
        stub = getattr(prediction_pb2_grpc, f"{service}Stub")(channel)
        # The wrapper may answer REST before its gRPC processes listen.
        answer = getattr(stub, method)(request, timeout=_SECONDS, wait_for_ready=True)
    print(json_format.MessageToJson(answer, indent=None))


if __name__ == "__main__":
    main(*sys.argv[1:])
