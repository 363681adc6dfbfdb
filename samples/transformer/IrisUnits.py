import numpy as np

SPECIES = np.array(["setosa", "versicolor", "virginica"])


class IrisUnits:
    """Inches into the centimetres that an iris model was trained on, and its probabilities into the name of a species."""

    def transform_input(self, X, features_names=None):
        return X * 2.54

    def transform_output(self, X, features_names=None):
        return SPECIES[np.argmax(X, axis=1)].reshape(-1, 1)
