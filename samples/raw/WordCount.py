from collections import Counter

from seldon_core.proto.prediction_pb2 import SeldonMessage
from seldon_core.utils import json_to_seldon_message, seldon_message_to_json


class WordCount:
    """Count the words of a text (strData), or of several with a lower limit (jsonData)."""

    def predict_raw(self, request):
        # A dictionary over REST, a SeldonMessage over gRPC. The response must have the same type.
        if isinstance(request, dict):
            return self.answer(request)
        return json_to_seldon_message(self.answer(seldon_message_to_json(request)))

    def answer(self, request):
        if "strData" in request:
            texts, least = [request["strData"]], 1
        elif "jsonData" in request:
            texts, least = request["jsonData"]["texts"], request["jsonData"].get("least", 1)
        else:
            # Over REST, the code is also the HTTP status.
            return {
                "status": {
                    "code": 400,
                    "status": "FAILURE",
                    "reason": "UNKNOWN_DATA",
                    "info": "Send strData or jsonData.",
                }
            }
        words = Counter(word for text in texts for word in text.lower().split())
        return {
            "jsonData": {word: count for word, count in sorted(words.items()) if count >= least}
        }

    def send_feedback_raw(self, feedback):
        # Always a protobuf message, even over REST.
        return SeldonMessage(strData=f"reward {feedback.reward:g}")
