from beaufort import force


class WindForce:
    """Return the Beaufort number of wind speeds in m/s, with a local package."""

    def predict(self, X, features_names=None):
        return [[force(speed) for speed in row] for row in X]
