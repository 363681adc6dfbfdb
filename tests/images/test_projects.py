"""Sources that install themselves: setup.py as s2i took it, and pyproject.toml."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.images.conftest import Pack
from tools.dev import container

_MODEL = "from unidecode import unidecode\n\n\nclass Plain:\n    def predict(self, X, names=None):\n        return [[unidecode(w) for w in r] for r in X]\n"
_DEPENDS = '[project]\nname = "plain"\nversion = "1"\nrequires-python = ">=3.9"\ndependencies = ["Unidecode==1.3.8"]\n'
_BUILT = '\n[build-system]\nrequires = ["setuptools<82"]\nbuild-backend = "setuptools.build_meta"\n\n[tool.setuptools]\npackages = ["plain"]\n'
_NAMED = {"MODEL_NAME": "plain.model.Plain"}
# As before PEP 621: what the project is stands in setup.cfg.
_LEGACY = '[build-system]\nrequires = ["setuptools<82"]\nbuild-backend = "setuptools.build_meta:__legacy__"\n'


def test_setup_py_project_changes_without_reinstalling(
    pack: Pack, samples: Path, tmp_path: Path
) -> None:
    app: Path = shutil.copytree(samples / "setup-py", tmp_path / "app")
    first = pack.must_build("seldon-test-setup-py", app)
    assert "  Requirements  setup.py  (the project, as editable)" in first.ours
    module = app / "src/plainspeech/model.py"
    module.write_text(module.read_text() + "\n# changed\n")
    again = pack.must_build("seldon-test-setup-py", app)
    assert "  requirements    reused\n" in again.ours
    with container.started(again.image) as running:
        running.wait_ready()
        subprocess.run([app / "verify", running.rest], check=True, timeout=30)
    (app / "setup.py").write_text((app / "setup.py").read_text().replace('"1.0"', '"1.1"'))
    assert (
        "  requirements    building (requirements and local packages changed)\n"
        in pack.must_build("seldon-test-setup-py", app).ours
    )


def test_pyproject_dependencies_install_without_a_build_system(
    pack: Pack, source: Callable[..., Path]
) -> None:
    app = source({"Plain.py": _MODEL, "pyproject.toml": _DEPENDS})
    built = pack.must_build("seldon-test-pyproject", app)
    assert "  Requirements  pyproject.toml  (its dependencies)" in built.ours
    assert " + unidecode==1.3.8" in built.ours
    with container.started(built.image) as running:
        running.wait_ready()
        assert running.post("/predict", {"data": {"ndarray": [["Łódź"]]}})[1]["data"][
            "ndarray"
        ] == [["Lodz"]]


def test_built_pyproject_is_editable_with_a_uv_lock_too(
    pack: Pack, source: Callable[..., Path], uv: Callable[..., None]
) -> None:
    app = source(
        {"plain/__init__.py": "", "plain/model.py": _MODEL, "pyproject.toml": _DEPENDS + _BUILT}
    )
    built = pack.must_build("seldon-test-pyproject-built", app, env=_NAMED)
    assert "  Requirements  pyproject.toml  (the project, as editable)" in built.ours
    with container.started(built.image) as running:
        running.wait_ready()
        assert running.post("/predict", {"data": {"ndarray": [["Łódź"]]}})[1]["data"][
            "ndarray"
        ] == [["Lodz"]]
    uv(app, "lock", env=os.environ)
    assert (
        "  Requirements  uv.lock  (its pinned packages, and the project as editable)"
        in pack.must_build(built.image, app, env=_NAMED).ours
    )
    module = app / "plain/model.py"
    module.write_text(module.read_text().replace("unidecode(w)", "unidecode(w).upper()"))
    again = pack.must_build(built.image, app, env=_NAMED)
    assert "  requirements    reused\n" in again.ours
    with container.started(again.image) as running:
        running.wait_ready()
        assert running.post("/predict", {"data": {"ndarray": [["Łódź"]]}})[1]["data"][
            "ndarray"
        ] == [["LODZ"]]


@pytest.mark.parametrize(
    "manifest",
    [
        {
            "setup.py": "from setuptools import setup\n\nsetup(name='plain', version='1', install_requires=['Unidecode==1.3.8'], packages=[])\n"
        },
        {
            "setup.cfg": "[metadata]\nname = plain\n\n[options]\npackages =\ninstall_requires = Unidecode==1.3.8\n",
            "pyproject.toml": _LEGACY,
        },
    ],
)
def test_project_of_dependencies_only_serves_the_model_beside_it(
    manifest: dict[str, str], pack: Pack, source: Callable[..., Path]
) -> None:
    built = pack.must_build("seldon-test-empty-project", source({"Plain.py": _MODEL, **manifest}))
    assert "(the project, as editable)" in built.ours
    assert " + unidecode==1.3.8" in built.ours
    with container.started(built.image) as running:
        running.wait_ready()
        assert running.post("/predict", {"data": {"ndarray": [["Łódź"]]}})[1]["data"][
            "ndarray"
        ] == [["Lodz"]]
