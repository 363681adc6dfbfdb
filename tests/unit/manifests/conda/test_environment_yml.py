"""environment.yml: what is read of it, and each mistake with the line that it stands on."""

from pathlib import Path

import pytest

from seldon_buildpack.manifests.conda import environment_yml
from seldon_buildpack.manifests.conda.types import CondaEnvironment
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.conda_files import CondaPythonUnsupported, SpecOfPip
from tests.support.recursion import recursion_limit

FULL = """\
name: fraud
channels:
  - conda-forge
  - https://u:s3cr3t@conda.corp/${TEAM}
  - nodefaults
dependencies:
  - python=3.8
  - conda-forge::numpy>=1.20,<2
  - scipy=1.7.3=py38h56a6a73_0
  - "blas[build=*mkl]"
  - pip
  - pip:
      - -r more.txt
      - six==1.16.0
variables:
  RATE: 0.10
prefix: /home/me/envs/fraud
"""


def read(
    app: Path, text: str | bytes, name: str = "environment.yml", **env: str
) -> CondaEnvironment:
    (app / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return environment_yml.read(app, app / name, env)


def told(app: Path, text: str | bytes) -> list[str]:
    with pytest.raises(BuildError) as raised:
        read(app, text)
    return [line.strip() for line in raised.value.lines() if line.strip()]


def test_environment_is_read_whole_with_line_numbers(tmp_path: Path) -> None:
    found = read(tmp_path, FULL, TEAM="fraud")
    assert (found.name, found.kind, found.locked) == ("fraud", "environment", False)
    assert found.channels == ("conda-forge", "https://u:s3cr3t@conda.corp/fraud")
    assert found.nodefaults
    assert [(spec.text, spec.line) for spec in found.specs] == [
        ("python=3.8", 7),
        ("conda-forge::numpy>=1.20,<2", 8),
        ("scipy=1.7.3=py38h56a6a73_0", 9),
        ("blas[build=*mkl]", 10),
        ("pip", 11),
    ]
    assert [(line.text, line.line) for line in found.pip] == [
        ("-r more.txt", 13),
        ("six==1.16.0", 14),
    ]
    assert found.variables == {"RATE": "0.10"}
    assert (found.prefix, found.python, found.wrapper) == ("/home/me/envs/fraud", "=3.8", "")
    assert found.files == (tmp_path / "environment.yml",)


def test_credentials_are_secret_and_change_no_digest(tmp_path: Path) -> None:
    found, other = (
        read(tmp_path, FULL.replace("s3cr3t", password), TEAM="x")
        for password in ("s3cr3t", "other")
    )
    assert {"s3cr3t", "u:s3cr3t", "x"} == {secret.reveal() for secret in found.secrets}
    assert found.digest == other.digest
    assert "s3cr3t" not in repr(found)
    assert found.configuring == {"TEAM"}


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("python=3.8", "python=3.9", False),
        ("  - conda-forge\n", "  - bioconda\n  - conda-forge\n", False),
        ("  - nodefaults\n", "", False),
        ("six==1.16.0", "six==1.17.0", True),
        ("name: fraud", "# a comment\nname: other", True),
        ("0.10", "0.20", True),
    ],
)
def test_the_digest_is_over_what_condas_half_is_made_from(
    tmp_path: Path, old: str, new: str, same: bool
) -> None:
    assert (
        read(tmp_path, FULL, TEAM="x").digest
        == read(tmp_path, FULL.replace(old, new), TEAM="x").digest
    ) is same


@pytest.mark.parametrize(
    "text",
    [
        "dependencies: []\n",
        "name: x\n",
        "dependencies:\nchannels:\nname:\n",
        "dependencies:\n  - pip:\n",
    ],
)
def test_an_environment_of_nothing_is_one(tmp_path: Path, text: str) -> None:
    found = read(tmp_path, text)
    assert (found.specs, found.pip, found.python) == ((), (), "")


def test_line_ends_and_the_mark_of_windows_are_fine(tmp_path: Path) -> None:
    found = read(tmp_path, b"\xef\xbb\xbfname: x\r\ndependencies:\r\n  - numpy\r\n")
    assert [(spec.text, spec.line) for spec in found.specs] == [("numpy", 3)]


def test_conda_lock_keys_are_not_unknown(tmp_path: Path) -> None:
    read(
        tmp_path,
        "dependencies: [numpy]\nplatforms: [linux-64, osx-64]\ncategory: dev\npip-repositories: [https://h/simple]\n",
    )


@pytest.mark.parametrize(
    ("dependencies", "python", "wrapper"),
    [
        (["python", "numpy"], "*", ""),
        (["numpy"], "", ""),
        (["python >=3.8, <3.11", "seldon-core=1.16"], ">=3.8,<3.11", "=1.16"),
        (["python=3.8.13=h12debd9_0"], "==3.8.13", ""),
        (["python", "python=3.9"], "=3.9", ""),
        (["defaults::Python=3.9"], "=3.9", ""),
    ],
)
def test_the_versions_of_python_and_wrapper_are_known(
    tmp_path: Path, dependencies: list[str], python: str, wrapper: str
) -> None:
    found = read(tmp_path, "dependencies:\n" + "".join(f"  - {one}\n" for one in dependencies))
    assert (found.python, found.wrapper) == (python, wrapper)


@pytest.mark.parametrize("line", ["-r file:reqs/a.txt", "--constraint=file:b.txt"])
def test_an_include_by_a_relative_file_url_is_named(tmp_path: Path, line: str) -> None:
    text = f"dependencies:\n  - python=3.9\n  - pip\n  - pip:\n      - six\n      - {line}\n"
    (piece,) = read(tmp_path, text).advice
    assert "file:" in piece.found and "in line 6 is read as" in piece.found
    assert read(tmp_path, text.replace("file:", "")).advice == ()
    assert read(tmp_path, text.replace("file:", "file:///x/")).advice == ()


def test_what_will_surprise_is_said(tmp_path: Path) -> None:
    text = (
        "dependencies:\n  - python 3.8\n  - pywin32  # [win]\n  - numpy # [linux]\n  - six # [sic]\n"
        "variables:\n  API_TOKEN: abcdefgh\nprefix: C:\\envs\\x\n"
    )
    assert [piece.found for piece in read(tmp_path, text, "environment.yaml").advice] == [
        "The build installs environment.yaml. s2i reads only environment.yml.",
        "environment.yaml: the prefix in line 8 is from the machine that wrote the file, and is ignored.",
        "environment.yaml: `[win]` in line 3 is only a comment to conda, so pywin32 is installed here too.",
        "environment.yaml: the variable API_TOKEN looks like a credential, and everyone who has the image can read it.",
        "environment.yaml: line 2 requires exactly Python 3.8.0, not any 3.8.",
    ]


YAML = [
    (
        "name: x\ndependencies:\n\t- numpy\n",
        3,
        "It is indented with a tab, which YAML does not allow.",
    ),
    (
        "name:x\ndependencies:\n  - numpy\n",
        2,
        "The line before it has no space after its colon: name:x.",
    ),
    ("name: a: b\n", 1, "It has a colon where a key is not allowed."),
    (
        "dependencies:\n  - numpy\n - pandas\n",
        3,
        "Its indentation differs from the entries before it.",
    ),
    (
        "dependencies:\n  - numpy\n  pandas\n",
        3,
        "It is neither a list entry nor a key with a colon.",
    ),
    ("dependencies:\n  - 'numpy\n  - six\n", 2, "A quotation mark is not closed."),
    ("name: x\ndependencies: [numpy\n", 2, "A `]` or a comma is missing."),
    ("dependencies:\n  - @numpy\n", 2, "It starts with a character that YAML reserves."),
    ("dependencies:\n  - *\n", 2, "It starts with a character that YAML reserves."),
    (
        "dependencies:\n  - {{ numpy }}\n",
        2,
        "It contains a Jinja template, which conda supports only in recipes.",
    ),
    (
        "name: x\n<<<<<<< HEAD\nchannels: []\n=======\n>>>>>>> b\n",
        2,
        "It is a merge conflict marker.",
    ),
    (
        "name: x\ndependencies: &all [*all]\n",
        2,
        "Its alias expands to too many values, or to itself.",
    ),
    (
        "name: x\nchannels: " + "[" * 30 + "]" * 30,
        2,
        "Its alias expands to too many values, or to itself.",
    ),
    ("name: " + "[" * 5000, 1, "Its lists are nested too deeply."),
]


@pytest.mark.parametrize(("text", "line", "why"), YAML)
def test_invalid_yaml_is_named_with_its_line_and_reason(
    tmp_path: Path, text: str, line: int, why: str
) -> None:
    with recursion_limit():
        lines = told(tmp_path, text)
    assert lines[0] == f"ERROR: Line {line} of `environment.yml` is not valid YAML"
    assert why in lines


MISTAKES = {
    "# nothing\n": "`environment.yml` is empty",
    "- numpy\n": "`environment.yml` is not a conda environment",
    "numpy\n": "`environment.yml` is not a conda environment",
    "name: x\n---\nname: y\n": "`environment.yml` contains more than one document",
    "name: x\nchannels: []\nname: y\n": "Line 3 of `environment.yml` repeats `name:`",
    "name: x\ndependancies:\n  - numpy\n": "Line 2 of `environment.yml` has an unknown key: `dependancies`",
    "dependencies:\n  - numpy\npip:\n  - six\n": "Line 3 of `environment.yml` has `pip:` next to `dependencies:`",
    "dependencies:\n  -numpy\n  -six\n": "Line 1 of `environment.yml`: `dependencies:` is not a list",
    "channels: conda-forge\n": "Line 1 of `environment.yml`: `channels:` is not a list",
    "channels:\n  - a: b\n": "Line 2 of `environment.yml`: an entry of `channels:` is not a string",
    "channels:\n  -\n": "Line 2 of `environment.yml`: an entry of `channels:` is not a string",
    "name: [x]\n": "Line 1 of `environment.yml`: `name:` is not a string",
    "dependencies:\n  -\n": "Line 2 of `environment.yml`: an entry of `dependencies:` is not a string",
    "dependencies:\n  - 3.8\n": "Line 2 of `environment.yml` is not a dependency",
    "dependencies:\n  - python: 3.8\n": "Line 2 of `environment.yml` is not a dependency",
    "dependencies:\n  python: 3.8\n": "Line 1 of `environment.yml`: `dependencies:` is not a list",
    "dependencies:\n  - sel(linux): numpy\n": "Line 2 of `environment.yml` has a selector: `sel(linux)`",
    "dependencies:\n  - pip: six\n": "Line 2 of `environment.yml`: `pip:` is not a list",
    "dependencies:\n  - pip:\n      - a: b\n": "Line 3 of `environment.yml`: an entry of `pip:` is not a string",
    "dependencies:\n  - pip:\n      - six\n  - pip:\n      - toml\n": "Line 4 of `environment.yml` repeats `- pip:`",
    "dependencies:\n  - numpy\n  - six==1; python_version<'3'\n": "Line 3 of `environment.yml` is for pip, not for conda",
    "dependencies:\n  - numpy\n  - numpy=>1.2\n": "Line 3 of `environment.yml` is not a valid conda dependency",
    "variables:\n  - A=b\n": "Line 1 of `environment.yml`: `variables:` is not a mapping",
    "variables:\n  A: x\n  B/../C: x\n": "Line 3 of `environment.yml`: the text before the colon is not a variable name",
    "variables:\n  A:\n": "Line 2 of `environment.yml`: `A:` is not a string",
    "channels:\n  - https://h/${NOT_SET}/c\n": "Line 2 of `environment.yml` uses `NOT_SET`, which is not set",
    "dependencies:\n  - python=2.7\n": "Python 2.7 is not supported",
    "dependencies:\n  - python=3.5.6=hc3d631a_0\n": "Python 3.5.6 is not supported",
    "dependencies:\n  - python>=3.14\n": "Python >=3.14 is not supported",
}


@pytest.mark.parametrize(
    ("text", "title"),
    MISTAKES.items(),
    ids=[title.replace("environment.yml", "it") for title in MISTAKES.values()],
)
def test_each_mistake_is_named_with_its_line(tmp_path: Path, text: str, title: str) -> None:
    assert told(tmp_path, text)[0] == f"ERROR: {title}"


def test_of_several_mistakes_the_first_is_said(tmp_path: Path) -> None:
    assert (
        told(tmp_path, "channels: x\ndependencies: y\nvariable: z\n")[0]
        == "ERROR: Line 1 of `environment.yml`: `channels:` is not a list"
    )


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("name:x\nchannels: []\n", "1. Write name: x"),
        ("dependencies:\n  -numpy\n  -six\n", "1. Put a space after each hyphen: - numpy"),
        (
            "channels: conda-forge\n",
            "1. Write each entry on its own line, with `- ` before it: - conda-forge",
        ),
        ("dependencies:\n  - python: 3.8\n", "1. Write - python=3.8"),
        ("dependencies:\n  - python: '>=3.8'\n", "1. Write - python>=3.8"),
        ("dependencies:\n  - 3.8\n", "1. Write - python=3.8"),
        ("dependancies: []\n", "1. If you mean dependencies, write `dependencies:`"),
        ("requirements: []\n", "1. If you mean dependencies, write `dependencies:`"),
        ("dependencies:\n  - numpy=>1.2\n", "1. If that is what you mean, write - numpy>=1.2"),
        ("dependencies:\n  - six[a]==1\n", "2. If conda's package is sufficient, write - six==1"),
        ("variables:\n  - A=b\n", "1. Write A: b"),
    ],
)
def test_what_was_likely_meant_is_offered(tmp_path: Path, text: str, fix: str) -> None:
    assert fix in told(tmp_path, text)


def test_a_requirement_of_pips_is_explained_in_full(tmp_path: Path) -> None:
    with pytest.raises(SpecOfPip) as raised:
        read(tmp_path, "dependencies:\n  - python=3.10\n  - transformers[torch]==4.40\n")
    assert "\n".join(raised.value.lines()) == (
        "\nERROR: Line 3 of `environment.yml` is for pip, not for conda\n"
        "\n"
        "  transformers[torch]==4.40\n"
        "  Conda cannot parse it: `[torch]` is an extra, which only pip supports.\n"
        "\n"
        "  What to do (choose one):\n"
        "  1. Move it to the pip section:\n"
        "     - pip:\n"
        "         - transformers[torch]==4.40\n"
        "  2. If conda's package is sufficient, write - transformers==4.40\n"
    )


def test_a_python_without_a_wrapper_is_explained_in_full(tmp_path: Path) -> None:
    with pytest.raises(CondaPythonUnsupported) as raised:
        read(tmp_path, "dependencies:\n  - python=2.7\n")
    assert "\n".join(raised.value.lines()) == (
        "\nERROR: Python 2.7 is not supported\n"
        "\n"
        "  Line 2 of environment.yml requires it. seldon-core 1.17.1, the newest wrapper under the Apache licence, runs on Python 3.7 to 3.13,"
        " and 1.14.1 on 3.6.\n"
        "\n"
        "  What to do:\n"
        "  1. Require one of these in environment.yml, such as python=3.12\n"
    )


@pytest.mark.parametrize(
    ("data", "fix"),
    [
        (
            "name: x\n".encode("utf-16"),
            "2. Regenerate it in PowerShell: `conda env export -f environment.yml`.",
        ),
        (b"name: caf\xe9\n", "1. Save environment.yml as UTF-8."),
    ],
)
def test_other_encodings_are_named(tmp_path: Path, data: bytes, fix: str) -> None:
    assert fix in told(tmp_path, data)
