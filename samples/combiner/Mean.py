import numpy as np


class Mean:
    """Return the mean of several models' predictions."""

    def aggregate(self, features_list, feature_names_list):
        return np.mean(features_list, axis=0)

    def class_names(self):
        return ["cat", "dog"]
