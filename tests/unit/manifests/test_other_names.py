"""Manifests under names that are not read: an error, or a warning, but never silence."""

from pathlib import Path

import pytest

from seldon_buildpack.manifests import select
from seldon_buildpack.messages.errors.lockfiles import LockNotExported
from seldon_buildpack.messages.errors.manifests import (
    ManifestMisspelt,
    ManifestUnderOtherName,
    ProjectWithoutBuildFile,
)

_LIST = "numpy==1.26.4\n"
_CONDA = "name: x\ndependencies:\n- python=3.9\n"


def write(app: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(text)
    return app


@pytest.mark.parametrize(
    "names",
    [
        ["requirements_predict.txt", "requirements_train.txt"],
        ["requirements/prod.txt", "requirements/dev.txt", "requirements/test.txt"],
        ["requirements/base.in"],
        ["requirements-cpu.txt", "requirements-gpu.txt"],
        ["requirements.prod.txt"],
        ["requirements_py38.txt", "requirements-dev.txt"],
        ["requirements.lock"],
        ["reqs.txt"],
        ["pip-requirements.txt"],
        ["model_requirements.txt"],
        ["dependencies.txt"],
        ["freeze.txt"],
    ],
)
def test_requirements_under_other_names_are_an_error(tmp_path: Path, names: list[str]) -> None:
    app = write(tmp_path, dict.fromkeys(names, _LIST))
    with pytest.raises(ManifestUnderOtherName) as raised:
        select.find(app, {})
    assert all(f"\n  {name}" in raised.value.cause for name in names)
    assert raised.value.fixes[0].startswith(f"Set BP_REQUIREMENTS={names[0]} in ")
    assert raised.value.fixes[1] == f"Rename it: `mv {names[0]} requirements.txt`."
    chosen = select.find(app, {"BP_REQUIREMENTS": names[0]})
    assert chosen and chosen.names == ("numpy",)
    write(app, {"requirements.txt": ""})
    assert select.find(app, {})


@pytest.mark.parametrize(
    "name", ["env.yml", "conda.yaml", "conda_env.yml", "environment-gpu.yml", "envs/serve.yaml"]
)
def test_environments_under_other_names_are_an_error(tmp_path: Path, name: str) -> None:
    app = write(tmp_path, {name: _CONDA})
    with pytest.raises(ManifestUnderOtherName) as raised:
        select.find(app, {})
    assert raised.value.fixes[0].startswith(f"Set BP_REQUIREMENTS={name} in ")
    assert raised.value.fixes[1] == f"Rename it: `mv {name} environment.yml`."


@pytest.mark.parametrize(
    "files",
    [
        {"requirements_predict.txt": "# nothing\n\n"},
        {"env.yml": "services:\n  web: {}\n"},
        {"requirements.md": "numpy\n"},
        {"data.txt": "numpy\n"},
        {"environment.txt": "numpy\n"},
        {"lib/requirements_predict.txt": _LIST},
    ],
)
def test_files_that_ask_for_nothing_are_no_error(tmp_path: Path, files: dict[str, str]) -> None:
    assert select.find(write(tmp_path, files), {}) is None
    assert select.advice(tmp_path, None) == ()


@pytest.mark.parametrize(
    "names", [["requirements-dev.txt"], ["test-requirements.txt", "docs_requirements.txt"]]
)
def test_lists_for_developers_alone_are_a_warning(tmp_path: Path, names: list[str]) -> None:
    app = write(tmp_path, dict.fromkeys(names, _LIST))
    assert select.find(app, {}) is None
    (piece,) = select.advice(app, None)
    assert all(name in piece.found for name in names)
    assert "BP_REQUIREMENTS=" in piece.todo


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({"app/requirements.txt": _LIST, "Foo.py": ""}, "app/requirements.txt is"),
        (
            {"b/environment.yml": _CONDA, "a/requirements.txt": _LIST, "a/x.txt": _LIST},
            "a/requirements.txt, b/environment.yml are",
        ),
    ],
)
def test_manifests_in_folders_alone_are_a_warning(
    tmp_path: Path, files: dict[str, str], names: str
) -> None:
    app = write(tmp_path, files)
    assert select.find(app, {}) is None
    (piece,) = select.advice(app, None)
    assert piece.found == f"No package is installed: {names} not at the top of the source."


@pytest.mark.parametrize(
    "name", ["docs/requirements.txt", ".ci/requirements.txt", "a/b/requirements.txt"]
)
def test_manifests_elsewhere_are_no_warning(tmp_path: Path, name: str) -> None:
    assert select.advice(write(tmp_path, {name: _LIST}), None) == ()


def test_a_named_pylock_is_renamed(tmp_path: Path) -> None:
    with pytest.raises(ManifestUnderOtherName) as raised:
        select.find(write(tmp_path, {"pylock.prod.toml": 'lock-version = "1.0"\n'}), {})
    assert raised.value.fixes[0] == "Rename it: `mv pylock.prod.toml pylock.toml`."


@pytest.mark.parametrize(
    "others", [{"requirements.txt": ""}, {"setup.py": ""}, {"environment.yml": _CONDA}]
)
def test_other_names_beside_a_manifest_are_no_error(tmp_path: Path, others: dict[str, str]) -> None:
    app = write(tmp_path, {"requirements_train.txt": _LIST, **others})
    assert select.conda(app, {}) or select.find(app, {})


def test_setup_cfg_with_requirements_alone_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, {"setup.cfg": "[flake8]\nmax-line-length = 100\n"})
    assert select.find(tmp_path, {}) is None
    write(tmp_path, {"setup.cfg": "[options]\ninstall_requires =\n    numpy\n"})
    with pytest.raises(ProjectWithoutBuildFile):
        select.find(tmp_path, {})


@pytest.mark.parametrize(
    ("name", "kind"), [("requirements.in", ManifestMisspelt), ("Pipfile", LockNotExported)]
)
def test_names_with_errors_of_their_own_keep_them(
    tmp_path: Path, name: str, kind: type[Exception]
) -> None:
    write(tmp_path, {name: _LIST, "requirements_predict.txt": _LIST})
    with pytest.raises(kind):
        select.find(tmp_path, {})
