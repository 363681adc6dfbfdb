"""Train iris.joblib on scikit-learn's data, with the versions in requirements.txt."""

from pathlib import Path

import joblib
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

features, species = load_iris(return_X_y=True)
classifier = make_pipeline(StandardScaler(), LogisticRegression(random_state=0)).fit(
    features, species
)
joblib.dump(classifier, Path(__file__).with_name("iris.joblib"))
print(f"accuracy on the training data: {classifier.score(features, species):.3f}")
