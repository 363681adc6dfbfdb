"""Directories as people have them: several promises in each build."""

from collections.abc import Callable
from pathlib import Path

from tests.images.conftest import Pack
from tools.dev import container

_POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4' * 64}\nsize 9\n"
_SETUP = "import numpy\nfrom setuptools import setup\n\nsetup(name='shapes', version=numpy.__version__, py_modules=['shapes'])\n"
_MODEL = "import shapes\nfrom helper import label\n\n\nclass Area:\n    def predict(self, X, names=None):\n        return [[label(float(shapes.area(*row)))] for row in X]\n"
_MLFLOW = "channels:\n- conda-forge\ndependencies:\n- python=3.12.1\n- pip<=22.0.4\n- pip:\n  - unidecode==1.3.8\nname: mlflow-env\n"
_PLAIN = "from unidecode import unidecode\n\n\nclass Plain:\n    def predict(self, X, names=None):\n        return [[unidecode(w) for w in r] for r in X]\n"


def test_paths_of_s2i_and_selected_requirements_serve(
    pack: Pack, source: Callable[..., Path]
) -> None:
    app = source(
        {
            ".s2i/environment": "MODEL_NAME=Area\nSERVICE_TYPE=ROUTER\nPYTHONPATH=/microservice/src\n"
            "BP_REQUIREMENTS=/microservice/reqs/serve.txt\nPIP_NO_BUILD_ISOLATION=0\n",
            "reqs/serve.txt": "./libs/shapes\n",
            "libs/shapes/setup.py": _SETUP,
            "libs/shapes/shapes.py": "def area(a, b):\n    return a * b\n",
            "src/Area.py": _MODEL,
            "src/helper.py": "def label(x):\n    return x\n",
            "old/model.pkl": _POINTER,
        }
    )
    built = pack.must_build("seldon-test-directories", app)
    assert "  Requirements  reqs/serve.txt  (1 package)" in built.ours
    assert "SERVICE_TYPE=ROUTER, but Area has no route. It has predict." in built.ours
    assert "not the files themselves: old/model.pkl." in built.ours
    with container.started(built.image) as running:
        running.wait_ready()
        answer = running.post("/predict", {"data": {"ndarray": [[2, 3]]}})[1]
        assert answer["data"]["ndarray"] == [[6]]


def test_a_model_of_mlflow_needs_no_conda(pack: Pack, source: Callable[..., Path]) -> None:
    app = source({"MLmodel": "flavors: {}\n", "conda.yaml": _MLFLOW, "Plain.py": _PLAIN})
    built = pack.must_build("seldon-test-mlflow", app)
    assert "  Requirements  conda.yaml  (1 package)" in built.ours
    assert " + unidecode==1.3.8" in built.ours
    with container.started(built.image) as running:
        running.wait_ready()
        answer = running.post("/predict", {"data": {"ndarray": [["Łódź"]]}})[1]
        assert answer["data"]["ndarray"] == [["Lodz"]]
