class Threshold:
    """Return whether each number reaches a threshold."""

    def __init__(self, threshold, above="above", below="below"):
        self.threshold = threshold
        self.above = above
        self.below = below

    def predict(self, X, features_names=None):
        return [
            [self.above if value >= self.threshold else self.below for value in row] for row in X
        ]
