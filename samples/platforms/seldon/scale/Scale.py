class Scale:
    """Multiplies; by how much is an argument, so that several nodes of a graph can run one image. Counts the answers it gave."""

    def __init__(self, factor=1.0):
        self.factor = factor

    def predict(self, X, features_names=None):
        return X * self.factor

    def metrics(self):
        return [{"type": "COUNTER", "key": "scaled", "value": 1}]
