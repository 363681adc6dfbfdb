"""What a link of the source leads to outside is read by nothing: it may be a binding, and end up in the log or in the image."""

import io
import os
from pathlib import Path

import pytest

from seldon_buildpack import user_files
from seldon_buildpack.build import read_project
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.log import Log
from seldon_buildpack.messages.errors.base import BuildError
from tests.support.context import make_context

MODEL = "class Plain:\n    def predict(self, X, names=None):\n        return X\n"


@pytest.mark.parametrize(
    "name",
    [
        ".s2i/environment",
        ".s2i/image_metadata.json",
        ".s2iignore",
        ".python-version",
        "pyproject.toml",
        "requirements.txt",
        "environment.yml",
        "pylock.toml",
        "conda-lock.yml",
        "Plain.py",
    ],
)
def test_no_reader_follows_a_link_out_of_the_source(tmp_path: Path, name: str) -> None:
    app, outside = tmp_path / "app", tmp_path / "outside"
    (app / ".s2i").mkdir(parents=True)
    outside.write_text("TOKEN=hunter2hunter2\n")
    (app / "Plain.py").write_text(MODEL)
    (app / name).unlink(missing_ok=True)
    (app / name).symlink_to(outside)
    out = io.StringIO()
    env = {"MODEL_NAME": "Plain"}
    with pytest.raises(BuildError) as caught:
        read_project(
            make_context(
                Platform(app=app, buildpack=app, layers=None, env=env, base_env={}),
                Log(out),
                tmp_path,
            )
        )
    told = "\n".join(caught.value.lines())
    assert "a link to something outside the source" in told
    assert name in told
    assert "hunter2" not in told + out.getvalue()


def test_a_link_within_the_source_is_followed(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    (tmp_path / "link").symlink_to("data")
    assert user_files.read(tmp_path, tmp_path / "link") == b"x"


@pytest.mark.parametrize("kind", ["fifo", "directory", "large"])
def test_what_no_text_of_a_user_is_ends_no_build_in_a_hang(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    else:
        path.touch()
        os.truncate(path, user_files.MOST_BYTES + 1)
    with pytest.raises(OSError, match=r"regular file|too large"):
        user_files.read(tmp_path, path)
