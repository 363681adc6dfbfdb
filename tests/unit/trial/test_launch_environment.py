"""The trial's environment is the one that the launcher makes of the layers."""

from pathlib import Path

from seldon_buildpack.trial.launch_environment import list_launch_layers, read_launch_environment
from tests.support.trials import write_files


def test_files_change_variables_by_their_suffix(tmp_path: Path) -> None:
    write_files(
        tmp_path / "a/env.launch",
        {
            "DEFAULT.default": "a",
            "SET.default": "a",
            "OVERRIDE.override": "a",
            "PLAIN": "a",
            "LIST.append": "a",
            "LIST.delim": ":",
            "FIRST.prepend": "a",
            "FIRST.delim": ":",
            "JOINED.append": "a",
        },
    )
    base = {"SET": "b", "OVERRIDE": "b", "PLAIN": "b", "LIST": "b", "FIRST": "b", "JOINED": "b"}
    assert read_launch_environment([tmp_path / "a"], base) == {
        "DEFAULT": "a",
        "SET": "b",
        "OVERRIDE": "a",
        "PLAIN": "a",
        "LIST": "b:a",
        "FIRST": "a:b",
        "JOINED": "ba",
    }


def test_folders_come_before_files(tmp_path: Path) -> None:
    for name in ("a/bin", "b/bin", "a/lib", "a/env.build"):
        (tmp_path / name).mkdir(parents=True)
    write_files(tmp_path / "a/env.build", {"BUILD.override": "x"})
    write_files(tmp_path / "a/env.launch", {"PATH.prepend": "/first", "PATH.delim": ":"})
    assert read_launch_environment([tmp_path / "a", tmp_path / "b"], {"PATH": "/bin"}) == {
        "PATH": f"/first:{tmp_path}/b/bin:{tmp_path}/a/bin:/bin",
        "LD_LIBRARY_PATH": f"{tmp_path}/a/lib",
    }


def test_launch_layers_of_other_buildpacks_count(tmp_path: Path) -> None:
    for name in ("apt/libs", "apt/tools", "seldon/serve", "seldon/python"):
        (tmp_path / name).mkdir(parents=True)
    write_files(
        tmp_path / "apt",
        {
            "libs.toml": "[types]\nlaunch = true\n",
            "tools.toml": "[types]\nbuild = true\n",
            "reused.toml": "[types]\nlaunch = true\n",
            "broken.toml": "[",
        },
    )
    layers = list_launch_layers(tmp_path / "seldon")
    assert layers == [tmp_path / name for name in ("apt/libs", "seldon/python", "seldon/serve")]
