"""Which sources are ours to build."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from seldon_buildpack.detect import Detection, detect
from seldon_buildpack.messages import detection

MODEL = "class Foo:\n    def predict(self, X, names=None):\n        return X\n"
COMPONENT = "from seldon_core.user_model import SeldonComponent\n\n\nclass Foo(Base, SeldonComponent):\n    pass\n"
ENVIRONMENT = "MODEL_NAME=Foo\nSERVICE_TYPE=MODEL\n"

Files = Mapping[str, str]


def source(app: Path, files: Files) -> Path:
    for name, text in files.items():
        path = app / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return app


OURS = {
    "environment and code": (
        {".s2i/environment": ENVIRONMENT, "other.py": ""},
        ".s2i/environment next to Python code",
    ),
    "environment and manifest": (
        {".s2i/environment": ENVIRONMENT, "requirements.txt": ""},
        ".s2i/environment next to requirements.txt",
    ),
    "environment and setup.py": (
        {".s2i/environment": "", "setup.py": ""},
        ".s2i/environment next to setup.py",
    ),
    "environment and environment.yml": (
        {".s2i/environment": "", "environment.yml": ""},
        ".s2i/environment next to environment.yml",
    ),
    "environment and a lock of pixi": (
        {".s2i/environment": "", "pixi.lock": ""},
        ".s2i/environment next to pixi.lock",
    ),
    "environment and explicit specs": (
        {".s2i/environment": "", "explicit.txt": "@EXPLICIT\n"},
        ".s2i/environment next to explicit.txt",
    ),
    "environment and a package": (
        {".s2i/environment": ENVIRONMENT, "pkg/model.py": ""},
        ".s2i/environment next to Python code",
    ),
    "environment that does not read": (
        {".s2i/environment": "\ud800", "a.py": ""},
        ".s2i/environment next to Python code",
    ),
    "model and manifest": (
        {"Foo.py": MODEL, "requirements.txt": ""},
        "a Python model in Foo.py and requirements.txt",
    ),
    "model in another file": (
        {"app.py": MODEL, "pyproject.toml": ""},
        "a Python model in app.py and pyproject.toml",
    ),
    "model and no manifest": ({"Foo.py": MODEL}, "a Python model in Foo.py and no manifest"),
    "model that does not parse": (
        {"Foo.py": "x = = 1\n" + MODEL},
        "a Python model in Foo.py and no manifest",
    ),
    "raw form": (
        {"Foo.py": MODEL.replace("predict", "transform_output_raw")},
        "a Python model in Foo.py and no manifest",
    ),
    "coroutine": (
        {"Foo.py": MODEL.replace("def", "async def")},
        "a Python model in Foo.py and no manifest",
    ),
    "component": ({"app.py": COMPONENT}, "a Python model in app.py and no manifest"),
    "router": (
        {"Foo.py": MODEL.replace("predict", "route")},
        "a Python model in Foo.py and no manifest",
    ),
    ".s2i without environment": (
        {".s2i/bin/run": "", "a.py": ""},
        ".s2i next to Python code, without an environment file",
    ),
    "misspelt manifest": (
        {"requirments.txt": "", "a.py": ""},
        "requirments.txt, which looks like a misspelt manifest, next to Python code",
    ),
    "manifest in the plural": (
        {"environments.yml": "", "a.py": ""},
        "environments.yml, which looks like a misspelt manifest",
    ),
    "model beside Node.js files": (
        {"Foo.py": MODEL, "package.json": "{}"},
        "a Python model in Foo.py",
    ),
    "environment, code and package.json": (
        {".s2i/environment": ENVIRONMENT, "Foo.py": MODEL, "package.json": "{}", "ui.js": ""},
        ".s2i/environment",
    ),
}


@pytest.mark.parametrize(("files", "reason"), OURS.values(), ids=OURS)
def test_detect_passes_models_and_near_misses(tmp_path: Path, files: Files, reason: str) -> None:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
    found = detect(tmp_path, {})
    assert found.passes
    assert found.reason.startswith(reason)


NOT_OURS = {
    "nothing": {},
    "only data": {"data.csv": ""},
    "only a manifest": {"requirements.txt": "flask\n"},
    "another Python program": {
        "app.py": "class App:\n    def run(self): ...\n",
        "requirements.txt": "flask\n",
    },
    "another program's router": {
        "app.py": "class Router:\n    def route(self): ...\n",
        "requirements.txt": "",
    },
    "a function named predict": {
        "app.py": "def predict(x):\n    return x\nclass App:\n    pass\n",
        "requirements.txt": "",
    },
    "environment alone": {".s2i/environment": ENVIRONMENT},
    "an empty .s2i": {".s2i/bin/run": ""},
    "code that is not the user's": {
        ".s2i/environment": ENVIRONMENT,
        "node_modules/gyp/gyp.py": "",
        ".venv/a.py": "",
    },
    "misspelt manifest alone": {"requirments.txt": ""},
    "requirements of another kind": {"requirements.md": "", "a.py": ""},
}


@pytest.mark.parametrize("files", NOT_OURS.values(), ids=NOT_OURS)
def test_detect_fails_with_one_line_saying_what_it_sought(tmp_path: Path, files: Files) -> None:
    assert detect(source(tmp_path, files), {}) == Detection(False, detection.not_ours())
    assert "\n" not in detection.not_ours()
    for looked_for in ("MODEL_NAME", ".s2i/environment", "predict"):
        assert looked_for in detection.not_ours()


OTHER_LANGUAGES = {
    "Node.js": {
        ".s2i/environment": "MODEL_NAME=MyModel.js\n",
        "package.json": "{}",
        "MyModel.js": "",
    },
    "Node.js with Python inside its modules": {
        ".s2i/environment": "MODEL_NAME=MyModel.js\n",
        "package.json": "{}",
        "node_modules/x/a.py": "",
    },
    "Node.js with a Python script": {
        ".s2i/environment": 'MODEL_NAME="MyModel.js"\n',
        "package.json": "{}",
        "MyModel.js": "",
        "test_it.py": "",
    },
    "R": {".s2i/environment": "MODEL_NAME=Mnist\n", "install.R": "", "Mnist.R": ""},
    "R with a Python script": {
        ".s2i/environment": "MODEL_NAME=Mnist\n",
        "install.R": "",
        "Mnist.R": "",
        "train.py": "",
    },
    "Java": {".s2i/environment": "API_TYPE=REST\n", "pom.xml": ""},
}


@pytest.mark.parametrize("files", OTHER_LANGUAGES.values(), ids=OTHER_LANGUAGES)
def test_a_source_for_another_of_seldons_wrappers_fails(tmp_path: Path, files: Files) -> None:
    source(tmp_path, files)
    assert detect(tmp_path, {}) == Detection(False, detection.not_ours_but_seldons())


def test_a_given_model_name_passes_whatever_is_there(tmp_path: Path) -> None:
    assert detect(tmp_path, {"MODEL_NAME": "Foo"}) == Detection(True, "MODEL_NAME is set")
    assert not detect(tmp_path, {"MODEL_NAME": " "}).passes
    assert not detect(tmp_path, {"SERVICE_TYPE": "MODEL"}).passes


def test_a_given_model_name_of_another_language_fails(tmp_path: Path) -> None:
    source(tmp_path, {"package.json": "{}", "MyModel.js": ""})
    assert not detect(tmp_path, {"MODEL_NAME": "MyModel.js"}).passes
    assert not detect(tmp_path, {"MODEL_NAME": "MyModel"}).passes
    source(tmp_path, {"MyModel.py": MODEL})
    assert detect(tmp_path, {"MODEL_NAME": "MyModel"}).passes


def test_a_source_that_is_not_there_or_cannot_be_listed_fails(tmp_path: Path) -> None:
    assert not detect(tmp_path / "gone", {}).passes
    (tmp_path / "loop").symlink_to("loop")
    assert not detect(tmp_path, {}).passes


def test_detect_searches_only_likely_files_of_a_large_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source(tmp_path, {"Foo.py": MODEL})
    (tmp_path / "huge.py").write_text("x = 1\n" * 200_000)
    for folder in ("data", "node_modules", ".git"):
        (tmp_path / folder).mkdir()
        for number in range(300):
            (tmp_path / folder / f"{number}.bin").touch()
    opened: list[str] = []
    scandir = os.scandir

    # What is looked into counts, not how long it takes: that depends on the machine.
    def noted(path: Path) -> object:
        opened.append(Path(path).name)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", noted)
    assert detect(tmp_path, {}).passes
    assert opened
    assert "node_modules" not in opened
    assert ".git" not in opened
