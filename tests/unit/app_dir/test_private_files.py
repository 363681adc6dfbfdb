from pathlib import Path

import pytest

from seldon_buildpack.app_dir import private_files
from seldon_buildpack.messages.errors.source_files import PrivateNotRemoved


def written(app: Path) -> Path:
    for name in (
        ".git/config",
        ".git/objects/aa/bb",
        ".env",
        "lib/pip.conf",
        "lib/.env",
        "vendor/thing/.git",
        "environment.py",
        ".gitignore",
    ):
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text("x")
    return app


def left(app: Path) -> list[str]:
    return sorted(str(path.relative_to(app)) for path in app.rglob("*") if path.is_file())


def test_what_holds_passwords_by_custom_goes_wherever_it_lies(tmp_path: Path) -> None:
    gone = private_files.remove(written(tmp_path), ())
    assert sorted(gone) == [".env", ".git", "lib/.env", "lib/pip.conf", "vendor/thing/.git"]
    assert left(tmp_path) == [".gitignore", "environment.py"]


def test_what_is_named_is_kept_by_name_or_by_path(tmp_path: Path) -> None:
    private_files.remove(written(tmp_path), (".git", "lib/.env"))
    assert left(tmp_path) == [
        ".git/config",
        ".git/objects/aa/bb",
        ".gitignore",
        "environment.py",
        "lib/.env",
        "vendor/thing/.git",
    ]


def test_nothing_outside_is_touched(tmp_path: Path) -> None:
    outside = written(tmp_path / "outside")
    app = tmp_path / "app"
    app.mkdir()
    (app / "linked").symlink_to(outside)
    (app / ".env").symlink_to(outside / ".env")
    (app / ".git").symlink_to(outside / ".git")
    before = left(outside)
    assert private_files.remove(app, ()) == (".env", ".git")
    assert left(outside) == before


def test_what_cannot_be_removed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    written(tmp_path)
    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(PrivateNotRemoved) as raised:
        private_files.remove(tmp_path, ())
    assert raised.value.title == "`.env` cannot be kept out of the image"
    assert "Permission denied" in raised.value.cause
