"""Write iris.onnx: a logistic regression, trained on scikit-learn's data, as three ONNX operators."""

from pathlib import Path

import numpy as np
from onnx import TensorProto, checker, helper, numpy_helper
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

features, species = load_iris(return_X_y=True)
classifier = LogisticRegression(max_iter=1000).fit(features, species)
# Rounded, so that the file is the same on each machine.
weights = np.round(classifier.coef_.T, 4).astype(np.float32)
bias = np.round(classifier.intercept_, 4).astype(np.float32)

graph = helper.make_graph(
    [
        helper.make_node("MatMul", ["sizes", "weights"], ["products"]),
        helper.make_node("Add", ["products", "bias"], ["scores"]),
        helper.make_node("Softmax", ["scores"], ["probabilities"]),
    ],
    "iris",
    [helper.make_tensor_value_info("sizes", TensorProto.FLOAT, ["rows", 4])],
    [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["rows", 3])],
    [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")],
)
# Old versions, which every ONNX Runtime since 1.9 reads.
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
checker.check_model(model)
Path(__file__).with_name("iris.onnx").write_bytes(model.SerializeToString())
print(f"accuracy on the training data: {classifier.score(features, species):.3f}")
