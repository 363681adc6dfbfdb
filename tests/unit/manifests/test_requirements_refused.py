"""Lines that pip refuses, or that nobody can install, end as an error with their number."""

import time
from pathlib import Path

import pytest

from seldon_buildpack.commands.uv import Outcome
from seldon_buildpack.diagnosis import install
from seldon_buildpack.diagnosis.uv_output import Attempt
from seldon_buildpack.manifests import requirements_export, requirements_txt
from seldon_buildpack.manifests.requirements_txt import Requirements
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.package_sources.indexes import Index

ZERO = "0" * 64


def read(app: Path, text: str | bytes, **files: str) -> Requirements:
    for name, content in files.items():
        (app / name.replace("__", ".")).write_text(content)
    path = app / "requirements.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return requirements_txt.read(app, path, {"TOKEN": "t0k"})


def refused(app: Path, text: str | bytes, **files: str) -> BuildError:
    with pytest.raises(BuildError) as raised:
        read(app, text, **files)
    return raised.value


@pytest.mark.parametrize(
    ("line", "title", "advice"),
    [
        ("- six==1.16.0", "Line 2 of requirements.txt is not a requirement", "alone: six==1.16.0"),
        ("- six=1.16.0=py_0", "Line 2 of requirements.txt is not a requirement", "six==1.16.0"),
        ("dependencies:", "Line 2 of requirements.txt is not a requirement", "environment.yml"),
        ("<<<<<<< HEAD", "Line 2 of requirements.txt is not a requirement", "Choose between"),
        ("=======", "Line 2 of requirements.txt is not a requirement", "Choose between"),
        ("six==" + "9" * 5000, "Line 2 of `requirements.txt` is not a valid requirement", "Write"),
        ("python==3.8", "Line 2 of requirements.txt requires Python itself", "VERSION=3.8"),
        ("pkg_resources==0.0.0", "Line 2 of requirements.txt cannot be installed", "Remove line 2"),
        (
            "six @ file:///croot/six_1/work",
            "Line 2 of requirements.txt names a path of another machine",
            "pip list --format=freeze > requirements.txt",
        ),
        (
            "six @ file:///home/me/six",
            "Line 2 of requirements.txt names a path of another machine",
            "Copy the folder",
        ),
        (
            "https://h/a-1.0-cp38-cp38-win_amd64.whl",
            "Line 2 of requirements.txt is a wheel for Windows",
            "sys_platform == 'win32'",
        ),
        ("six --global-option=-x", "Line 2 of requirements.txt uses --global-option", "wheel"),
        ("a @ hg+https://h/a", "Line 2 of requirements.txt needs Mercurial", "pip wheel"),
        (
            "-e git@github.com:o/r.git#egg=r",
            "Line 2 of requirements.txt is not a requirement",
            "Write git+ssh://git@github.com/o/r.git#egg=r",
        ),
        (
            "https://github.com/o/r.git",
            "Line 2 of requirements.txt is not a requirement",
            "Write git+https://github.com/o/r.git",
        ),
        (
            "--upgrade",
            "Line 2 of requirements.txt has an option that cannot be read",
            "Remove --upgrade",
        ),
        (
            "six --hash=sha256:00",
            "Line 2 of requirements.txt has a hash that cannot be right",
            "Generate the hashes",
        ),
        (
            "-r requirements.txt",
            "Line 2 of requirements.txt includes a file that cannot be read",
            "remove line 2",
        ),
        ("-c more.txt", "Line 1 of more.txt is not a constraint", "Remove the line"),
    ],
)
def test_line_that_cannot_be_installed_is_named(
    tmp_path: Path, line: str, title: str, advice: str
) -> None:
    error = refused(tmp_path, f"six\n{line}\n", more__txt="six[x]<2\n")
    assert error.title == title
    assert any(advice in fix for fix in error.fixes)


@pytest.mark.parametrize(
    "line",
    [
        "a @ file:///croot/six_1/work ; sys_platform == 'win32'",
        "./a-1.0-py3-none-win_amd64.whl ; sys_platform == 'win32'",
        "python-dateutil==2.9.0",
        "pkg-resources-shim==0.0.1",
        "# - six==1.16.0",
        "a @ file:///whl/a-1.0-py3-none-any.whl",
    ],
)
def test_line_that_resembles_a_mistake_is_read(tmp_path: Path, line: str) -> None:
    read(tmp_path, line)


@pytest.mark.parametrize(
    "data",
    [
        "sïx; python_version>'3'\n".replace("ï", "i").encode("utf-16"),
        "six\r\n".encode("utf-32"),
        b"\xef\xbb\xbfsix\r\n",
        b"# -*- coding: utf-16 -*-\nsix\n",
        b"# coding: nonsense\nsix\n",
        b"# coding: rot13\nsix\n",
        "# vim: set fileencoding=latin-1: coding=latin-1\nsix # gr\u00fc\u00dfe\n".encode(
            "latin-1"
        ),
        b"six \\\n==1.0 \\",
        b"s\\\nix",
    ],
)
def test_file_is_read_in_any_encoding(tmp_path: Path, data: bytes) -> None:
    assert read(tmp_path, data).names == ("six",)


def test_variables_are_expanded_in_lines_that_count(tmp_path: Path) -> None:
    (tmp_path / "t0k").mkdir()
    (tmp_path / "t0k/setup.py").touch()
    lines = (
        "a @ https://${TOKEN}@h/a.zip\n# ${OTHER}\n-e ./${TOKEN}\nb @ git+file:///x/${UNSET}/r\n"
    )
    found = read(tmp_path, lines)
    assert found.variables == {"TOKEN", "UNSET"}
    assert [requirements_export.spell(line) for line in found.lines] == [
        "a @ https://t0k@h/a.zip",
        f"-e {(tmp_path / 't0k').as_uri()}",
        "b @ git+file:///x/$%7BUNSET}/r",
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("six --pre", "--pre has no effect behind a requirement"),
        ("--prefer-binary", "--prefer-binary has no effect"),
        ("--pre six", "`six` is ignored"),
        (f"six --hash=sha256:{ZERO}\ntoml", "has no hash"),
        ("https://h/a.zip -C x=y", "--config-settings has no effect"),
    ],
)
def test_option_that_differs_from_pip_is_a_warning(tmp_path: Path, line: str, words: str) -> None:
    (advice,) = read(tmp_path, line).advice
    assert words in advice.found


def test_settings_and_formats_are_given_to_uv(tmp_path: Path) -> None:
    found = read(tmp_path, "six -C 'a=b c'\n--no-binary :all: --only-binary=Six\n--pre\n")
    export = requirements_export.export(found, tmp_path)
    assert export.settings == ("--config-settings-package", "six:a=b c")
    assert (found.index.no_binary, found.index.only_binary) == ((":all:",), ("six",))


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (
            "Couldn't parse requirement in `{}` at position 12\n  cause: no URL",
            "Line 3 of more.txt",
        ),
        ("Unexpected '-': {}:1:1", "Line 2 of more.txt"),
    ],
)
def test_line_that_uv_refuses_is_named_in_the_users_file(
    tmp_path: Path, message: str, line: str
) -> None:
    found = read(tmp_path, "-r more.txt\nsix\n", more__txt="# why\nnumpy==1.0\nm\\\nine @ ./ü.zip")
    export = requirements_export.export(found, tmp_path)
    outcome = Outcome(2, tuple(f"error: {message.format(export.requirements)}".splitlines()))
    attempt = Attempt(
        index=Index(), python="3.12", wrapper="1.17.1", app=tmp_path, requirements=found
    )
    assert install.explain(outcome, attempt).title.startswith(line)


@pytest.mark.parametrize(
    "text",
    [
        "a" + " " * 10_000 + "==1",
        "six --hash" + " " * 60_000 + "'x",
        "\t" * 1_000_000 + "six",
        "\n" * 3_900_000,
        "x#" * 1_000_000,
        "a" + "." * 7900,
        "six;" + "(" * 7000,
        "-f " + "a" * 900_000,
        "-r " + "a" * 5000,
        "-r a/" + "b/" * 5000,
        "#" * 300 + "\n-r a\0b",
        "# coding: punycode\n" + "x" * 1_000_000,
    ],
)
def test_no_line_takes_long(tmp_path: Path, text: str) -> None:
    start = time.monotonic()
    try:
        read(tmp_path, text)
    except BuildError as error:
        assert len("".join(error.lines())) < 2000
    assert time.monotonic() - start < 4


def test_long_chain_of_includes_is_refused(tmp_path: Path) -> None:
    files = {f"a{number}__txt": f"-r a{number + 1}.txt\n" for number in range(1500)}
    error = refused(tmp_path, "-r a0.txt", **files)
    assert error.title == "Line 1 of a498.txt includes a file that cannot be read"


def test_link_in_a_circle_is_named(tmp_path: Path) -> None:
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    assert "loop.txt" in refused(tmp_path, "-r loop.txt").title


def test_include_in_s2i_source_is_read(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        "-r /microservice/more.txt\n-c file:///microservice/c.txt",
        more__txt="six",
        c__txt="six<2",
    )
    assert [(line.name, line.constraint) for line in found.lines] == [("six", False), ("six", True)]
