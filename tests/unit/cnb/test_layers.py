import os
import tomllib
from pathlib import Path

import pytest

from seldon_buildpack import digests
from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.launch import Process, Slice, write
from seldon_buildpack.cnb.layers import Layer, Types, drop_others
from seldon_buildpack.layers import reuse, serve


def test_a_reused_layer_has_types_and_metadata_and_no_directory(tmp_path: Path) -> None:
    (tmp_path / "python.toml").write_text('[metadata]\npython = "3.12.1 abc"\n')
    layer = Layer(tmp_path, "python")
    layer.finish(Types(launch=True), layer.metadata())
    told = tomllib.loads((tmp_path / "python.toml").read_text())
    assert told == {
        "types": {"launch": True, "build": False, "cache": False},
        "metadata": {"python": "3.12.1 abc"},
    }
    assert not layer.path.exists()


def test_metadata_that_is_not_ours_to_read_counts_as_none(tmp_path: Path) -> None:
    layer = Layer(tmp_path, "python")
    assert layer.metadata() == {}
    (tmp_path / "python.toml").write_text("not toml [")
    assert layer.metadata() == {}


def test_environment_files_hold_the_value_and_nothing_else(tmp_path: Path) -> None:
    layer = Layer(tmp_path, "serve")
    layer.begin()
    layer.write_environment(
        "launch", {"A.default": "x y\n", "PATH.prepend": "/b", "PATH.delim": ":"}
    )
    assert {path.name: path.read_bytes() for path in (layer.path / "env.launch").iterdir()} == {
        "A.default": b"x y\n",
        "PATH.prepend": b"/b",
        "PATH.delim": b":",
    }


@pytest.mark.parametrize(
    ("defaults", "prepended"),
    [
        ({}, "/env/bin"),
        ({"PATH.prepend": "/opt/bin:", "PATH.delim": ";"}, "/opt/bin:/env/bin"),
        ({"PATH.append": "/opt/bin"}, "/env/bin"),
        ({"PATH.override": "/usr/bin"}, "{layer}/bin:/env/bin"),
    ],
)
def test_a_path_of_the_users_leaves_ours_on_it(
    tmp_path: Path, defaults: dict[str, str], prepended: str
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/dumb-init").write_text("")
    layer = Layer(tmp_path / "layers", "serve")
    serve.make(
        layer,
        Bundle(
            root=tmp_path,
            buildpack_version="0.1.0",
            default_python="3.12",
            pythons={},
            wrappers={},
            watchers={},
            catalogue="",
        ),
        [Path("/env/bin")],
        defaults,
    )
    files = {file.name: file.read_text() for file in (layer.path / "env.launch").glob("PATH.*")}
    ours = {"PATH.prepend": prepended.format(layer=layer.path), "PATH.delim": ":"}
    assert files == {**defaults, **ours}


def test_layers_of_an_older_release_are_dropped(tmp_path: Path) -> None:
    for name in ("python", "old"):
        Layer(tmp_path, name).begin()
        Layer(tmp_path, name).finish(Types(cache=True), {})
    (tmp_path / "launch.toml").write_text("")
    drop_others(tmp_path, {"python"})
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "launch.toml",
        "python",
        "python.toml",
    ]


def test_a_process_has_all_its_words_in_command(tmp_path: Path) -> None:
    write(tmp_path, [Process("web", ("dumb-init", "--", "seldon-serve"), default=True)], {"a": "b"})
    assert tomllib.loads((tmp_path / "launch.toml").read_text()) == {
        "processes": [
            {
                "type": "web",
                "command": ["dumb-init", "--", "seldon-serve"],
                "args": [],
                "default": True,
            }
        ],
        "labels": [{"key": "a", "value": "b"}],
    }


def test_the_reason_for_making_a_layer_names_what_changed() -> None:
    assert reuse.why_made({}, {"python": "1"}) == "first build"
    assert reuse.why_made({"python": "1", "more": "x"}, {"python": "1"}) == ""
    assert (
        reuse.why_made(
            {"python": "1", "index-settings": "a"}, {"python": "2", "index-settings": "b"}
        )
        == "python and index settings changed"
    )


def test_layer_key_ignores_credentials_only(tmp_path: Path) -> None:
    def key(text: str) -> str:
        (tmp_path / "r.txt").write_text(text)
        return digests.of_texts([tmp_path / "r.txt"], tmp_path)

    assert key("-i https://u:one@h/simple\nnumpy\n") == key("-i https://u:two@h/simple\nnumpy\n")
    assert key("numpy\n") != key("numpy<2\n")


def test_a_key_of_trees_notices_a_changed_wheel_and_not_bytecode(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    (wheels / "__pycache__").mkdir(parents=True)
    (wheels / "a.whl").write_bytes(b"one")
    before = digests.of_trees([wheels], tmp_path)
    (wheels / "__pycache__/x.pyc").write_bytes(b"x")
    assert digests.of_trees([wheels], tmp_path) == before
    (wheels / "a.whl").write_bytes(b"two")
    assert digests.of_trees([wheels], tmp_path) != before
    assert digests.of_trees([], tmp_path) == ""


def test_slice_paths_are_patterns_that_match_them_alone(tmp_path: Path) -> None:
    paths = ["a [1] *?.bin", "back\\slash", "große Datei", os.fsdecode(b"\xff.bin"), 'q"\n']
    write(tmp_path, [], {}, [Slice(paths), Slice(("b",))])
    assert tomllib.loads((tmp_path / "launch.toml").read_text())["slices"] == [
        {"paths": ["a \\[1] \\*\\?.bin", "back\\\\slash", "große Datei", "?.bin", 'q"\n']},
        {"paths": ["b"]},
    ]
