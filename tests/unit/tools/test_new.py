"""make new: what it writes, what it says to do next, and what it leaves alone."""

import subprocess
from pathlib import Path

import pytest

from tools.core.steps import ToolError, Workspace
from tools.dev.new import make_image_name, write_new_model

WS = Workspace.from_environment()


def test_new_model_readme_builds_it_where_it_stands(tmp_path: Path) -> None:
    write_new_model(WS, str(tmp_path / "deeper/Churn Model"))
    made = tmp_path / "deeper/Churn Model"
    assert {str(path.relative_to(made)) for path in made.rglob("*") if path.is_file()} == {
        *("MyModel.py", "README.md", "requirements.txt", ".s2i/environment"),
    }
    readme = (made / "README.md").read_text()
    assert "\n    pack build churn-model --builder seldon/builder\n" in readme
    assert "template" not in readme
    assert "my-model" not in readme


def test_an_empty_directory_that_is_there_is_filled(tmp_path: Path) -> None:
    write_new_model(WS, str(tmp_path))
    assert (tmp_path / "MyModel.py").is_file()


def test_the_lines_it_prints_are_for_the_place_it_wrote_to(tmp_path: Path) -> None:
    lines = "\n".join(write_new_model(WS, str(tmp_path / "it's mine")))
    cd = next(line for line in lines.splitlines() if line.startswith("  cd "))
    shown = subprocess.run(
        ["sh", "-c", f"{cd} && pwd"], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert shown == str(tmp_path / "it's mine")
    assert "pack build it-s-mine --builder seldon/builder" in lines


@pytest.mark.parametrize("there", ["a file", "a directory with something in it"])
def test_what_is_there_is_left_alone(tmp_path: Path, there: str) -> None:
    target = tmp_path / "my-model"
    if there == "a file":
        target.write_text("mine")
    else:
        target.mkdir()
        (target / "mine").write_text("mine")
    before = sorted(path.name for path in tmp_path.rglob("*"))
    with pytest.raises(ToolError, match="already exists"):
        write_new_model(WS, str(target))
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_without_a_name_it_says_how_to_give_one() -> None:
    with pytest.raises(ToolError, match="make new NAME=my-model"):
        write_new_model(WS, "")


def test_a_place_that_cannot_be_written_to_is_named() -> None:
    with pytest.raises(ToolError, match=r"/proc/nowhere/x cannot be written"):
        write_new_model(WS, "/proc/nowhere/x")


@pytest.mark.parametrize(
    ("where", "name"),
    [("my-model", "my-model"), ("../a/B_c.2/", "b-c-2"), ("---", "my-model"), ("Größe", "gr-e")],
)
def test_new_image_is_named_like_its_directory(where: str, name: str) -> None:
    assert make_image_name(where) == name
