from pathlib import Path

import joblib


class IrisClassifier:
    """The probability of each species of iris for sepal length, sepal width, petal length and petal width in cm."""

    def __init__(self):
        self.classifier = joblib.load(Path(__file__).with_name("iris.joblib"))

    def predict(self, X, features_names=None):
        return self.classifier.predict_proba(X)

    def class_names(self):
        return ["setosa", "versicolor", "virginica"]
