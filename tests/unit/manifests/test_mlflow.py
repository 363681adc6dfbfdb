"""What MLflow writes beside MLmodel."""

from pathlib import Path

import pytest

from seldon_buildpack.manifests import mlflow, requirements_export, select
from seldon_buildpack.messages.errors.conda_files import EnvironmentNotMapping
from seldon_buildpack.messages.errors.manifests import ManifestUnderOtherName
from seldon_buildpack.messages.errors.requirements import BadRequirementLine, MissingInclude

_MLMODEL = "flavors:\n  python_function:\n    env: conda.yaml\n    python_version: 3.8.13\n"
_PIP = "channels:\n- conda-forge\ndependencies:\n- python=3.9.13\n- pip<=22.0.4\n- pip:\n  - humanize==4.9.0\n  - mlflow\nname: mlflow-env\n"
_CONDA = "dependencies:\n- python=3.9.13\n- gdal=3\n- pip\n- pip:\n  - mlflow\n"
_PYTHON_ENV = "python: 3.10.4\nbuild_dependencies:\n- pip==22.0.4\ndependencies:\n- {}\n"


def write(app: Path, **files: str) -> Path:
    for name, text in {"MLmodel": _MLMODEL, **files}.items():
        (app / name.replace("__", ".")).write_text(text)
    return app


def test_a_pip_section_needs_no_conda(tmp_path: Path) -> None:
    app = write(tmp_path, conda__yaml=_PIP, python_env__yaml=_PYTHON_ENV.format("-r gone.txt"))
    assert select.conda(app, {}) is None
    chosen = select.find(app, {})
    assert chosen and chosen.path == app / "conda.yaml"
    assert chosen.names == ("humanize", "mlflow")
    assert chosen.summary() == "2 packages"
    assert select.not_installed(app, chosen) == ()


def test_packages_of_conda_need_conda(tmp_path: Path) -> None:
    app = write(tmp_path, conda__yaml=_CONDA)
    environment = select.conda(app, {})
    assert environment and environment.path == app / "conda.yaml"
    assert [spec.text for spec in environment.pip] == ["mlflow"]


def test_requirements_go_before_conda_yaml(tmp_path: Path) -> None:
    app = write(tmp_path, conda__yaml=_CONDA, requirements__txt="six\n")
    assert select.conda(app, {}) is None
    chosen = select.find(app, {})
    assert chosen and chosen.path == app / "requirements.txt"
    assert select.not_installed(app, chosen) == ("conda.yaml",)


def test_python_env_alone_is_read(tmp_path: Path) -> None:
    app = write(tmp_path, python_env__yaml=_PYTHON_ENV.format("humanize==4.9.0"))
    chosen = select.find(app, {})
    assert chosen and chosen.path == app / "python_env.yaml"
    assert chosen.names == ("humanize",)
    write(tmp_path, python_env__yaml=_PYTHON_ENV.format("-r requirements.txt"))
    with pytest.raises(MissingInclude, match="includes `requirements"):
        select.find(app, {})


def test_a_bad_line_is_named_with_its_line(tmp_path: Path) -> None:
    app = write(tmp_path, conda__yaml=_PIP.replace("- mlflow", "- mlflow 2"))
    with pytest.raises(BadRequirementLine, match="Line 8 of `conda"):
        select.find(app, {})


def test_without_mlmodel_conda_yaml_is_another_name(tmp_path: Path) -> None:
    app = write(tmp_path, conda__yaml=_PIP)
    (app / "MLmodel").unlink()
    with pytest.raises(ManifestUnderOtherName):
        select.find(app, {})


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"python_env__yaml": _PYTHON_ENV, "conda__yaml": _PIP}, ("3.10", "python_env.yaml")),
        ({"conda__yaml": _PIP}, ("3.9", "conda.yaml")),
        ({}, ("3.8", "MLmodel")),
    ],
)
def test_python_of_the_saved_model_is_known(
    tmp_path: Path, files: dict[str, str], version: tuple[str, str]
) -> None:
    app = write(tmp_path, **files)
    assert mlflow.python_version(app) == version
    (app / "MLmodel").unlink()
    assert mlflow.python_version(app) == ("", "")


def test_a_section_is_written_for_uv(tmp_path: Path) -> None:
    app = write(tmp_path, conda__yaml=_PIP.replace("- mlflow", "- -c bounds.txt"))
    (app / "bounds.txt").write_text("six<2\n")
    chosen = select.find(app, {})
    assert chosen
    files = requirements_export.export(chosen, tmp_path)
    assert files.requirements and files.requirements.read_text() == "humanize==4.9.0\n"
    assert files.constraints and files.constraints.read_text() == "six<2\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("conda__yaml", "dependencies:\n- python=3.9\n- pip\n"),
        ("conda__yaml", "dependencies:\n- python=3.9\n- pip:\n"),
        ("python_env__yaml", "python: 3.9.1\n"),
    ],
)
def test_no_packages_of_pip_are_none(tmp_path: Path, name: str, text: str) -> None:
    app = write(tmp_path, **{name: text})
    chosen = select.find(app, {})
    assert chosen and chosen.text == "\n" and chosen.names == ()


def test_a_list_is_no_python_env(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentNotMapping):
        select.find(write(tmp_path, python_env__yaml="- a\n"), {})
