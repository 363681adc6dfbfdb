from pathlib import Path

import joblib
import webcolors


class ColourNames:
    """Return the name and code of the CSS colour nearest to red, green and blue from 0 to 255."""

    def __init__(self):
        self.nearest = joblib.load(Path(__file__).with_name("colours.joblib"))

    def predict(self, X, features_names=None):
        return [[name, webcolors.name_to_hex(name)] for name in self.nearest.predict(X)]

    def class_names(self):
        return ["name", "hex"]
