class MyModel:
    """Answers twice what it is given."""

    def __init__(self):
        # Runs once, at the start: the place to load a model file that lies beside this one.
        self.factor = 2

    def predict(self, X, features_names=None):
        # X is a NumPy array with a row for each question; the answer has a row for each too.
        return X * self.factor
