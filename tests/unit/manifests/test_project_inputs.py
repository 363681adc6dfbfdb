"""Which files of a project its build reads, and what its reader refuses to open."""

from pathlib import Path

import pytest

from seldon_buildpack.manifests import project_inputs


@pytest.mark.parametrize("name", ["setup.py", "setup.cfg", "pyproject.toml"])
def test_a_link_to_a_device_is_not_read(tmp_path: Path, name: str) -> None:
    (tmp_path / name).symlink_to("/dev/zero")
    inputs = project_inputs.read(tmp_path, tmp_path)
    assert tmp_path / name not in inputs.files


def test_setup_py_too_large_to_parse_counts_by_its_words(tmp_path: Path) -> None:
    (tmp_path / "needs.txt").write_text("six\n")
    (tmp_path / "setup.py").write_text("open('needs.txt')\n" + "#" * 1_000_001)
    assert tmp_path / "needs.txt" in project_inputs.read(tmp_path, tmp_path).files


@pytest.mark.filterwarnings("error")
def test_an_invalid_escape_in_setup_py_prints_nothing(tmp_path: Path) -> None:
    (tmp_path / "needs.txt").write_text("six\n")
    (tmp_path / "setup.py").write_text("import re\nre.compile('\\d')\nopen('needs.txt')\n")
    assert tmp_path / "needs.txt" in project_inputs.read(tmp_path, tmp_path).files
