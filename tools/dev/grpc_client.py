"""A client that makes one gRPC call and prints the response as JSON.

Usage: ``grpc_client.py HOST:PORT METHOD MESSAGE``, with the message in JSON. It runs with the
bundled interpreter and wrapper, because it needs the wrapper's generated protobuf code.
"""

import sys

import grpc  # type: ignore[import-untyped,unused-ignore]
from google.protobuf import json_format  # type: ignore[import-untyped,unused-ignore]
from seldon_core.proto import prediction_pb2, prediction_pb2_grpc  # type: ignore[import-not-found,unused-ignore]

_SECONDS = 10
# The service on which Seldon's operator calls each method, and its message type (prediction.proto
# in seldon-core).
_METHODS = {
    "Predict": ("Model", "SeldonMessage"),
    "Route": ("Router", "SeldonMessage"),
    "TransformInput": ("Transformer", "SeldonMessage"),
    "TransformOutput": ("OutputTransformer", "SeldonMessage"),
    "Aggregate": ("Combiner", "SeldonMessageList"),
    "SendFeedback": ("Model", "Feedback"),
}


def main(address: str, method: str, message: str) -> None:
    """Call the method and print the response.

    Raises:
        KeyError: The method is unknown.
    """
    service, kind = _METHODS[method]
    request = json_format.Parse(message, getattr(prediction_pb2, kind)())
    with grpc.insecure_channel(address) as channel:
        stub = getattr(prediction_pb2_grpc, f"{service}Stub")(channel)
        # The wrapper may respond over REST before its gRPC processes listen.
        answer = getattr(stub, method)(request, timeout=_SECONDS, wait_for_ready=True)
    print(json_format.MessageToJson(answer, indent=None))


if __name__ == "__main__":
    main(*sys.argv[1:])
