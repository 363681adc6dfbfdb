"""Models that answer in every way a model can; what is asked for decides. For comparing servers, see both_sets.py."""

import datetime
import os
import pathlib
import tempfile
import time

import numpy as np
from flask import Blueprint, abort, jsonify
from seldon_core.flask_utils import SeldonMicroserviceException
from seldon_core.proto import prediction_pb2
from seldon_core.user_model import SeldonComponent, SeldonResponse

# What predict answers to {"jsonData": {"answer": KEY}}.
ANSWERS = {
    "dict": {"b": 1, "a": [1.5, None, True], "ö": "é €", "nested": {"z": 1, "y": 2}},
    "bytes": b"\x00\x01\xff",
    "bytearray": bytearray(b"abc"),
    "text": 'é € "quoted" </script>',
    "empty text": "",
    "empty dict": {},
    "empty list": [],
    "list of integers": [[1, 2], [3, 4]],
    "list of mixed": [[1, "a", None, 2.5, True]],
    "list of NumPy floats": [[np.float64(0.1), np.float64(1e300)]],
    "list of NumPy integers": [[np.int64(1)]],
    "dict of a NumPy float": {"value": np.float64(0.1)},
    "dict of a NumPy integer": {"value": np.int64(1)},
    "dict of an array": {"value": np.array([1])},
    "dict of a date": {"value": datetime.date(2024, 5, 6)},
    "dict of integer keys": {1: "a", 10: "b", 2: "c"},
    "int64": np.array([[1, 2], [3, 2**53 + 1]]),
    "uint8": np.array([[0, 255]], dtype=np.uint8),
    "int8 of arithmetic": np.array([[100, 100]], dtype=np.int8) + np.int8(1),
    "float32": np.array([[0.1, 3.4e38]], dtype=np.float32),
    "float32 times a float": np.array([[0.1]], dtype=np.float32) * 3.0,
    "float32 scalar times a float": np.array([[np.float32(0.1) * 3.0]]),
    "float16": np.array([[0.1]], dtype=np.float16),
    "float64": np.array([[0.1, 1e-300], [1e22, -0.0]]),
    "not a number": np.array([[np.nan, np.inf, -np.inf]]),
    "bool": np.array([[True, False]]),
    "strings": np.array([["a", "é"]]),
    "objects": np.array([["a", 1, None]], dtype=object),
    "dates": np.array([["2024-05-06"]], dtype="datetime64[D]"),
    "complex": np.array([[1 + 2j]]),
    "one dimension": np.array([1.0, 2.0]),
    "three dimensions": np.arange(8).reshape(2, 2, 2),
    "no rows": np.empty((0, 3)),
    "no dimension": np.array(7),
    "a number": 7,
    "a NumPy number": np.float64(7.5),
    "a tuple of NumPy numbers": (np.float64(7.5), np.int64(2)),
    "None": None,
    "response": SeldonResponse(
        data=np.array([[1]]),
        tags={"tag": "t", "number": 1},
        metrics=[{"type": "TIMER", "key": "runtime", "value": 20.2}],
    ),
    "response with a bad metric": SeldonResponse(
        data=[[1]], metrics=[{"type": "COUNTER", "key": "k"}]
    ),
}


def _raise(kind):
    if kind == "ValueError":
        raise ValueError("é <b>value</b>")
    if kind == "KeyError":
        raise KeyError("k")
    if kind == "SeldonMicroserviceException":
        raise SeldonMicroserviceException("said so", status_code=418, reason="TEAPOT")
    if kind == "abort":
        abort(403)
    if kind == "TypeError":
        raise TypeError("of the model")
    if kind == "of NumPy":
        return np.array([[1, 2]]).reshape(3, 3)
    if kind == "shapes":
        return np.array([[1, 2]]) @ np.array([[1, 2]])
    if kind == "ragged":
        return np.array([[1, 2], [3]])
    raise RuntimeError(kind)


def _held(folder):
    """Say in the folder that the request has begun, and answer once `go` is there."""
    tempfile.mkstemp(prefix="begun-", dir=folder)
    for _ in range(2000):
        if (folder / "go").exists():
            return {"held": True}
        time.sleep(0.01)
    return {"held": False}


class Mirror:
    """Every method; arrays come back doubled, all else as it is unless it says what it wants."""

    def __init__(self, factor=2):
        self.factor = factor
        self.loaded = 0

    def load(self):
        self.loaded += 1

    def predict(self, X, names, meta=None):
        if isinstance(X, dict) and "answer" in X:
            return ANSWERS[X["answer"]]
        if isinstance(X, dict) and "raise" in X:
            return _raise(X["raise"])
        if isinstance(X, dict) and "echo" in X:
            return {
                "type": type(X["echo"]).__name__,
                "echo": X["echo"],
                "names": list(names),
                "meta": meta,
            }
        if isinstance(X, dict) and "sleep" in X:
            time.sleep(X["sleep"])
            return {"slept": X["sleep"], "loaded": self.loaded}
        if isinstance(X, dict) and "hold" in X:
            return _held(pathlib.Path(X["hold"]))
        if isinstance(X, dict) and "rows" in X:
            return np.zeros((X["rows"], 10))
        if isinstance(X, dict) and "die" in X:
            os._exit(1)
        if isinstance(X, np.ndarray) and np.issubdtype(X.dtype, np.number):
            return X * self.factor
        return X

    def tags(self):
        return {"model": "mirror", "loaded": self.loaded}

    def metrics(self):
        return [
            {"type": "COUNTER", "key": "asked", "value": 1},
            {"type": "GAUGE", "key": "level", "value": np.float64(0.5), "tags": {"of": "é"}},
            {"type": "TIMER", "key": "took", "value": 20.5},
        ]

    def transform_input(self, X, names, meta=None):
        return X

    def transform_output(self, X, names, meta=None):
        return X

    def route(self, X, names):
        return (
            np.int64(1) if isinstance(X, str) and X == "NumPy" else -1 if isinstance(X, str) else 1
        )

    def aggregate(self, Xs, names):
        return (
            np.array(Xs, dtype=float).mean(axis=0)
            if all(isinstance(X, np.ndarray) for X in Xs)
            else Xs
        )

    def send_feedback(self, features, names, reward, truth, routing=None):
        return [[float(np.sum(features)), reward, -1 if routing is None else routing]]

    def health_status(self):
        return np.array([[1.0]])

    def init_metadata(self):
        return {
            "name": "mirror",
            "versions": ["v1", "v2"],
            "platform": "é",
            "inputs": [{"messagetype": "tensor", "schema": {"names": ["a"], "shape": [1]}}],
            "outputs": [{"messagetype": "strData"}],
            "custom": {"z": "1", "a": "2"},
        }


class Odd:
    """Metrics and labels of names that Prometheus allows only since it allows all."""

    def predict(self, X, names):
        return X

    def metrics(self):
        return [
            {"type": "COUNTER", "key": "plain_total", "value": 1},
            {"type": "COUNTER", "key": "with-dash", "value": 1},
            {"type": "GAUGE", "key": "labelled", "value": 1, "tags": {"a-b": "c"}},
        ]


class Bare:
    """No method but predict, and that as the oldest models have it."""

    def predict(self, X, features_names):
        return X


class Component(SeldonComponent):
    """Nothing but what Seldon's own class answers."""


class Raw:
    """The whole message in, the whole message out."""

    def predict_raw(self, message):
        if isinstance(message, prediction_pb2.SeldonMessage):
            return message
        if isinstance(message, dict) and "fail" in message:
            return {
                "status": {"code": message["fail"], "reason": "asked for", "info": "é"},
                "z": 1,
                "a": 2,
            }
        return message

    def send_feedback_raw(self, feedback):
        return prediction_pb2.SeldonMessage(strData=f"reward {feedback.reward:.1f}")

    def health_status_raw(self):
        return {"strData": "raw"}


class Own(Exception):
    """What the handler of Handled answers."""


class Handled:
    """An error of its own and a handler for it, as Seldon's documentation shows it."""

    model_error_handler = Blueprint("error_handlers", __name__)

    @model_error_handler.app_errorhandler(Own)
    def handle(error):
        response = jsonify({"own": str(error), "app_code": 1402})
        response.status_code = 402
        return response

    def predict(self, X, names):
        if isinstance(X, str):
            raise Own(X)
        raise ValueError("not its own")
