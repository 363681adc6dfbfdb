"""Train wine.joblib on scikit-learn's data, in the environment of environment.yml."""

from pathlib import Path

from sklearn.datasets import load_wine
from sklearn.externals import joblib
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

measurements, cultivar = load_wine(return_X_y=True)
classifier = make_pipeline(StandardScaler(), LogisticRegression(random_state=0)).fit(
    measurements, cultivar
)
joblib.dump(classifier, Path(__file__).with_name("wine.joblib"))
print(f"accuracy on the training data: {classifier.score(measurements, cultivar):.3f}")
