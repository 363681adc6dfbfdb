"""What of the user's variables the building of packages sees, and what of that counts in a layer's key."""

import io
from collections.abc import Mapping
from pathlib import Path

import pytest

from seldon_buildpack.build import read_project
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.layer_inputs import built_with, used_variables, wrapper_version
from seldon_buildpack.layers import cache
from seldon_buildpack.log import Log
from seldon_buildpack.project import Project
from tests.support.carried import carrying
from tests.support.context import make_context

MODEL = "class Plain:\n    def predict(self, X, names=None):\n        return X\n"


def project(app: Path, env: Mapping[str, str]) -> Project:
    (app / "Plain.py").write_text(MODEL)
    (app / "requirements.txt").write_text("six\n")
    return read_project(
        make_context(
            Platform(app=app, buildpack=app, layers=None, env=env, base_env={}),
            Log(io.StringIO()),
            app,
        )
    )


def test_a_variable_reaches_the_building_of_packages(tmp_path: Path) -> None:
    found = project(tmp_path, {"CFLAGS": "1", "FOO": "1", "MODEL_NAME": "Plain"})
    assert used_variables(found) == (("CFLAGS", "1"),)


def test_a_changed_variable_makes_another_key(tmp_path: Path) -> None:
    assert built_with(project(tmp_path, {"CFLAGS": "1"})) != built_with(
        project(tmp_path, {"CFLAGS": "2"})
    )


def test_the_wrappers_variables_and_passwords_are_in_no_key(tmp_path: Path) -> None:
    env = {"MODEL_NAME": "Plain", "GUNICORN_WORKERS": "2", "MY_TOKEN": "t0ps3cret"}
    found = project(tmp_path, {**env, "BP_BUILD_VARIABLES": "MY_TOKEN"})
    assert built_with(found) == cache.NO_VARIABLES
    assert used_variables(found) == (("MY_TOKEN", "t0ps3cret"),)
    assert used_variables(project(tmp_path, env)) == ()


@pytest.mark.parametrize(
    ("python", "release"), [("3.12", "1.17.1"), ("3.7", "1.17.1"), ("3.6", "1.14.1")]
)
def test_wrapper_is_the_newest_that_runs_on_the_python(
    tmp_path: Path, python: str, release: str
) -> None:
    bundle = carrying(tmp_path / "bundle")
    (tmp_path / "app").mkdir()
    found = project(tmp_path / "app", {"BP_PYTHON_VERSION": python})
    assert wrapper_version(found, bundle) == release
    exact = {"BP_PYTHON_VERSION": python, "BP_SELDON_CORE_VERSION": "1.16.0"}
    assert wrapper_version(project(tmp_path / "app", exact), bundle) == "1.16.0"
