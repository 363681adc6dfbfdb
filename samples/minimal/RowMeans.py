import numpy as np


class RowMeans:
    """Return the mean of each row."""

    def predict(self, X, features_names=None):
        return np.mean(X, axis=1, keepdims=True)

    def class_names(self):
        return ["mean"]
