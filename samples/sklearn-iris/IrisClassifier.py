from pathlib import Path

import joblib


class IrisClassifier:
    """Predict the probability of each iris species from sepal and petal sizes in cm."""

    def __init__(self):
        self.classifier = joblib.load(Path(__file__).with_name("iris.joblib"))

    def predict(self, X, features_names=None):
        return self.classifier.predict_proba(X)

    def class_names(self):
        return ["setosa", "versicolor", "virginica"]
