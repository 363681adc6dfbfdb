import os
from pathlib import Path

import onnxruntime


class Iris:
    """Predict the probability of each iris species with an ONNX model."""

    def load(self):
        # Runs in each worker: ONNX Runtime starts threads with the session, and a fork loses them.
        options = onnxruntime.SessionOptions()
        # As many as the container has CPUs, if they are limited; 0 is all of the node's.
        options.intra_op_num_threads = int(os.environ.get("OMP_NUM_THREADS", "0"))
        file = Path(__file__).with_name("iris.onnx")
        self.session = onnxruntime.InferenceSession(
            file, options, providers=["CPUExecutionProvider"]
        )

    def predict(self, X, features_names=None):
        return self.session.run(["probabilities"], {"sizes": X.astype("float32")})[0]

    def class_names(self):
        return ["setosa", "versicolor", "virginica"]
