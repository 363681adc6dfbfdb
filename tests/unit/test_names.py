"""Names of Python packages."""

from pathlib import Path

import pytest

from seldon_buildpack import names


@pytest.mark.parametrize("name", ["Flask_Cors", "flask.cors", "flask-_-cors"])
def test_canonical_name(name: str) -> None:
    assert names.canonical(name) == "flask-cors"


@pytest.mark.parametrize(
    "behind",
    ["", "[x]", ">=3", " (<3)", "~=3.0", ";python_version<'3'", "@https://h/x.whl", " @ ./x"],
)
def test_name_of_a_requirement(behind: str) -> None:
    assert names.requirement_name(f" Flask_Cors{behind}") == "Flask_Cors"


def test_name_and_version_of_an_installed_package() -> None:
    assert names.of_dist_info(Path("site/Flask_Cors-3.0.dist-info")) == ("Flask_Cors", "3.0")
