import json

from seldon_core.proto.prediction_pb2 import SeldonMessage


class Instances:
    """Serve another protocol than Seldon's: {"instances": [...]} to {"predictions": [...]}."""

    def predict_raw(self, request):
        # The bytes of the body over REST, a SeldonMessage over gRPC.
        if isinstance(request, SeldonMessage):
            return SeldonMessage(binData=self.answer(request.binData))
        return self.answer(request)

    def answer(self, body):
        rows = json.loads(body)["instances"]
        return json.dumps({"predictions": [sum(row) for row in rows]}).encode()
