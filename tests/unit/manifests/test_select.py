from pathlib import Path

import pytest

from seldon_buildpack.manifests import select as manifest
from seldon_buildpack.manifests.conda import select as conda_files
from seldon_buildpack.messages.errors.conda_files import YamlInvalid
from seldon_buildpack.messages.errors.lockfiles import (
    LockNotExported,
    LockUnreadable,
    LockWithoutProject,
)
from seldon_buildpack.messages.errors.manifests import ManifestMisspelt, PyprojectNotTable

_PROJECT = '[project]\nname = "x"\nversion = "1"\ndependencies = ["numpy"]\n'


@pytest.mark.parametrize(
    ("files", "chosen", "told"),
    [
        (
            {"requirements.txt": "numpy\n", "setup.py": "", "pyproject.toml": _PROJECT},
            "requirements.txt",
            None,
        ),
        (
            {"setup.py": "", "environment.yml": "", "pyproject.toml": _PROJECT},
            "setup.py",
            ("-e", "."),
        ),
        (
            {"pyproject.toml": _PROJECT + '[build-system]\nrequires = ["hatchling"]\n'},
            "pyproject.toml",
            ("-e", "."),
        ),
        ({"pyproject.toml": _PROJECT}, "pyproject.toml", "-r"),
    ],
)
def test_the_manifest_is_chosen_in_s2is_order(
    tmp_path: Path, files: dict[str, str], chosen: str, told: object
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    found = manifest.find(tmp_path, {})
    assert found
    assert found.path == tmp_path / chosen
    expected = {None: (), "-r": ("-r", str(found.path))}
    assert found.arguments == expected.get(told, told)  # type: ignore[call-overload]


@pytest.mark.parametrize("files", [{}, {"pyproject.toml": "[tool.ruff]\nline-length = 100\n"}])
def test_no_manifest_is_fine_and_so_is_one_of_tools_only(
    tmp_path: Path, files: dict[str, str]
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert manifest.find(tmp_path, {}) is None


@pytest.mark.parametrize(
    ("name", "text"), [("environment.yml", "name:x\nchannels: []\n"), ("pixi.lock", "version: 9\n")]
)
def test_what_is_wrong_with_a_file_of_condas_is_said(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises((YamlInvalid, LockUnreadable)):
        manifest.conda(tmp_path, {})


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        (["requirements.txt", "environment.yml"], None),
        (["setup.py", "conda-lock.yml"], None),
        (["environment.yml", "pylock.toml", "pyproject.toml"], "environment.yml"),
        (["conda-lock.yml", "environment.yml"], "conda-lock.yml"),
        (["environment.yaml"], "environment.yaml"),
        (["environment.txt", "uv.lock"], None),
    ],
)
def test_condas_files_stand_where_s2i_had_environment_yml(
    tmp_path: Path, files: list[str], chosen: str | None
) -> None:
    texts = {"conda-lock.yml": "version: 1\nmetadata: {platforms: [linux-64]}\npackage: []\n"}
    for name in files:
        (tmp_path / name).write_text(texts.get(name, "name: x\n"))
    found = manifest.conda(tmp_path, {})
    assert (found.path if found else None) == (tmp_path / chosen if chosen else None)


def test_what_a_lock_of_condas_goes_before_is_known(tmp_path: Path) -> None:
    for name in ("explicit.txt", "environment.yml", "environment.txt", "pylock.toml"):
        (tmp_path / name).write_text("@EXPLICIT\n" if name == "explicit.txt" else "name: x\n")
    chosen = conda_files.read(tmp_path, tmp_path / "explicit.txt", {})
    assert manifest.not_installed(tmp_path, chosen) == ("environment.yml", "pylock.toml")


def test_a_misspelt_manifest_is_named(tmp_path: Path) -> None:
    (tmp_path / "requirments.txt").write_text("numpy\n")
    with pytest.raises(ManifestMisspelt):
        manifest.find(tmp_path, {})


@pytest.mark.parametrize(
    ("files", "chosen", "others"),
    [
        (
            ["requirements.txt", "setup.py", "environment.yml"],
            "requirements.txt",
            ("setup.py", "environment.yml"),
        ),
        (
            ["setup.py", "environment.yml", "pyproject.toml", "uv.lock"],
            "setup.py",
            ("environment.yml", "uv.lock"),
        ),
        (
            ["pylock.toml", "pyproject.toml", "uv.lock", "poetry.lock"],
            "pylock.toml",
            ("uv.lock", "pyproject.toml", "poetry.lock"),
        ),
        (["pyproject.toml", "uv.lock", "Pipfile"], "uv.lock", ("Pipfile",)),
        (["pyproject.toml", "Pipfile.lock"], "pyproject.toml", ("Pipfile.lock",)),
    ],
)
def test_the_manifests_that_are_not_installed_are_known(
    tmp_path: Path, files: list[str], chosen: str, others: tuple[str, ...]
) -> None:
    texts = {
        "pyproject.toml": _PROJECT,
        "pylock.toml": 'lock-version = "1.0"\ncreated-by = "tests"\npackages = []\n',
        "uv.lock": "version = 1\npackage = []\n",
    }
    for name in files:
        (tmp_path / name).write_text(texts.get(name, ""))
    found = manifest.find(tmp_path, {})
    assert found
    assert found.path.name == chosen
    assert manifest.not_installed(tmp_path, found) == others


def test_ignored_manifests_exclude_installed_projects_and_tools(
    tmp_path: Path,
) -> None:
    for name, text in {
        "requirements.txt": "-e .\n",
        "setup.py": "",
        "pyproject.toml": _PROJECT,
    }.items():
        (tmp_path / name).write_text(text)
    assert manifest.not_installed(tmp_path, manifest.find(tmp_path, {})) == ()
    (tmp_path / "requirements.txt").write_text("six\n")
    (tmp_path / "pyproject.toml").write_text("[tool.black]\n")
    assert manifest.not_installed(tmp_path, manifest.find(tmp_path, {})) == ("setup.py",)


@pytest.mark.parametrize(
    ("files", "last"),
    [
        ({"poetry.lock": ""}, "poetry export --output requirements.txt"),
        (
            {"poetry.lock": "", "pyproject.toml": _PROJECT},
            "poetry export --output requirements.txt",
        ),
        ({"Pipfile": "", "Pipfile.lock": ""}, "pipenv requirements > requirements.txt"),
        (
            {"Pipfile": "", "pyproject.toml": "[tool.black]\n"},
            "pipenv lock\npipenv requirements > requirements.txt",
        ),
    ],
)
def test_what_only_poetry_or_pipenv_reads_has_to_be_exported(
    tmp_path: Path, files: dict[str, str], last: str
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(LockNotExported) as raised:
        manifest.find(tmp_path, {})
    assert raised.value.fixes[0].endswith(f"\n{last}")


def test_a_uv_lock_needs_its_project(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text("version = 1\n")
    with pytest.raises(LockWithoutProject):
        manifest.find(tmp_path, {})


@pytest.mark.parametrize(
    "tool", ["[tool.uv]\npackage = false\n", "[tool.poetry]\npackage-mode = false\n"]
)
def test_a_project_that_says_it_is_no_package_is_not_built(tmp_path: Path, tool: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f'{_PROJECT}{tool}[build-system]\nrequires = ["x"]\n')
    found = manifest.find(tmp_path, {})
    assert found
    assert found.arguments == ("-r", str(tmp_path / "pyproject.toml"))


def test_poetry_only_dependencies_are_reported_as_left_out(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.poetry.dependencies]\nnumpy = "*"\n')
    assert manifest.find(tmp_path, {}) is None
    (piece,) = manifest.advice(tmp_path, None)
    assert piece.found.startswith("pyproject.toml lists dependencies for poetry")


def test_computed_dependencies_without_a_build_system_are_built(tmp_path: Path) -> None:
    text = '[project]\nname = "m"\nversion = "1"\ndynamic = ["dependencies"]\n'
    (tmp_path / "pyproject.toml").write_text(text)
    found = manifest.find(tmp_path, {})
    assert (
        found and found.arguments == ("-e", ".") and found.summary() == "the project, as editable"
    )


def test_computed_dependencies_that_are_poetrys_are_not_built(tmp_path: Path) -> None:
    text = (
        '[project]\nname = "m"\ndynamic = ["dependencies"]\n[tool.poetry.dependencies]\nsix = "*"\n'
    )
    (tmp_path / "pyproject.toml").write_text(text)
    assert manifest.find(tmp_path, {}) is None


def test_seldon_core_in_pyproject_counts_for_the_chosen_python(tmp_path: Path) -> None:
    lines = """["six", "seldon_core==1.14.1; python_version<'3.7'", "seldon-core==1.16.0; python_version>'3.7'"]"""
    (tmp_path / "pyproject.toml").write_text(f'[project]\nname = "m"\ndependencies = {lines}\n')
    found = manifest.find(tmp_path, {})
    assert found and found.for_python("3.12").wrapper_version("1.17.1") == "1.16.0"
    assert found.for_python("3.6").wrapper_version("1.17.1") == "1.14.1"
    assert found.for_python("3.7").names == ()


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("tool = 1\n", "tool"),
        ("[tool]\nuv = 'x'\n", "tool.uv"),
        ("[tool]\npoetry = []\n", "tool.poetry"),
        ("project = 1\n", "project"),
    ],
)
def test_a_pyproject_with_a_value_for_a_table_is_refused(
    tmp_path: Path, text: str, key: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(PyprojectNotTable, match=f"`{key}` is not a table"):
        manifest.find(tmp_path, {})


@pytest.mark.parametrize(
    "text",
    [
        "[project]\ndynamic = 1\n",
        '[project]\nname = "m"\ndependencies = 1\n',
        "[tool.uv]\nindex = 1\n",
    ],
)
def test_a_pyproject_of_odd_values_is_no_fault_of_ours(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    found = manifest.find(tmp_path, {})
    assert found is None or found.arguments[:1] == ("-r",)
    assert manifest.advice(tmp_path, found) == ()
