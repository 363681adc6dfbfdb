"""Wheels of the user's own: mounted where s2i's users mount them, or in folders of the source."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.images.conftest import Built, Pack
from tests.support import packages, servers

IMAGE = "seldon-test-wheels"
Source = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder beside the source, as `s2i build -i wheels:/whl` had it."""
    packages.wheel(tmp_path / "wheels", "same", "1.0", says="same 1.0 of the folder")
    packages.wheel(tmp_path / "wheels", "newer", "1.0")
    return tmp_path / "wheels"


def mounted(folder: Path) -> tuple[str, ...]:
    return ("--volume", f"{folder}:/whl")


def requirements_line(built: Built) -> str:
    [line] = [line for line in built.ours.splitlines() if line.startswith("  requirements ")]
    return line.split(None, 1)[1]


def test_what_is_mounted_at_whl_comes_before_any_index(
    pack: Pack, source: Source, folder: Path, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    packages.wheel(index, "same", "1.0", says="same 1.0 of the index")
    packages.wheel(index, "newer", "2.0")
    packages.wheel(index, "elsewhere", "1.0")
    app = source(
        {
            **packages.model("same", "newer", "elsewhere"),
            "requirements.txt": "same\nnewer\nelsewhere\n",
        }
    )
    flags = ("--network", "host", *mounted(folder))
    with servers.private_index(index, "bob", "right/one") as url:
        env = {"EXTRA_INDEX_URL": servers.with_user(url, "bob", "right/one")}
        built = pack.must_build(IMAGE, app, *flags, env=env)
        assert packages.said(IMAGE) == ["same 1.0 of the folder", "newer 1.0", "elsewhere 1.0"]
        assert "  Wheels        /whl  (searched before any index; 2 files)\n" in built.ours
        best = pack.must_build(
            IMAGE, app, *flags, env=env | {"BP_PIP_INDEX_STRATEGY": "unsafe-best-match"}
        )
        assert packages.said(IMAGE) == ["same 1.0 of the folder", "newer 2.0", "elsewhere 1.0"]
    assert requirements_line(best) == "building (index settings changed)"


def test_sufficient_wheels_need_no_network_and_are_watched(
    pack: Pack, source: Source, folder: Path
) -> None:
    packages.wheel(folder, "in_source", "1.0", requires=("numpy>=1.20", "newer"))
    app = source({**packages.model("same", "in_source"), "requirements.txt": "same\nin-source\n"})
    for name in ("one", "two"):
        (app / name).mkdir()
    shutil.move(folder / "in_source-1.0-py3-none-any.whl", app / "one")
    shutil.move(folder / "newer-1.0-py3-none-any.whl", app / "two")

    def build() -> str:
        env = {"BP_PIP_FIND_LINKS": "one two"}
        return requirements_line(
            pack.must_build(
                "seldon-test-wheels-alone", app, "--network", "none", *mounted(folder), env=env
            )
        )

    assert build() == "building (first build)"
    assert packages.said("seldon-test-wheels-alone") == ["same 1.0 of the folder", "in_source 1.0"]
    (app / "Says.py").write_text((app / "Says.py").read_text() + "# changed\n")
    (folder / "README.md").write_text("# Ours\n")
    assert build() == "reused"
    packages.wheel(folder, "same", "1.0", says="same 1.0, mended")
    assert build() == "building (local packages changed)"
    packages.wheel(app / "one", "in_source", "1.0", says="in_source 1.0, mended")
    assert build() == "building (local packages changed)"
    assert packages.said("seldon-test-wheels-alone") == [
        "same 1.0, mended",
        "in_source 1.0, mended",
    ]


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        (0o755, "\n\n  The wheel folder /whl is empty.\n"),
        (0o700, "ERROR: The wheel folder `/whl` cannot be read\n"),
    ],
)
def test_a_mounted_folder_of_no_use_is_named(
    pack: Pack, source: Source, tmp_path: Path, mode: int, said: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty").chmod(mode)
    app = source({**packages.model("mine"), "requirements.txt": "mine\n"})
    built = pack.build(
        IMAGE, app, "--network", "none", *mounted(tmp_path / "empty"), env={"PIP_RETRIES": "0"}
    )
    assert built.code != 0
    assert said in built.ours
