"""Which Python is chosen, and from where."""

from pathlib import Path

import pytest

from seldon_buildpack import origin
from seldon_buildpack.manifests import requirements_txt
from seldon_buildpack.manifests.requirements_txt import Requirements
from seldon_buildpack.messages.errors.manifests import PyprojectUnreadable
from seldon_buildpack.messages.errors.python import (
    PythonRequestsConflict,
    PythonVersionUnknown,
    PythonVersionUnsupported,
    Unsupported,
)
from seldon_buildpack.origin import Kind, Origin
from seldon_buildpack.python_version import PythonChoice, choose, one_meeting

NEWER = Unsupported.NEWER.value
OLDER = Unsupported.OLDER.value
OTHER = Unsupported.OTHER.value


def project(app: Path, requires: str) -> None:
    (app / "pyproject.toml").write_text(f'[project]\nname = "x"\nrequires-python = "{requires}"\n')


def test_without_a_wish_it_is_3_12(tmp_path: Path) -> None:
    assert choose(tmp_path, None) == PythonChoice(
        minor=(3, 12), version=None, source=Origin(kind=Kind.DEFAULT, name="BP_PYTHON_VERSION")
    )
    assert choose(tmp_path, " ").spec == "3.12"


@pytest.mark.parametrize(
    ("value", "spec"),
    [
        ("3.6", "3.6"),
        ("3.7.9", "3.7.9"),
        ("<3.8", "3.7"),
        ("3.8", "3.8"),
        ("3.9", "3.9"),
        ("3.10", "3.10"),
        ("3.11", "3.11"),
        ("3.12", "3.12"),
        ("3.11.7", "3.11.7"),
        (" 3.11 ", "3.11"),
        ('"3.11"', "3.11"),
        ("3", "3.12"),
        ("3.11.*", "3.11"),
        ("3.11.x", "3.11"),
        ("v3.11", "3.11"),
        ("python3.11", "3.11"),
        ("python-3.11.7", "3.11.7"),
        ("cpython-3.11", "3.11"),
        ("cpython@3.11.7", "3.11.7"),
        ("cpython-3.11.7-linux-x86_64-gnu", "3.11.7"),
        ("3.11.7/envs/mine", "3.11.7"),
        (">=3.9", "3.12"),
        ("<3.12", "3.11"),
        ("<=3.12", "3.11"),
        (">=3.8,<=3.12", "3.11"),
        ("~=3.9.1", "3.9"),
        ("==3.10.*", "3.10"),
        ("==3.10", "3.10"),
        ("==3.10.4", "3.10.4"),
        ("!=3.12.*", "3.13"),
    ],
)
def test_a_version_is_understood_in_each_form(tmp_path: Path, value: str, spec: str) -> None:
    assert choose(tmp_path, value).spec == spec
    (tmp_path / ".python-version").write_text(f"{value.strip()}\n")
    if not value.startswith('"'):
        assert choose(tmp_path, None).spec == spec


@pytest.mark.parametrize(
    "value",
    [
        "latest",
        "three",
        "3.x",
        "4",
        "39",
        "3.11.7foo",
        "3.12rc1",
        ">=three",
        "^3.9",
        "3,11",
        "..",
        "3.",
        "-",
        ">=3.9, what",
        "<3.6,>3.9",
        "3.11.7.1",
    ],
)
def test_a_requested_version_that_is_none_is_an_error(tmp_path: Path, value: str) -> None:
    with pytest.raises(PythonVersionUnknown) as caught:
        choose(tmp_path, value)
    assert value in caught.value.title
    assert "BP_PYTHON_VERSION" in caught.value.cause


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("3.14", NEWER),
        ("3.14.0", NEWER),
        ("3.14t", NEWER),
        ("3.15rc1", NEWER),
        ("4.0", NEWER),
        (">=3.14", NEWER),
        ("==3.14.*", NEWER),
        ("3.5", OLDER),
        ("3.5.10", OLDER),
        ("2.7", OLDER),
        ("2.7.18", OLDER),
        ("<3.6", OLDER),
        ("==2.7.*", OLDER),
        ("pypy3.9-7.3.11", OTHER),
        ("graalpy-23", OTHER),
    ],
)
def test_an_unsupported_version_is_an_error_that_says_why(
    tmp_path: Path, value: str, why: str
) -> None:
    with pytest.raises(PythonVersionUnsupported) as caught:
        choose(tmp_path, value)
    assert why in caught.value.cause
    (tmp_path / ".python-version").write_text(value)
    with pytest.raises(PythonVersionUnsupported) as caught:
        choose(tmp_path, None)
    assert caught.value.fixes[-1] == "Change .python-version to allow one of 3.6 to 3.13."


def test_requested_version_wins_over_files_with_a_warning(tmp_path: Path) -> None:
    project(tmp_path, "==3.9.*")
    assert choose(tmp_path, None).source.describe() == "requires-python in pyproject.toml: ==3.9.*"
    choice = choose(tmp_path, "3.11")
    assert choice == PythonChoice(
        minor=(3, 11),
        version=None,
        source=origin.variable("BP_PYTHON_VERSION"),
        advice=choice.advice,
    )
    assert "requires-python in pyproject.toml: ==3.9.*" in choice.advice[0].found
    assert choose(tmp_path, "3.9").advice == ()
    assert choose(tmp_path, ">=3.9").minor == (3, 9)


def test_requested_version_that_pip_would_refuse_is_an_error(tmp_path: Path) -> None:
    project(tmp_path, "==3.9.*")
    in_place = Requirements(path=tmp_path / "pyproject.toml", local=(tmp_path,))
    with pytest.raises(PythonRequestsConflict) as caught:
        choose(tmp_path, "3.11", in_place)
    assert "- BP_PYTHON_VERSION: 3.11" in caught.value.cause
    assert caught.value.fixes == ("Unset BP_PYTHON_VERSION, or change pyproject.toml.",)


def test_files_that_contradict_each_other_are_named(tmp_path: Path) -> None:
    project(tmp_path, "==3.9.*")
    (tmp_path / ".python-version").write_text("3.10\n")
    with pytest.raises(PythonRequestsConflict) as caught:
        choose(tmp_path, None)
    assert "\n- .python-version: 3.10\n- requires-python in pyproject.toml: ==3.9.*" in (
        caught.value.cause
    )
    assert ".python-version or pyproject.toml" in caught.value.fixes[0]


def test_newest_python_that_satisfies_every_file_is_taken(tmp_path: Path) -> None:
    project(tmp_path, ">=3.8,<3.12")
    (tmp_path / "setup.cfg").write_text("[options]\npython_requires = !=3.11.*\n")
    (tmp_path / ".python-version").write_text(">=3.9\n")
    choice = choose(tmp_path, None)
    assert (choice.minor, choice.candidates) == ((3, 10), ((3, 10), (3, 9)))
    (tmp_path / "runtime.txt").write_text("python-3.9.2\r\n")
    choice = choose(tmp_path, None)
    assert (choice.spec, choice.is_open) == ("3.9", False)
    assert choice.source.describe() == "runtime.txt: python-3.9.2"


@pytest.mark.parametrize(
    ("text", "spec"),
    [("python-3.11.7", "3.11"), ("3.10", "3.10"), ("python-3.9\n", "3.9"), ("", "3.12")],
)
def test_runtime_txt_names_a_minor(tmp_path: Path, text: str, spec: str) -> None:
    (tmp_path / "runtime.txt").write_text(text)
    assert choose(tmp_path, None).spec == spec


def test_runtime_txt_of_another_language_is_skipped_and_named(tmp_path: Path) -> None:
    (tmp_path / "runtime.txt").write_text("R-3.6-2020-01-01")
    choice = choose(tmp_path, None)
    assert choice.spec == "3.12"
    assert "runtime.txt contains" in choice.advice[0].found


@pytest.mark.parametrize(
    ("value", "spec"),
    [
        ("^3.8", "3.12"),
        ("~3.9", "3.9"),
        ("~3.9.1", "3.9"),
        ("~3", "3.12"),
        ("3.10", "3.10"),
        ("3.9.*", "3.9"),
        ("*", "3.12"),
        (">=3.8,<3.11", "3.10"),
        (">= 3.8, < 3.11", "3.10"),
        (">=3.8 <3.11", "3.10"),
        ("3.8.* || 3.10.*", "3.10"),
        ("~3.8 | ~3.9", "3.9"),
        (">=3.7.1,!=3.12.*", "3.13"),
    ],
)
def test_python_of_poetry_is_read_in_its_syntax(tmp_path: Path, value: str, spec: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[tool.poetry.dependencies]\npython = "{value}"\n')
    assert choose(tmp_path, None).spec == spec


@pytest.mark.parametrize("value", ["three", ">=3.8,what", "^^3"])
def test_invalid_python_of_poetry_is_an_error_that_names_it(tmp_path: Path, value: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f'[tool.poetry.dependencies]\npython = "{value}"\n')
    with pytest.raises(PythonVersionUnknown) as caught:
        choose(tmp_path, None)
    assert "poetry's python in pyproject.toml" in caught.value.cause


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("from setuptools import setup\nsetup(name='x', python_requires='>=3.6,<3.10')\n", "3.9"),
        ("import setuptools\nsetuptools.setup(python_requires='<3.11')\n", "3.10"),
        ("PY = '~=3.10.0'\nsetup(python_requires=PY)\n", "3.10"),
        ("setup(python_requires=read('python_requires'))\n", "3.12"),
        ("setup(python_requires=3)\n", "3.12"),
        ("# python_requires\nsetup(\n", "3.12"),
        ("(" * 5000 + "python_requires", "3.12"),
        ("other(python_requires='<3.10')\n", "3.12"),
    ],
)
def test_python_requires_of_setup_py_is_read_without_running_it(
    tmp_path: Path, text: str, spec: str
) -> None:
    (tmp_path / "setup.py").write_text(text)
    assert choose(tmp_path, None).spec == spec


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("[options]\npython_requires = >=3.8, <3.11\n", "3.10"),
        ("[options]\npython_requires =\n  >=3.8,\n  <3.11\n", "3.10"),
        ("[metadata]\npython_requires = <3.11\n", "3.12"),
        ("python_requires without a section", "3.12"),
    ],
)
def test_python_requires_of_setup_cfg_is_read(tmp_path: Path, text: str, spec: str) -> None:
    (tmp_path / "setup.cfg").write_text(text)
    assert choose(tmp_path, None).spec == spec


@pytest.mark.parametrize(("saved", "spec"), [("3.8.10", "3.8"), ("3.5.2", "3.12")])
def test_python_of_an_mlflow_model_counts_unless_something_else_says_it(
    tmp_path: Path, saved: str, spec: str
) -> None:
    (tmp_path / "MLmodel").write_text("flavors: {}\n")
    (tmp_path / "python_env.yaml").write_text(f"python: {saved}\ndependencies: []\n")
    assert choose(tmp_path, None).spec == spec
    (tmp_path / ".python-version").write_text("3.11\n")
    assert choose(tmp_path, None).spec == "3.11"


@pytest.mark.parametrize(
    ("lines", "spec"),
    [
        (['six ; python_version >= "3.9" and python_version < "3.10"'], "3.9"),
        (['six ; python_version < "3.9"', 'attrs ; python_version < "3.11"'], "3.10"),
        (['six ; python_version < "3.9"', "attrs"], "3.12"),
        (['six ; python_version >= "3.9"', 'attrs ; python_version < "3.10"'], "3.12"),
        (['six ; sys_platform == "linux"'], "3.12"),
        (['six ; python_full_version < "3.10.0"'], "3.9"),
        (['six ; python_version < "2.8"'], "3.12"),
    ],
)
def test_markers_choose_where_every_line_has_one(
    tmp_path: Path, lines: list[str], spec: str
) -> None:
    (tmp_path / "requirements.txt").write_text("\n".join(lines))
    found = requirements_txt.read(tmp_path, tmp_path / "requirements.txt", {})
    assert choose(tmp_path, None, found).spec == spec


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("# mine\n\n3.11.7\n", "3.11.7"),
        ("3.10\n3.11\n", "3.10"),
        ("3.10 3.11\n", "3.10"),
        ("3.10 # why\r\n", "3.10"),
        ("\ufeff3.10", "3.10"),
        (">=3.9, <3.11\n", "3.10"),
        ("", "3.12"),
        ("# none\n", "3.12"),
    ],
)
def test_version_file_counts_by_its_first_meaningful_line(
    tmp_path: Path, text: str, spec: str
) -> None:
    (tmp_path / ".python-version").write_text(text, encoding="utf-8")
    assert choose(tmp_path, None).spec == spec


@pytest.mark.parametrize("name", ["system", "my-virtualenv", "miniconda3-4.7.12", "\x00\xff"])
def test_version_file_naming_an_environment_is_skipped_and_named(tmp_path: Path, name: str) -> None:
    (tmp_path / ".python-version").write_text(name, encoding="latin-1")
    choice = choose(tmp_path, None)
    assert choice.spec == "3.12"
    assert "is ignored" in choice.advice[0].found
    project(tmp_path, "<3.10")
    choice = choose(tmp_path, None)
    assert (choice.spec, len(choice.advice)) == ("3.9", 1)


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("[tool.ruff]\nline-length = 100\n", "3.12"),
        ('[project]\nname = "x"\n', "3.12"),
        ('[project]\nrequires-python = ""\n', "3.12"),
        ("[project]\nrequires-python = 3\n", "3.12"),
        ('project = "requires-python"\n', "3.12"),
        ('[tool.x]\nrequires-python = ">=3.13"\n', "3.12"),
        ('[project]\nrequires-python = ">=3.8,<3.11,!=3.10.*"\n', "3.9"),
    ],
)
def test_requires_python_counts_only_where_a_project_states_it(
    tmp_path: Path, text: str, spec: str
) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert choose(tmp_path, None).spec == spec


def test_invalid_pyproject_is_an_error_only_when_read(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project\nrequires-python = ">=3.9"\n')
    with pytest.raises(PyprojectUnreadable, match=r"`pyproject\.toml` cannot be read") as caught:
        choose(tmp_path, None)
    assert "line 1" in caught.value.cause
    assert choose(tmp_path, "3.11").spec == "3.11"
    (tmp_path / "pyproject.toml").write_bytes(b'# caf\xe9\n[project]\nrequires-python = ">=3.9"\n')
    with pytest.raises(PyprojectUnreadable):
        choose(tmp_path, None)


def test_an_invalid_requires_python_is_an_error_that_names_it(tmp_path: Path) -> None:
    project(tmp_path, "^3.9")
    with pytest.raises(PythonVersionUnknown) as caught:
        choose(tmp_path, None)
    assert "requires-python in pyproject.toml" in caught.value.cause


def test_a_choice_says_which_exact_versions_meet_it(tmp_path: Path) -> None:
    assert choose(tmp_path, "3.11").allows("3.11.7")
    assert not choose(tmp_path, "3.11").allows("3.12.1")
    assert not choose(tmp_path, "3.11.7").allows("3.11.8")
    project(tmp_path, ">=3.12.5")
    assert choose(tmp_path, None).spec == "3.12"
    assert not choose(tmp_path, None).allows("3.12.1")
    assert choose(tmp_path, None).allows("3.12.5")


def test_requires_python_of_a_lock_counts(tmp_path: Path) -> None:
    lock = Requirements(path=tmp_path / "pylock.toml", requires_python=">=3.9,<3.12")
    choice = choose(tmp_path, None, lock)
    assert (choice.minor, choice.source.describe()) == (
        (3, 11),
        "requires-python in pylock.toml: >=3.9,<3.12",
    )
    (tmp_path / "pyproject.toml").write_text('[project]\nrequires-python = "==3.10.*"\n')
    assert choose(tmp_path, None, lock).minor == (3, 10)


@pytest.mark.parametrize(
    ("chosen", "meets"), [("3.11", True), ("3.11.2", False), ("3.11.7", True), ("3.12", False)]
)
def test_whether_a_choice_can_meet_a_requires_python(
    tmp_path: Path, chosen: str, meets: bool
) -> None:
    assert choose(tmp_path, chosen).meets(">=3.11.5,<3.12") is meets
    assert one_meeting(">=3.11.5,<3.12") == "3.11"
    assert one_meeting(">=4") == ""
