"""Sources that no person writes end no build without a word, and hold none for minutes."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from seldon_buildpack import detect, python_version
from seldon_buildpack.launch import seldon_serve
from seldon_buildpack.manifests import requirements_txt
from seldon_buildpack.manifests.conda import lockfiles, match_spec
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.lockfiles import LockUnreadable
from seldon_buildpack.messages.errors.manifests import PyprojectUnreadable
from seldon_buildpack.messages.errors.model import ModelModuleNotFound
from seldon_buildpack.model.find import find
from seldon_buildpack.settings import serving

FOO = "class Foo:\n    def predict(self, X, names=None):\n        return X\n"


@pytest.mark.parametrize(
    "code",
    [
        "[x " + "for x in y " * 60_000 + "]\n",
        "if 1" + " + 1" * 400 + ":\n    pass\n",
        "@f(1" + " + 1" * 500 + ")\n",
        "# " + "x" * 6_000_000 + "\n",
        "if a:\n    pass\n" + "elif a:\n    pass\n" * 900,
        "x = " + "-" * 100_000 + "1\n",
    ],
)
def test_code_too_deep_or_long_for_the_parser_is_a_doubt(tmp_path: Path, code: str) -> None:
    (tmp_path / "Foo.py").write_text(code + FOO)
    model = find(tmp_path, "Foo", None)
    assert model.doubt or model.methods == ("predict",)


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 100_000, "a: " + "{b: " * 2000])
def test_a_deeply_nested_conda_lock_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "conda-lock.yml").write_text(text)
    with pytest.raises(LockUnreadable):
        lockfiles.load(tmp_path, tmp_path / "conda-lock.yml", "")


def _suggest(app: Path, text: str) -> None:
    (app / "Foo.py").write_text(text)
    with pytest.raises(BuildError):
        find(app, None, None)


def _detect(app: Path, text: str) -> None:
    (app / "a.py").write_text(text)
    detect.detect(app, {})


def _detect_environment(app: Path, text: str) -> None:
    (app / ".s2i").mkdir()
    (app / ".s2i/environment").write_text(text)
    detect.detect(app, {})


def _detect_name(app: Path, text: str) -> None:
    (app / "a.py").touch()
    detect.detect(app, {"MODEL_NAME": text})


def _require(app: Path, text: str) -> None:
    (app / "requirements.txt").write_text(text)
    with pytest.raises(BuildError):
        requirements_txt.read(app, app / "requirements.txt", {})


def _configure(app: Path, text: str) -> None:
    (app / "pyproject.toml").write_text(text)
    (app / "Foo.py").write_text(FOO)
    find(app, "Foo", None)


def _build(_app: Path, text: str) -> None:
    with pytest.raises(BuildError):
        serving.read_variable("MODEL_NAME", text, "")


def _start(_app: Path, text: str) -> None:
    with pytest.raises(seldon_serve.StartupError):
        seldon_serve.check_environment({"MODEL_NAME": text})


def _match(_app: Path, text: str) -> None:
    match_spec.parse(text)


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (_suggest, "\n" * 900_000),
        (_suggest, "# coding: punycode\nclass Foo:\n" + "x" * 600_000),
        (_detect, "class A(\n" * 8000),
        (_detect_environment, "\n" * 20_000),
        (_detect_name, "é" * 255),
        (_require, "a" + " " * 60_000 + "!"),
        (_configure, "\n" * 200_000),
        (_build, "M" + " " * 60_000 + "x"),
        (_start, "M" + " " * 60_000 + "x"),
        (_match, "numpy " + ",".join(["^$"] * 40) + "@"),
    ],
)
def test_no_reader_takes_long_for_a_small_file(
    tmp_path: Path, read: Callable[[Path, str], None], text: str
) -> None:
    start = time.monotonic()
    read(tmp_path, text)
    assert time.monotonic() - start < 8


@pytest.mark.parametrize("name", [".".join("a" * 1500), "b" * 300 + ".c"])
def test_a_name_too_long_for_a_path_is_no_module(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelModuleNotFound):
        find(tmp_path, name, None)


@pytest.mark.parametrize("text", ["x = " + "1" * 5000, "x = " + "[" * 5000])
def test_a_pyproject_that_no_parser_takes_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[project]\nrequires-python = '>=3.9'\n{text}\n")
    with pytest.raises(PyprojectUnreadable):
        python_version.choose(tmp_path, None)
