"""The names that an environment makes importable, whatever way its packages are installed."""

from pathlib import Path

from seldon_buildpack.python_env.importable import (
    ANYTHING,
    as_text,
    from_text,
    list_importable,
)


def test_modules_packages_and_namespaces_are_listed(tmp_path: Path) -> None:
    for folder in ("numpy", "google/cloud", "numpy-1.0.dist-info", "__pycache__", "numpy.libs"):
        (tmp_path / folder).mkdir(parents=True)
    for file in ("six.py", "_yaml.cpython-312-x86_64-linux-gnu.so", "README.txt", "mine.abi3.so"):
        (tmp_path / file).touch()
    assert list_importable(tmp_path) == {
        *("numpy", "google", "__pycache__", "six", "_yaml", "mine"),
    }


def test_folder_of_a_pth_file_is_listed(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "project/package").mkdir(parents=True)
    (tmp_path / "site/__editable__.project-1.0.pth").write_text(f"{tmp_path / 'project'}\n")
    (tmp_path / "site/gone.pth").write_text("# comment\n\n/nowhere\n")
    assert list_importable(tmp_path / "site") == {"package"}


def test_finder_of_setuptools_is_read(tmp_path: Path) -> None:
    (tmp_path / "__editable___mine_1_0_finder.py").write_text(
        "MAPPING: dict[str, str] = {'mine': '/workspace/code', 'deep.part': '/x'}\n"
        "NAMESPACES: dict[str, list[str]] = {}\n"
    )
    (tmp_path / "__editable__.mine-1.0.pth").write_text(
        "import __editable___mine_1_0_finder; __editable___mine_1_0_finder.install()"
    )
    assert list_importable(tmp_path) == {"__editable___mine_1_0_finder", "mine", "deep"}


def test_known_code_in_pth_files_adds_what_it_adds(tmp_path: Path) -> None:
    (tmp_path / "distutils-precedence.pth").write_text("import os; enable()\n")
    (tmp_path / "_seldon_wrapper.pth").write_text("import site; site.addsitedir('/layers')\n")
    (tmp_path / "zope-nspkg.pth").write_text("import sys, types;\n")
    assert list_importable(tmp_path) == {"distutils"}


def test_unknown_code_in_pth_files_may_add_anything(tmp_path: Path) -> None:
    (tmp_path / "hook.pth").write_text("import hook; hook.install()\n")
    assert list_importable(tmp_path) == {ANYTHING}


def test_list_is_stored_as_text() -> None:
    assert from_text(as_text({"b", "a"})) == {"a", "b"}
    assert from_text("") == {ANYTHING}
