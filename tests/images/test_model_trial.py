"""Models that cannot start end their build with an error; what the place may change is a warning."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.images.conftest import Built, Pack, docker

CLASS = "class MyModel:\n    def predict(self, X, names=None):\n        return X\n"
INIT = f"{CLASS}    def __init__(self):\n        "
# As Seldon's operator runs a model.
_RUN = ("docker", "run", "--rm", "--read-only", "--tmpfs", "/tmp", "--user", "8888:0")
IMPORT = "If this is different when the container runs, set BP_MODEL_TRIAL=import."

ERRORS = {
    "a pickle that needs a module": (
        {
            "MyModel.py": f"import pickle\n{INIT}pickle.load(open('m.pkl', 'rb'))\n",
            "m.pkl": b"cnobody_has\nThis\n.",
        },
        "`m.pkl` needs the module `nobody_has`, which is not installed",
        [
            "The build tried to construct the model, as the container does:",
            "  MyModel.py, line 6: pickle.load(open('m.pkl', 'rb'))",
            "  ModuleNotFoundError: No module named 'nobody_has'",
        ],
        [
            "Add the package that has `nobody_has` to requirements.txt.",
            "Or add the file of `nobody_has` to the source.",
            IMPORT,
        ],
    ),
    "a pickle of a notebook": (
        {
            "MyModel.py": f"import pickle\n{INIT}pickle.load(open('m.pkl', 'rb'))\n",
            "m.pkl": b"c__main__\nScaler\n.",
        },
        "`m.pkl` cannot be loaded with the installed packages",
        [
            "The build tried to construct the model, as the container does:",
            "  MyModel.py, line 6: pickle.load(open('m.pkl', 'rb'))",
            "  AttributeError: Can't get attribute 'Scaler' on <module '__main__' from '/layers/seldon_python/serve/bin/seldon-serve'>",
        ],
        [
            "Require the versions of the packages that the file was saved with.",
            "Save it again with the installed versions. Its classes must be in a module of the source, not in a notebook or in the script that saves it.",
            IMPORT,
        ],
    ),
    "a name that numpy had": (
        {"MyModel.py": f"import numpy as np\n{INIT}self.kind = np.int\n"},
        "`numpy` has no `int`",
        [
            "The build tried to construct the model, as the container does:",
            "  MyModel.py, line 6: self.kind = np.int",
            "  AttributeError: module 'numpy' has no attribute 'int'.",
        ],
        ["Change the line, or require a release of numpy that has the name.", IMPORT],
    ),
    "an abstract class": (
        {
            "MyModel.py": "from abc import ABC, abstractmethod\nclass MyModel(ABC):\n    @abstractmethod\n    def predict(self, X, names=None): ...\n"
        },
        "`MyModel` cannot be constructed, because it is abstract",
        ["It does not define predict, which one of its base classes declares as abstract."],
        ["Define predict in MyModel.", "Set MODEL_NAME to a class that defines them.", IMPORT],
    ),
}


@pytest.mark.parametrize("kind", ERRORS)
def test_model_that_cannot_start_is_an_error(
    pack: Pack, source: Callable[..., Path], kind: str
) -> None:
    files, title, cause, fixes = ERRORS[kind]
    built = pack.build("seldon-test-broken", source(files), "--network", "none")
    assert built.code != 0
    numbered = [f"  {number}. {fix}" for number, fix in enumerate(fixes, 1)]
    body = [f"  {line}" for line in cause]
    assert built.ours.partition("ERROR: ")[2].rstrip().splitlines() == [
        title,
        "",
        *body,
        "",
        "  What to do (choose one):",
        *numbered,
    ]


# All that a model may do in its trial without harm, in one build.
DOUBTFUL = """
import os, socket, subprocess

server = socket.socket()
server.bind(("127.0.0.1", 7011))
server.listen()

class MyModel:
    def __init__(self):
        subprocess.Popen(["sleep", "99"], start_new_session=True)
        for path in ("/layers/seldon_python/serve/new", "/workspace/new", "/home/new"):
            try:
                open(path, "w")
            except OSError as error:
                print(type(error).__name__, path)
        for top in ("/platform", "/run", "/root"):
            try:
                print(os.listdir(top))
            except OSError as error:
                print(type(error).__name__, top)
        self.uri = os.environ["MODEL_URI"]

    def predict(self, X, names=None):
        return X
"""


def test_what_the_place_may_change_is_a_warning(pack: Pack, source: Callable[..., Path]) -> None:
    app = source({"MyModel.py": DOUBTFUL})
    env = {"PIP_INDEX_URL": "https://canary:canary@localhost/", "SECRET_TOKEN": "canary-token"}
    built = pack.must_build("seldon-test-doubtful", app, "--network", "none", env=env)
    [lines] = re.findall(r"(  Tried .*\n(?:  .*\n)*)", built.ours)
    assert lines.splitlines() == [
        "  Tried         imported MyModel in N s, N MB; not more (see the warning)",
        "  Warning: The model could not be constructed in the build: KeyError: 'MODEL_URI' (MyModel.py, line 21: self.uri = os.environ[\"MODEL_URI\"]).",
        "           If MODEL_URI is set when the container runs, nothing is wrong. Otherwise set it in .s2i/environment.",
        "  Warning: The model started 1 process that did not end with it; the build ended it.",
        "           Start processes in `load` or `custom_service`, and end them with the model.",
        "  Warning: The model listens on port 7011 when it is loaded.",
        "           Start servers of the model in `custom_service`. The wrapper's own ports are 9000, 5000 and 6000.",
    ]
    assert _label(built) == "import"
    files = docker("run", "--rm", "--entrypoint", "ls", built.image, "/workspace").split()
    assert files == ["MyModel.py"]


def test_trial_leaves_no_trace_in_the_layers(pack: Pack, samples: Path, minimal: Built) -> None:
    untried = pack.must_build(
        "seldon-test-untried", samples / "minimal", "--clear-cache", env={"BP_MODEL_TRIAL": "off"}
    )
    assert "Tried" not in untried.ours
    assert (_label(minimal), _label(untried)) == ("load", "no: BP_MODEL_TRIAL=off")
    assert _layers(untried) == _layers(minimal)


def test_requests_are_answered_over_both_apis(pack: Pack, samples: Path) -> None:
    built = pack.must_build(
        "seldon-test-answer", samples / "minimal", env={"BP_MODEL_TRIAL": "answer"}
    )
    assert re.search(
        r"^  Tried .* RowMeans in N s, N MB; answered 1 request over REST and gRPC in N s, N MB$",
        built.ours,
        re.MULTILINE,
    ), built.ours
    assert _label(built) == "answer"


def test_image_can_be_tried(minimal: Built) -> None:
    done = subprocess.run(
        [*_RUN, "--entrypoint", "try", minimal.image],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.sub(r"\d+\.\d s", "N s", done.stdout).splitlines() == [
        "try: imported in N s",
        "try: constructed in N s",
        "try: it has no load()",
    ]


def _inspect(built: Built) -> dict[str, dict[str, dict[str, str]]]:
    [image] = json.loads(docker("inspect", built.image))
    return image  # type: ignore[no-any-return]


def _label(built: Built) -> str:
    return _inspect(built)["Config"]["Labels"]["io.seldon.tried"]


def _layers(built: Built) -> object:
    """The layers of the source and of the buildpacks; another one has the labels as well."""
    labels = _inspect(built)["Config"]["Labels"]
    metadata = json.loads(labels["io.buildpacks.lifecycle.metadata"])
    return metadata["app"], metadata["buildpacks"]
