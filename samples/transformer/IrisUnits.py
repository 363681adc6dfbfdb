import numpy as np

SPECIES = np.array(["setosa", "versicolor", "virginica"])


class IrisUnits:
    """Convert inches to centimetres for the iris model, and its probabilities to a species name."""

    def transform_input(self, X, features_names=None):
        return X * 2.54

    def transform_output(self, X, features_names=None):
        return SPECIES[np.argmax(X, axis=1)].reshape(-1, 1)
