"""The section for pip goes through what requirements.txt goes through."""

from pathlib import Path

import pytest

from seldon_buildpack.manifests.conda import select as files
from seldon_buildpack.manifests.conda.pip_section import pip_requirements
from seldon_buildpack.manifests.requirements_txt import Requirements
from seldon_buildpack.messages.errors.requirements import BadRequirementLine, MissingInclude


def read(app: Path, lines: list[str], **env: str) -> Requirements | None:
    text = "dependencies:\n  - python=3.10\n  - pip:\n" + "".join(
        f"      - {line}\n" for line in lines
    )
    (app / "environment.yml").write_text(text)
    return pip_requirements(files.read(app, app / "environment.yml", env), app, env)


def found(app: Path, lines: list[str], **env: str) -> Requirements:
    requirements = read(app, lines, **env)
    assert requirements
    return requirements


def test_without_a_section_there_are_no_requirements(tmp_path: Path) -> None:
    assert read(tmp_path, []) is None


def test_all_that_a_requirements_file_may_say_is_read(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("toml==0.10.2\n")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/setup.py").touch()
    requirements = found(
        tmp_path,
        [
            "--index-url https://${USER_OF_INDEX}:s3cr3t@pypi.corp/simple",
            "--no-binary lxml",
            "-r more.txt",
            "-e ./mine",
            "seldon-core==1.16.0",
            "requests @ https://files.corp/requests-2.32.3-py3-none-any.whl",
            "git+https://git.corp/r.git@v1#egg=other",
        ],
        USER_OF_INDEX="bob",
    )
    assert requirements.path == tmp_path / "environment.yml"
    assert requirements.files == (tmp_path / "environment.yml", tmp_path / "more.txt")
    assert requirements.names == ("toml", "seldon-core", "requests", "other")
    assert requirements.editable == (tmp_path / "mine",)
    assert requirements.wrapper_version("1.17.1") == "1.16.0"
    assert requirements.index.index_url == "https://bob:s3cr3t@pypi.corp/simple"
    assert requirements.configuring == {"USER_OF_INDEX"}
    assert "s3cr3t" in {secret.reveal() for secret in requirements.secrets}
    assert requirements.text.splitlines()[2:5] == [
        "-r more.txt",
        "-e ./mine",
        "seldon-core==1.16.0",
    ]


def test_a_line_that_pip_would_refuse_is_named_where_it_stands(tmp_path: Path) -> None:
    with pytest.raises(BadRequirementLine) as raised:
        read(tmp_path, ["six", "scikit-learn=1.5.2"])
    assert "\n".join(raised.value.lines()[:8]) == (
        "\nERROR: Line 5 of `environment.yml` is not a valid requirement\n"
        "\n"
        "  scikit-learn=1.5.2\n"
        "  Expected semicolon (after name with no version specifier) or end.\n"
        "\n"
        "  What to do (choose one):\n"
        "  1. If you mean a version, write scikit-learn==1.5.2"
    )


def test_a_bad_line_of_an_included_file_is_named_there(tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text("six\nsix=1\n")
    with pytest.raises(BadRequirementLine) as raised:
        read(tmp_path, ["-r more.txt"])
    assert raised.value.title == "Line 2 of `more.txt` is not a valid requirement"


def test_an_included_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInclude) as raised:
        read(tmp_path, ["-r more.txt"])
    assert raised.value.title == "`environment.yml` includes `more.txt`, which does not exist"


def test_an_entry_of_several_lines_is_as_many_requirements(tmp_path: Path) -> None:
    requirements = found(tmp_path, ["|\n          six==1.16.0\n          toml==0.10.2"])
    assert requirements.names == ("six", "toml")
    assert requirements.text == "six==1.16.0\ntoml==0.10.2\n"


def test_condas_half_does_not_count_in_its_digest(tmp_path: Path) -> None:
    first = found(tmp_path, ["six"])
    text = (tmp_path / "environment.yml").read_text()
    (tmp_path / "environment.yml").write_text(
        "# a comment\n" + text.replace("python=3.10", "python=3.11")
    )
    second = pip_requirements(files.read(tmp_path, tmp_path / "environment.yml", {}), tmp_path, {})
    assert second
    assert first.digest == second.digest != found(tmp_path, ["six==1"]).digest


def test_the_pip_packages_of_a_lock_are_requirements_with_hashes(tmp_path: Path) -> None:
    (tmp_path / "explicit.txt").write_text(
        "@EXPLICIT\n# pip six @ https://files.corp/six-1.16.0-py2.py3-none-any.whl#sha256="
        + "0" * 64
        + "\n"
    )
    requirements = pip_requirements(
        files.read(tmp_path, tmp_path / "explicit.txt", {}), tmp_path, {}
    )
    assert requirements
    assert requirements.names == ("six",)
