"""Train colours.joblib on the CSS colours, in the environment of environment.yml, with NumPy 1."""

from pathlib import Path

import joblib
import webcolors
from sklearn.neighbors import KNeighborsClassifier

names = webcolors.names("css3")
colours = [tuple(webcolors.name_to_rgb(name)) for name in names]
nearest = KNeighborsClassifier(n_neighbors=1).fit(colours, names)
joblib.dump(nearest, Path(__file__).with_name("colours.joblib"))
print(f"{len(names)} names")
