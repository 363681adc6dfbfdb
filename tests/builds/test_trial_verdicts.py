"""A model that cannot start is an error; what the run environment may change is a warning."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.trials import describe_trial, read_verdict

CLASS = "class MyModel:\n    def predict(self, X, names=None):\n        return X\n"
OFF = "If this is different when the container runs, set BP_MODEL_TRIAL=off."
IMPORT = "If this is different when the container runs, set BP_MODEL_TRIAL=import."


def init(line: str) -> str:
    return f"{CLASS}    def __init__(self):\n        {line}\n"


def error(title: str, cause: list[str], *fixes: str) -> list[str]:
    numbered = [f"  {number}. {fix}" for number, fix in enumerate(fixes, 1)]
    body = [f"  {line}" for line in cause]
    return ["", f"ERROR: {title}", "", *body, "", "  What to do (choose one):", *numbered, ""]


CERTAIN = {
    "a module that is imported late": (
        {"MyModel.py": f"{CLASS}    def load(self):\n        import cv2\n"},
        {},
        error(
            "The model needs the module `cv2`, which is not installed",
            [
                "The build tried to load the model, as the container does:",
                "  MyModel.py, line 5: import cv2",
                "  ModuleNotFoundError: No module named 'cv2'",
            ],
            "Add opencv-python-headless to requirements.txt.",
            IMPORT,
        ),
    ),
    "a module that a package needs": (
        {"MyModel.py": f"import lib\n{CLASS}"},
        {"lib/__init__.py": "import its_backend\n"},
        error(
            "`lib` needs the module `its_backend`, which is not installed",
            [
                "The build tried to import the model, as the container does:",
                "  MyModel.py, line 1: import lib",
                "  ModuleNotFoundError: No module named 'its_backend'",
            ],
            "Add the package that has `its_backend` to requirements.txt.",
            OFF,
        ),
    ),
    "a package that another one does not fit": (
        {"MyModel.py": f"import flaskless\n{CLASS}"},
        {"flaskless/__init__.py": "from jinjaless import escape\n", "jinjaless.py": ""},
        error(
            "`flaskless` does not work with the installed `jinjaless`",
            [
                "The build tried to import the model, as the container does:",
                "  MyModel.py, line 1: import flaskless",
                "  ImportError: cannot import name 'escape' from 'jinjaless' (SITE/jinjaless.py)",
            ],
            "Require a release of flaskless that works with this jinjaless, or another jinjaless.",
            OFF,
        ),
    ),
    "a name that a package does not have any more": (
        {"MyModel.py": f"import numbers_lib as np\n{init('self.kind = np.int')}"},
        {
            "numbers_lib/__init__.py": "def __getattr__(attr):\n    error = AttributeError(f'module {__name__!r} has no attribute {attr!r}')\n"
            "    error.name = error.obj = None\n    raise error\n"
        },
        error(
            "`numbers_lib` has no `int`",
            [
                "The build tried to construct the model, as the container does:",
                "  MyModel.py, line 6: self.kind = np.int",
                "  AttributeError: module 'numbers_lib' has no attribute 'int'",
            ],
            "Change the line, or require a release of numbers_lib that has the name.",
            IMPORT,
        ),
    ),
    "a shared library": (
        {"MyModel.py": f"import boost\n{CLASS}"},
        {"boost/__init__.py": "import ctypes\nctypes.CDLL('libnobody-has.so.1')\n"},
        error(
            "`boost` needs the library `libnobody-has.so.1`, which the image does not have",
            [
                "The build tried to import the model, as the container does:",
                "  MyModel.py, line 1: import boost",
                "  OSError: libnobody-has.so.1: cannot open shared object file: No such file or directory",
            ],
            "Require a package that brings the library, or a variant that does not need it.",
            "Build with a run image that has libnobody-has.so.1 (`pack build --run-image`), and with BP_MODEL_TRIAL=off.",
            OFF,
        ),
    ),
    "compiled code that does not fit": (
        {"MyModel.py": f"import fast\n{CLASS}"},
        {"fast/__init__.py": "from fast import _core\n", "fast/_core.abi3.so": "no library"},
        error(
            "The compiled code of `fast` does not work with the installed packages",
            [
                "`fast._core` was built for another version of a package that it uses, most often numpy. The build tried to import the model, as the container does:",
                "  MyModel.py, line 1: import fast",
                "  ImportError: SITE/fast/_core.abi3.so: file too short",
            ],
            "Require releases that fit: a newer fast, or an older release of the package that the message names, such as numpy<2.",
            "Remove the pins of both, so that the build can choose.",
            OFF,
        ),
    ),
    "syntax of another Python in a package": (
        {"MyModel.py": f"import old\n{CLASS}"},
        {"old/__init__.py": "x = 1\nprint 'hello'\n"},
        error(
            "`old/__init__.py` cannot be read by Python 3.12",
            [
                "Line 2 has a syntax error. The build tried to import the model, as the container does:",
                "  MyModel.py, line 1: import old",
                "  SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)? (__init__.py, line 2)",
            ],
            "Require a release of old for Python 3.12, or set BP_PYTHON_VERSION to a version that it supports.",
            OFF,
        ),
    ),
    "syntax of another Python in the source": (
        {
            "MyModel.py": f"import importlib\n{init('importlib.import_module(self.name)')}    name = 'old'\n",
            "old.py": "x = (\n",
        },
        {},
        error(
            "`old.py` cannot be read by Python 3.12",
            [
                "Line 1 has a syntax error. The build tried to construct the model, as the container does:",
                "  MyModel.py, line 6: importlib.import_module(self.name)",
                "  SyntaxError: '(' was never closed (old.py, line 1)",
            ],
            "Correct line 1, or set BP_PYTHON_VERSION to the version that it is written for.",
            IMPORT,
        ),
    ),
    "a pickle that cannot be read": (
        {
            "MyModel.py": f"import pickle\n{init('pickle.load(open(self.file, chr(114) + chr(98)))')}    file = 'model.pkl'\n",
            "model.pkl": "version https://git-lfs.github.com/spec/v1\n",
        },
        {},
        error(
            "`model.pkl` cannot be loaded with the installed packages",
            [
                "The build tried to construct the model, as the container does:",
                "  MyModel.py, line 6: pickle.load(open(self.file, chr(114) + chr(98)))",
                "  UnpicklingError: invalid load key, 'v'.",
            ],
            "Require the versions of the packages that the file was saved with.",
            "Save it again with the installed versions. Its classes must be in a module of the source, not in a notebook or in the script that saves it.",
            IMPORT,
        ),
    ),
    "an abstract class": (
        {
            "MyModel.py": "import abc\n\nclass Base(abc.ABC):\n    @abc.abstractmethod\n    def predict(self, X): ...\n    @abc.abstractmethod\n    def fit(self): ...\n\nclass MyModel(Base):\n    pass\n"
        },
        {},
        error(
            "`MyModel` cannot be constructed, because it is abstract",
            [
                "It does not define fit, predict, which one of its base classes declares as abstract.",
            ],
            "Define fit, predict in MyModel.",
            "Set MODEL_NAME to a class that defines them.",
            IMPORT,
        ),
    ),
    "a module without the class": (
        {"MyModel.py": "globals()['Other'] = int\n"},
        {},
        error(
            "`MODEL_NAME=MyModel` does not name a class",
            ["The module MyModel was imported. It has no MyModel."],
            "Set MODEL_NAME to the class to serve: Module, or module.Class.",
            OFF,
        ),
    ),
    "something that is no class": (
        {"MyModel.py": "MyModel = 1\n"},
        {},
        error(
            "`MODEL_NAME=MyModel` does not name a class",
            ["The module MyModel was imported. Its MyModel is of the type int."],
            "Set MODEL_NAME to the class to serve: Module, or module.Class.",
            OFF,
        ),
    ),
}


@pytest.mark.parametrize("kind", CERTAIN)
def test_certain_failure_is_an_error(tmp_path: Path, kind: str) -> None:
    files, packages, expected = CERTAIN[kind]
    assert _read(tmp_path, files, packages) == expected


def test_arguments_that_the_class_lacks_are_an_error(tmp_path: Path) -> None:
    parameters = '[{"name": "size", "value": "3", "type": "INT"}]'
    trial = describe_trial(
        tmp_path,
        {"MyModel.py": f"{CLASS}    def __init__(self, uri): ...\n"},
        variables={"PREDICTIVE_UNIT_PARAMETERS": parameters},
    )
    assert read_verdict(trial) == error(
        "`MyModel` does not take the arguments in PREDICTIVE_UNIT_PARAMETERS",
        [
            "The variable sets size. MyModel requires uri: missing a required argument: 'uri'.",
        ],
        "Correct the names in PREDICTIVE_UNIT_PARAMETERS, or unset it.",
        "Change `__init__` of MyModel.",
        IMPORT,
    )


ELSE = "Otherwise correct it: the container would end with this error."
DOUBTFUL = {
    "an environment variable": (
        {"MyModel.py": f"import os\n{init('os.environ[self.key]')}    key = 'MODEL_URI'\n"},
        [
            "The model could not be constructed in the build: KeyError: 'MODEL_URI' (MyModel.py, line 6: os.environ[self.key]).",
            "If MODEL_URI is set when the container runs, nothing is wrong. Otherwise set it in .s2i/environment.",
        ],
    ),
    "a file outside the source": (
        {"MyModel.py": init("open('/mnt/models/m.bin')")},
        [
            "The model could not be constructed in the build: FileNotFoundError: [Errno 2] No such file or directory: '/mnt/models/m.bin' (MyModel.py, line 5: open('/mnt/models/m.bin')).",
            f"If /mnt/models/m.bin is there when the container runs, nothing is wrong. {ELSE}",
        ],
    ),
    "a file of the source": (
        {"MyModel.py": init("open('m.bin')")},
        [
            "The model could not be constructed in the build: FileNotFoundError: [Errno 2] No such file or directory: 'm.bin' (MyModel.py, line 5: open('m.bin')).",
            "Add m.bin to the source, unless something else adds it before the model starts.",
        ],
    ),
    "a network": (
        {
            "MyModel.py": f"import socket\n{init('socket.create_connection((self.host, 9))')}    host = '127.0.0.1'\n"
        },
        [
            "The model could not be constructed in the build: ConnectionRefusedError: [Errno 111] Connection refused (MyModel.py, line 6: socket.create_connection((self.host, 9))).",
            f"If the container can reach the server, nothing is wrong. {ELSE}",
        ],
    ),
    "a driver of a GPU": (
        {
            "MyModel.py": f"import ctypes\n{init('ctypes.CDLL(self.driver)')}    driver = 'libcuda.so.1'\n"
        },
        [
            "The model could not be constructed in the build: OSError: libcuda.so.1: cannot open shared object file: No such file or directory (MyModel.py, line 6: ctypes.CDLL(self.driver)).",
            f"If the container has a GPU, nothing is wrong. {ELSE}",
        ],
    ),
    "an exit": (
        {"MyModel.py": f"import sys\n{init('sys.exit(3)')}"},
        [
            "The model could not be constructed in the build: SystemExit: 3 (MyModel.py, line 6: sys.exit(3)).",
            "The model ends its process (exit code 3). If it does not do so when the container runs, nothing is wrong.",
        ],
    ),
    "an end without an exception": (
        {"MyModel.py": f"import os\n{init('os._exit(7)')}"},
        [
            "The model's process ended with exit code 7 while it was being constructed in the build.",
            f"If this depends on where the container runs (CPU, GPU, memory), nothing is wrong. {ELSE}",
        ],
    ),
    "a crash": (
        {"MyModel.py": f"import os, signal\n{init('os.kill(os.getpid(), signal.SIGILL)')}"},
        [
            "The model's process ended with signal 4 while it was being constructed in the build. It printed last: Illegal instruction.",
            f"If this depends on where the container runs (CPU, GPU, memory), nothing is wrong. {ELSE}",
        ],
    ),
    "too little memory": (
        {"MyModel.py": init("raise MemoryError")},
        [
            "The model could not be constructed in the build: MemoryError (MyModel.py, line 5: raise MemoryError).",
            "If the container has more memory than the build, nothing is wrong. BP_MODEL_TRIAL=import does not load the model.",
        ],
    ),
    "an error that the wrapper ignores": (
        {"MyModel.py": f"{CLASS}    def load(self):\n        self.nothing\n"},
        [
            "The model could not be loaded in the build: AttributeError: 'MyModel' object has no attribute 'nothing' (MyModel.py, line 5: self.nothing).",
            "Correct it: the wrapper ignores this error of `load`, and serves a model that is not loaded.",
        ],
    ),
    "anything else": (
        {"MyModel.py": f"import helper\n{CLASS}", "helper.py": "\nraise ValueError('no\\nway')\n"},
        [
            "The model could not be imported in the build: ValueError: no (helper.py, line 2: raise ValueError('no\\nway')).",
            f"If this depends on where the container runs, nothing is wrong. {ELSE}",
        ],
    ),
}


@pytest.mark.parametrize("kind", DOUBTFUL)
def test_failure_that_may_depend_on_the_place_is_a_warning(tmp_path: Path, kind: str) -> None:
    files, expected = DOUBTFUL[kind]
    assert _read(tmp_path, files, {}) == expected


def test_error_is_a_warning_if_before_run_may_change_it(tmp_path: Path) -> None:
    trial = describe_trial(tmp_path, {"MyModel.py": f"import cv2\n{CLASS}"}, in_doubt=True)
    assert read_verdict(trial) == [
        "The model needs the module `cv2`, which is not installed. The build tried to import the model, as the container does: MyModel.py, line 1: import cv2 / ModuleNotFoundError: No module named 'cv2'",
        f"If before-run, PYTHONPATH or a mounted folder changes this, nothing is wrong. {ELSE}",
    ]


def test_missing_library_is_a_warning_on_another_run_image(tmp_path: Path) -> None:
    files, packages, _ = CERTAIN["a shared library"]
    trial = describe_trial(tmp_path, files, packages=packages, is_run_image_known=False)
    assert read_verdict(trial) == [
        "`boost` needs the library `libnobody-has.so.1`, which the image does not have, as far as the build knows.",
        f"If the run image has it, nothing is wrong. {ELSE}",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "raise NotImplementedError",
        "try:\n            import cv2\n        except ImportError:\n            pass",
    ],
)
def test_what_the_wrapper_expects_is_no_failure(tmp_path: Path, line: str) -> None:
    files = {"MyModel.py": f"{CLASS}    def load(self):\n        {line}\n"}
    assert _read(tmp_path, files, {}) == []


def test_pickle_of_another_version_is_a_warning(tmp_path: Path) -> None:
    packages = {
        "sklearn/__init__.py": "",
        "sklearn/exceptions.py": "class InconsistentVersionWarning(UserWarning):\n"
        "    original_sklearn_version = '0.24.2'\n    current_sklearn_version = '1.5.2'\n",
    }
    line = "warnings.warn(InconsistentVersionWarning('m'))"
    head = "import warnings\nfrom sklearn.exceptions import InconsistentVersionWarning\n"
    assert _read(tmp_path, {"MyModel.py": head + init(line)}, packages) == [
        "The model was saved with scikit-learn 0.24.2, and is loaded with scikit-learn 1.5.2: its answers may be wrong.",
        "Require scikit-learn==0.24.2, or save the model again with 1.5.2.",
    ]


def _read(tmp_path: Path, files: Mapping[str, str], packages: Mapping[str, str]) -> list[str]:
    lines = read_verdict(describe_trial(tmp_path, files, packages=packages))
    site = str(tmp_path / "layers/requirements/site-packages")
    return [
        re.sub(rf"\b{re.escape(sys.prefix)}\b", "PREFIX", line.replace(site, "SITE"))
        for line in lines
    ]
