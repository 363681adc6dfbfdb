import numpy as np
from seldon_core.user_model import SeldonResponse

# Sepal length, sepal width, petal length and petal width of the irises in cm.
MEAN = np.array([5.8, 3.1, 3.8, 1.2])
DEVIATION = np.array([0.8, 0.4, 1.8, 0.8])


class FarFromTheMean:
    """Pass rows on unchanged, and tag those three or more standard deviations from the mean."""

    def transform_input(self, X, features_names=None):
        far = np.any(np.abs(X - MEAN) >= 3 * DEVIATION, axis=1)
        return SeldonResponse(X, tags={"outliers": far.tolist()})
