import os
from pathlib import Path

import pytest

from seldon_buildpack.app_dir import permissions
from seldon_buildpack.app_dir.permissions import open_to_all


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


@pytest.mark.parametrize(
    ("mode", "opened"),
    [
        (0o600, 0o644),
        (0o640, 0o644),
        (0o700, 0o755),
        (0o400, 0o444),
        (0o664, 0o664),
        (0o755, 0o755),
        (0o710, 0o755),
        (0o666, 0o666),
    ],
)
def test_every_user_may_read_a_file_and_run_it_if_its_owner_may(
    tmp_path: Path, mode: int, opened: int
) -> None:
    (tmp_path / "file").touch(mode)
    (tmp_path / "file").chmod(mode)
    open_to_all(tmp_path)
    assert _mode(tmp_path / "file") == opened


def test_every_user_may_look_into_a_directory_and_those_in_it(tmp_path: Path) -> None:
    (tmp_path / "outer/inner").mkdir(parents=True)
    (tmp_path / "outer/inner/data").write_text("12345")
    for path in (
        tmp_path / "outer/inner/data",
        tmp_path / "outer/inner",
        tmp_path / "outer",
        tmp_path,
    ):
        path.chmod(0o600 if path.is_file() else 0o1700)
    assert open_to_all(tmp_path).sizes == {"outer/inner/data": 5}
    assert [_mode(path) for path in (tmp_path, tmp_path / "outer", tmp_path / "outer/inner")] == [
        0o1755
    ] * 3
    assert _mode(tmp_path / "outer/inner/data") == 0o644


def test_directories_of_a_read_only_source_can_be_built_in(tmp_path: Path) -> None:
    app, outside = tmp_path / "app", tmp_path / "outside"
    (app / "lib/inner").mkdir(parents=True)
    (app / "lib/inner/data").touch(0o444)
    outside.mkdir()
    (app / "link").symlink_to(outside)
    read_only = (app / "lib/inner", app / "lib", app, outside)
    for path in read_only:
        path.chmod(0o555)
    permissions.let_owner_write(app)
    assert [_mode(path) for path in read_only] == [0o755, 0o755, 0o755, 0o555]
    assert _mode(app / "lib/inner/data") == 0o444


def test_a_link_is_no_file_and_neither_followed_nor_changed(tmp_path: Path) -> None:
    outside, app = tmp_path / "outside", tmp_path / "app"
    for folder in (outside, app):
        folder.mkdir()
    (outside / "secret").touch(0o600)
    (app / "data").write_text("1")
    (app / "folder").symlink_to(outside)
    (app / "file").symlink_to(outside / "secret")
    (app / "same").symlink_to("data")
    found = open_to_all(app)
    assert (found.sizes, found.advice) == ({"data": 1}, ())
    assert _mode(outside / "secret") == 0o600


def test_relative_links_that_lead_nowhere_are_named(tmp_path: Path) -> None:
    for name, goal in (("b", "../elsewhere"), ("a", "a"), ("mounted", "/mnt/models/x")):
        (tmp_path / name).symlink_to(goal)
    assert [piece.found for piece in open_to_all(tmp_path).advice] == [
        "Links without a target in the image: a, b."
    ]


def test_unreadable_paths_are_named_up_to_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    for number in range(6):
        (tmp_path / f"file{number}").touch(0o600)

    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", refuse)
    [piece] = open_to_all(tmp_path).advice
    named = "file0, file1, file2, file3, file4 and 2 more"
    assert piece.found.startswith(
        f"Not everyone can read {named}, and the build cannot change that"
    )


def test_names_are_any_bytes_and_what_is_no_file_has_no_size(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff name")).write_text("12")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").mkdir()
    assert open_to_all(tmp_path).sizes == {os.fsdecode(b"\xff name"): 2}


@pytest.mark.parametrize("mode", [0o444, 0o644, 0o755])
def test_a_file_that_is_written_anew_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    (tmp_path / "file").write_text("before")
    (tmp_path / "file").chmod(mode)
    permissions.write(tmp_path / "file", b"after")
    assert ((tmp_path / "file").read_text(), _mode(tmp_path / "file")) == ("after", mode)
