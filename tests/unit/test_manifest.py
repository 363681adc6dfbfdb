from pathlib import Path

import pytest

from seldon_buildpack import errors
from seldon_buildpack.project import manifest

_PROJECT = '[project]\nname = "x"\nversion = "1"\ndependencies = ["numpy"]\n'


@pytest.mark.parametrize(
    ("files", "chosen", "told"),
    [
        ({"requirements.txt": "numpy\n", "setup.py": "", "pyproject.toml": _PROJECT}, "requirements.txt", None),
        ({"setup.py": "", "environment.yml": "", "pyproject.toml": _PROJECT}, "setup.py", ("-e", ".")),
        ({"pyproject.toml": _PROJECT + '[build-system]\nrequires = ["hatchling"]\n'}, "pyproject.toml", ("-e", ".")),
        ({"pyproject.toml": _PROJECT}, "pyproject.toml", "-r"),
    ],
)
def test_the_manifest_is_chosen_in_s2is_order(tmp_path: Path, files: dict[str, str], chosen: str, told: object) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    found = manifest.find(tmp_path, {})
    assert found
    assert found.path == tmp_path / chosen
    assert found.told == {None: ("-r", str(found.path)), "-r": ("-r", str(found.path))}.get(told, told)  # type: ignore[call-overload]


@pytest.mark.parametrize("files", [{}, {"pyproject.toml": "[tool.ruff]\nline-length = 100\n"}])
def test_no_manifest_is_fine_and_so_is_one_of_tools_only(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert manifest.find(tmp_path, {}) is None


def test_an_environment_yml_alone_is_named(tmp_path: Path) -> None:
    (tmp_path / "environment.yml").write_text("name: x\n")
    with pytest.raises(errors.NotYetSupported):
        manifest.find(tmp_path, {})


def test_a_misspelt_manifest_is_named(tmp_path: Path) -> None:
    (tmp_path / "requirments.txt").write_text("numpy\n")
    with pytest.raises(errors.ManifestMisspelt):
        manifest.find(tmp_path, {})
