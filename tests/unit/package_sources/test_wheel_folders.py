"""Wheels in folders of the user's own: what uv 0.13.9 printed of those that it could not install, and the error that is made of it."""

import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from seldon_buildpack import digests
from seldon_buildpack.commands.uv import Outcome
from seldon_buildpack.diagnosis import install as diagnosis
from seldon_buildpack.diagnosis.uv_output import Attempt
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.packages import WrongPython
from seldon_buildpack.messages.errors.source_files import GitLfsPointers
from seldon_buildpack.messages.errors.wheels import (
    WheelBroken,
    WheelFolderMissing,
    WheelFolderUnreadable,
    WheelUnsuited,
)
from seldon_buildpack.package_sources import wheel_folders
from seldon_buildpack.package_sources.indexes import Index


@pytest.mark.parametrize(
    ("name", "words", "pythons"),
    [
        (
            "m-1.0-cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
            "Python 3.9 on linux x86_64 with glibc 2.17 or newer",
            ("3.9",),
        ),
        ("m-1.0-2-cp310-cp310-linux_x86_64.whl", "Python 3.10 on linux x86_64", ("3.10",)),
        ("m-1.0-cp312-cp312-win_amd64.whl", "Python 3.12 on Windows amd64", ()),
        ("m-1.0-py3-none-win32.whl", "Python 3 on Windows 32 bit", ()),
        (
            "m-1.0-cp39-abi3-macosx_11_0_arm64.whl",
            "Python 3.9 and newer on macOS 11.0 or newer, arm64",
            (),
        ),
        (
            "m-1.0-cp312-cp312-manylinux2014_aarch64.whl",
            "Python 3.12 on linux aarch64 with glibc 2.17 or newer",
            (),
        ),
        (
            "m-1.0-cp312-cp312-musllinux_1_2_x86_64.whl",
            "Python 3.12 on linux x86_64 with musl, as in Alpine",
            (),
        ),
        (
            "m-1.0-cp313-cp313t-manylinux_2_17_x86_64.whl",
            "Python 3.13 without the GIL on linux x86_64 with glibc 2.17 or newer",
            (),
        ),
        ("m-1.0-pp310-pypy310_pp73-any.whl", "PyPy 3.10 on any platform", ()),
        ("m-1.0-py2-none-any.whl", "Python 2 on any platform", ()),
        ("m-1.0-py314-none-any.whl", "Python 3.14 and newer on any platform", ()),
    ],
)
def test_what_a_wheel_is_for_is_said_in_plain_words(
    name: str, words: str, pythons: tuple[str, ...]
) -> None:
    assert wheel_folders.fit_of(name, "3.12.1") == wheel_folders.WheelTarget(words, pythons)


@pytest.mark.parametrize(
    "name",
    [
        "m-1.0-py3-none-any.whl",
        "m-1.0-py2.py3-none-any.whl",
        "m-1.0-cp38-abi3-manylinux1_x86_64.whl",
        "m-1.0-cp312-cp312-linux_x86_64.whl",
        "m.whl",
    ],
)
def test_fitting_or_unclear_wheel_names_get_no_remark(name: str) -> None:
    assert wheel_folders.fit_of(name, "3.12.1") is None


def unsatisfiable(cause: str, hint: str = "") -> str:
    return f"error: No solution found when resolving dependencies\n  cause: {cause}\n" + (
        f"hint: {hint}\n" if hint else ""
    )


NO_ABI = unsatisfiable(
    "Because mine==1.0 has no wheels with a matching Python ABI tag (e.g., `cp312`) and only mine==1.0 is available, we can conclude that all "
    "versions of mine cannot be used.\n         And because you require mine, we can conclude that your requirements are unsatisfiable.",
    "You require CPython 3.12 (`cp312`), but we only found wheels for `mine` (v1.0) with the following Python ABI tag: `cp39`",
)
BY_PATH = unsatisfiable(
    "Because only mine==1.0 is available and mine==1.0 has no wheels with a matching Python version tag (e.g., `cp312`), we can conclude that "
    "all versions of mine cannot be used.\n         And because you require mine, we can conclude that your requirements are unsatisfiable."
)

PATH_OF_ANOTHER_PLATFORM = """\
Resolved 1 package in 9ms
error: Failed to determine installation plan
  cause: A path (./local/mine-1.0-cp39-cp39-linux_x86_64.whl) dependency is incompatible with the current platform
hint: The wheel is compatible with CPython 3.9 (`cp39`), but you're using CPython 3.12 (`cp312`)"""


def explained(output: str, app: Path, **index: Any) -> BuildError:
    attempt = Attempt(
        index=Index(**index),
        python="3.12.1",
        wrapper="1.17.1",
        app=app,
        local=tuple((app / "local").glob("*")),
    )
    return diagnosis.explain(Outcome(1, tuple(output.splitlines())), attempt)


def written(path: Path, content: bytes = b"PK") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("output", "folder"),
    [(NO_ABI, "wheels"), (BY_PATH, "local"), (PATH_OF_ANOTHER_PLATFORM, "local")],
)
def test_wheel_for_another_python_is_named_with_that_python(
    tmp_path: Path, output: str, folder: str
) -> None:
    (tmp_path / "wheels").mkdir()
    written(tmp_path / folder / "mine-1.0-cp39-cp39-linux_x86_64.whl")
    error = explained(output, tmp_path, folders=(tmp_path / "wheels",))
    assert isinstance(error, WheelUnsuited)
    assert (
        error.title
        == f"`./{folder}/mine-1.0-cp39-cp39-linux_x86_64.whl` is not compatible with the image"
    )
    assert error.cause.startswith(
        f"./{folder}/mine-1.0-cp39-cp39-linux_x86_64.whl is for Python 3.9 on linux x86_64.\nThe image has Python 3.12.1 on linux x86_64 with glibc 2."
    )
    assert (
        error.fixes[0]
        == "Set BP_PYTHON_VERSION=3.9 in .s2i/environment, or pass `--env BP_PYTHON_VERSION=3.9`."
    )


def test_an_index_is_offered_only_where_none_was_asked(tmp_path: Path) -> None:
    written(tmp_path / "wheels/mine-1.0-cp39-cp39-win_amd64.whl")
    first = explained(NO_ABI, tmp_path, folders=(tmp_path / "wheels",))
    assert "BP_PIP_INDEX_STRATEGY=unsafe-best-match" in first.fixes[-1]
    beside = explained(NO_ABI, tmp_path, find_links=(str(tmp_path / "wheels"),))
    assert [fix.split()[0] for fix in beside.fixes] == ["Build"]


def test_several_wheels_that_do_not_fit_are_all_named(tmp_path: Path) -> None:
    for tags in ("cp310-cp310-linux_x86_64", "cp39-cp39-linux_x86_64", "cp312-cp312-win_amd64"):
        written(tmp_path / f"wheels/mine-1.0-{tags}.whl")
    error = explained(NO_ABI, tmp_path, folders=(tmp_path / "wheels",))
    assert error.title == "No wheel of `mine` is compatible with the image"
    assert len(error.cause.splitlines()) == 4
    assert error.fixes[0].startswith("Set BP_PYTHON_VERSION=3.10")


def test_index_package_is_not_taken_for_a_local_wheel(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    assert isinstance(explained(NO_ABI, tmp_path, folders=(tmp_path / "wheels",)), WrongPython)


def invalid(reason: str) -> str:
    return unsatisfiable(
        "Because mine==1.0 has an invalid package format and only mine==1.0 is available, we can conclude that all versions of mine cannot be "
        "used.\n         And because you require mine, we can conclude that your requirements are unsatisfiable.",
        f"The structure of `mine` (v1.0) was invalid:\n  {reason}",
    )


FOLDER = invalid("Failed to read from zip file")
FILE = """\
error: Failed to read `mine @ file://{app}/local/mine-1.0-py3-none-any.whl`
  cause: Failed to read metadata: {app}/local/mine-1.0-py3-none-any.whl
  cause: Failed to read from zip file
  cause: unable to locate the end of central directory record"""
DAMAGED = """\
Resolved 1 package in 1ms
error: Failed to download `mine==1.0`
  cause: Failed to extract archive: {app}/wheels/mine-1.0-py3-none-any.whl
  cause: Bad CRC (got 739ea50e, expected 9f456183) for file: mine.py"""
RENAMED = """\
error: Failed to install: mine-1.0-py3-none-any.whl (mine==1.0)
  cause: Wheel version does not match filename (2.0 != 1.0), which indicates a malformed wheel. If this is intentional, set `UV_SKIP_WHEEL_FILENAME_CHECK=1`."""


@pytest.mark.parametrize(
    ("output", "place", "content", "reason"),
    [
        (FOLDER, "wheels", b"", "it is empty"),
        (FOLDER, "wheels", b"\n<!doctype html>", "it is a web page"),
        (FOLDER, "wheels", b"not a zip", "it is not a zip archive, which every wheel is"),
        (
            FILE,
            "local",
            b"PK\3\4",
            "its end is missing, because it was not copied or downloaded completely",
        ),
        (
            invalid("No .dist-info directory found"),
            "wheels",
            b"PK",
            "uv says: No .dist-info directory found",
        ),
        (
            DAMAGED,
            "wheels",
            b"PK",
            "uv says: Bad CRC (got 739ea50e, expected 9f456183) for file: mine.py",
        ),
        (
            RENAMED,
            "wheels",
            b"PK",
            "uv says: Wheel version does not match filename (2.0 != 1.0)",
        ),
    ],
)
def test_a_broken_wheel_is_named_with_what_is_wrong(
    tmp_path: Path, output: str, place: str, content: bytes, reason: str
) -> None:
    name = f"{place}/mine-1.0-py3-none-any.whl"
    written(tmp_path / name, content)
    (tmp_path / "wheels").mkdir(exist_ok=True)
    error = explained(output.format(app=tmp_path), tmp_path, folders=(tmp_path / "wheels",))
    assert isinstance(error, WheelBroken)
    assert (error.title, error.cause) == (
        f"The wheel `./{name}` is broken",
        f"It cannot be installed: {reason}.",
    )


def test_a_wheel_that_is_a_git_lfs_pointer_is_named(tmp_path: Path) -> None:
    name = "wheels/mine-1.0-py3-none-any.whl"
    written(tmp_path / name, b"version https://git-lfs.github.com/spec/v1\noid")
    error = explained(FOLDER.format(app=tmp_path), tmp_path, folders=(tmp_path / "wheels",))
    assert isinstance(error, GitLfsPointers)
    assert error.title == f"`./{name}` is a Git LFS pointer, not the file itself"


MISSING = unsatisfiable(
    "Because mine was not found in the package registry and you require mine, we can conclude that your requirements are unsatisfiable."
)


def test_a_wheel_that_is_passed_over_for_its_name_is_mentioned(tmp_path: Path) -> None:
    written(tmp_path / "wheels/mine-1.0-py3-none-any (1).whl")
    error = explained(MISSING, tmp_path, folders=(tmp_path / "wheels",))
    assert error.title == "`./wheels/mine-1.0-py3-none-any (1).whl` is not a valid wheel name"


def test_a_folder_without_wheels_is_part_of_the_answer(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    error = explained(MISSING, tmp_path, folders=(tmp_path / "wheels",))
    assert error.title == "The package `mine` was not found"
    assert error.cause == "The wheel folder ./wheels is empty.\nSearched: ./wheels, PyPI."
    assert error.fixes[0] == "Check the spelling in your requirements."


AWAY = """\
error: Request failed after 3 retries in 9.5s
  cause: Failed to fetch: https://public.example/simple/seldon-core/
  cause: error sending request for url (https://public.example/simple/seldon-core/)
  cause: client error (Connect)
  cause: tcp connect error
  cause: Connection refused (os error 111)"""


def test_without_a_network_what_the_folders_lack_is_named(tmp_path: Path) -> None:
    written(tmp_path / "wheels/other-1.0-py3-none-any.whl")
    attempt = Attempt(
        index=Index(folders=(tmp_path / "wheels",)),
        python="3.12.1",
        wrapper="1.17.1",
        app=tmp_path,
        lacking="mine",
    )
    error = diagnosis.explain(Outcome(1, tuple(AWAY.splitlines())), attempt)
    assert error.title == "PyPI cannot be reached"
    assert error.cause.splitlines()[0] == "There is no wheel of mine in ./wheels."
    assert error.fixes[0] == "Add a wheel of mine to ./wheels."


def test_only_what_can_be_installed_counts_of_a_folder(tmp_path: Path) -> None:
    for name in (
        "a-1.0-py3-none-any.whl",
        "b-1.0.tar.gz",
        "c-1.0.zip",
        "README.md",
        "model.py",
        "more/d-1.0-py3-none-any.whl",
    ):
        written(tmp_path / "wheels" / name)
    assert [path.name for path in wheel_folders.archives(tmp_path / "wheels", tmp_path)] == [
        "a-1.0-py3-none-any.whl",
        "b-1.0.tar.gz",
        "c-1.0.zip",
    ]


@pytest.mark.parametrize(
    ("folder", "title"), [("nowhere", "does not exist"), ("requirements.txt", "is a file")]
)
def test_a_folder_that_is_none_is_named(tmp_path: Path, folder: str, title: str) -> None:
    written(tmp_path / "requirements.txt")
    with pytest.raises(WheelFolderMissing, match=f"The wheel folder `./{folder}` {title}"):
        wheel_folders.archives(tmp_path / folder, tmp_path)


def test_a_link_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels/mine-1.0-py3-none-any.whl").symlink_to("/elsewhere/mine.whl")
    with pytest.raises(
        WheelFolderUnreadable,
        match=r"The wheel `./wheels/mine-1.0-py3-none-any.whl` cannot be read",
    ) as raised:
        wheel_folders.archives(tmp_path / "wheels", tmp_path)
    assert "a link to /elsewhere/mine.whl" in raised.value.cause


def wheel(path: Path, *files: tuple[str, str], comment: bytes = b"") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files:
            archive.writestr(zipfile.ZipInfo(name), text)
        archive.comment = comment
    return path


def test_a_wheels_key_is_of_its_content(tmp_path: Path) -> None:
    path = tmp_path / "m-1.0-py3-none-any.whl"

    def key(*files: tuple[str, str], comment: bytes = b"") -> str:
        return digests.of_archives([wheel(path, *files, comment=comment)], tmp_path)

    first = key(("m.py", "SAYS = 1\n"))
    assert first == key(("m.py", "SAYS = 1\n"))
    others = {
        key(("m.py", "SAYS = 2\n")),
        key(("n.py", "SAYS = 1\n")),
        key(("m.py", "SAYS = 1\n"), ("n.py", "")),
        key(),
    }
    others.add(key(("m.py", "SAYS = 1\n"), comment=b"x" * 0xFFFF))
    assert len(others) == 5
    assert first not in others


@pytest.mark.parametrize(
    "content", [b"", b"no zip archive", b"PK\5\6" + b"\0" * 18, b"PK\5\6" + b"\xff" * 18]
)
def test_what_is_no_whole_wheel_is_read_as_a_whole(tmp_path: Path, content: bytes) -> None:
    path = written(tmp_path / "m-1.0-py3-none-any.whl", content)
    before = digests.of_archives([path], tmp_path)
    path.write_bytes(b"x" + content)
    assert digests.of_archives([path], tmp_path) != before


def test_the_key_of_a_large_wheel_does_not_read_it(tmp_path: Path) -> None:
    path = tmp_path / "m-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("m.bin", os.urandom(1 << 20))
    before = digests.of_archives([path], tmp_path)
    data = bytearray(path.read_bytes())
    data[1000:1010] = b"0" * 10
    path.write_bytes(data)
    # Such a file is broken, for its checksum is wrong: only one that was written anew is another one.
    assert digests.of_archives([path], tmp_path) == before
