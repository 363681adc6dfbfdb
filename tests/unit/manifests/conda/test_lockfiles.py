"""What locks of conda packages hold for this platform, and what is wrong with them."""

from pathlib import Path

import pytest

from seldon_buildpack.manifests.conda import select as files
from seldon_buildpack.manifests.conda.types import CondaEnvironment, Locked
from seldon_buildpack.messages.errors.base import BuildError

MD5, SHA = "0" * 31 + "a", "1" * 63 + "b"
CHANNEL = "https://conda.corp/forge"
PYTHON = f"{CHANNEL}/linux-64/python-3.10.13-hd12c33a_1_cpython.conda"
SIX = f"{CHANNEL}/noarch/six-1.16.0-pyh6c4a22f_0.tar.bz2"

EXPLICIT = f"""\
# This file may be used to create an environment using:
# platform: linux-64
@EXPLICIT
{PYTHON}#{MD5}

{SIX}#sha256:{SHA}
https://u:s3cr3t@conda.corp/t/t0k3n/forge/noarch/toml-0.10.2-pyhd8ed1ab_0.conda#{SHA}
# pip requests @ https://files.corp/requests-2.32.3-py3-none-any.whl#sha256={SHA}
"""

CONDA_LOCK = f"""\
version: 1
metadata:
  content_hash:
    linux-64: abc
  channels:
  - url: {CHANNEL}
    used_env_vars: []
  platforms:
  - linux-64
  - osx-64
  sources:
  - environment.yml
package:
- name: python
  version: 3.10.13
  manager: conda
  platform: linux-64
  url: {PYTHON}
  hash:
    md5: {MD5}
    sha256: {SHA}
  category: main
  optional: false
- name: python
  version: 3.10.13
  manager: conda
  platform: osx-64
  url: {CHANNEL}/osx-64/python-3.10.13-h1_0.conda
  hash: {{md5: {MD5}}}
  category: main
  optional: false
- name: pytest
  version: 8.0.0
  manager: conda
  platform: linux-64
  url: {CHANNEL}/noarch/pytest-8.0.0-h1_0.conda
  hash: {{md5: {MD5}}}
  category: dev
  optional: true
- name: seldon-core
  version: 1.10
  manager: pip
  platform: linux-64
  url: https://files.corp/seldon_core-1.10-py3-none-any.whl
  hash:
    sha256: {SHA}
  category: main
  optional: false
- name: mine
  version: '1.0'
  manager: pip
  platform: linux-64
  url: git+https://git.corp/mine.git@0123abc
  hash:
    sha256: null
  category: main
  optional: false
"""

PIXI_6 = f"""\
version: 6
environments:
  default:
    channels:
    - url: {CHANNEL}/
    indexes:
    - https://pypi.corp/simple
    - https://other.corp/simple
    packages:
      linux-64:
      - conda: {PYTHON}
      - conda: {SIX}
      - pypi: https://files.corp/requests-2.32.3-py3-none-any.whl
      - pypi: git+https://git.corp/mine.git?rev=v1#0123abc
      - pypi: ./package
      osx-64:
      - conda: {CHANNEL}/osx-64/python-3.10.13-h1_0.conda
packages:
- conda: {PYTHON}
  sha256: {SHA}
  md5: {MD5}
- conda: {SIX}
  md5: {MD5}
- pypi: https://files.corp/requests-2.32.3-py3-none-any.whl
  name: requests
  version: 2.32.3
  sha256: {SHA}
- pypi: git+https://git.corp/mine.git?rev=v1#0123abc
  name: mine
  version: 1.0
- pypi: ./package
  name: package
  version: 0.1.0
  sha256: {SHA}
  editable: true
"""

PIXI_5 = f"""\
version: 5
environments:
  default:
    channels:
    - url: {CHANNEL}/
    packages:
      linux-64:
      - conda: {PYTHON}
      - pypi: https://files.corp/requests-2.32.3-py3-none-any.whl
packages:
- kind: conda
  name: python
  version: 3.10.13
  build: hd12c33a_1_cpython
  subdir: linux-64
  url: {PYTHON}
  sha256: {SHA}
- kind: pypi
  name: requests
  version: 2.32.3
  url: https://files.corp/requests-2.32.3-py3-none-any.whl
  sha256: {SHA}
"""


def read(app: Path, name: str, text: str) -> CondaEnvironment:
    (app / name).write_text(text)
    return files.read(app, app / name, {})


def told(app: Path, name: str, text: str) -> list[str]:
    with pytest.raises(BuildError) as raised:
        read(app, name, text)
    return raised.value.lines()


@pytest.mark.parametrize("name", files.EXPLICIT)
def test_explicit_specs_have_hashes_and_pip_comments(tmp_path: Path, name: str) -> None:
    found = read(tmp_path, name, EXPLICIT)
    assert (found.kind, found.locked, found.python) == ("explicit", True, "==3.10.13")
    assert found.packages == (
        Locked(PYTHON, MD5, ""),
        Locked(SIX, "", SHA),
        Locked(
            "https://u:s3cr3t@conda.corp/t/t0k3n/forge/noarch/toml-0.10.2-pyhd8ed1ab_0.conda",
            "",
            SHA,
        ),
    )
    assert [(line.text, line.line) for line in found.pip] == [
        (f"requests @ https://files.corp/requests-2.32.3-py3-none-any.whl#sha256={SHA}", 8)
    ]
    assert {secret.reveal() for secret in found.secrets} == {"s3cr3t", "u:s3cr3t", "t0k3n"}
    assert (
        read(tmp_path, name, EXPLICIT.replace("s3cr3t", "x").replace("t0k3n", "y")).digest
        == found.digest
    )


def test_a_package_that_lies_in_the_source_is_found_there(tmp_path: Path) -> None:
    (tmp_path / "mine-1.0-0.conda").write_bytes(b"")
    assert read(tmp_path, "explicit.txt", "@EXPLICIT\n./mine-1.0-0.conda\n").packages == (
        Locked((tmp_path / "mine-1.0-0.conda").as_uri()),
    )


@pytest.mark.parametrize(
    "line",
    ["numpy=1.2", "https://h/x/linux-64/numpy.zip", f"{PYTHON}#abc", "./not-there-1.0-0.conda"],
)
def test_another_line_behind_the_mark_is_named(tmp_path: Path, line: str) -> None:
    lines = told(tmp_path, "explicit.txt", f"@EXPLICIT\n{line}\n")
    assert lines[1:5] == [
        "ERROR: Line 2 of `explicit.txt` is not the URL of a package",
        "",
        f"  {line}",
        lines[4],
    ]


@pytest.mark.parametrize(
    "text",
    ["# platform: osx-64\n@EXPLICIT\n", f"@EXPLICIT\n{CHANNEL}/osx-64/x-1-0.conda\n"],
)
def test_explicit_specs_of_another_platform_are_named(tmp_path: Path, text: str) -> None:
    assert "\n".join(told(tmp_path, "explicit.txt", text)) == (
        "\nERROR: `explicit.txt` is not for linux-64\n"
        "\n"
        "  The image runs on linux-64, and the lock is for osx-64.\n"
        "\n"
        "  What to do:\n"
        "  1. Add that platform to the lock: `conda list --explicit --sha256 > explicit.txt`, on Linux.\n"
    )


def test_a_conda_lock_is_what_its_main_category_has_for_linux(tmp_path: Path) -> None:
    found = read(tmp_path, "conda-lock.yml", CONDA_LOCK)
    assert (found.kind, found.channels, found.python) == ("conda-lock", (CHANNEL,), "==3.10.13")
    assert found.packages == (Locked(PYTHON, MD5, SHA),)
    assert [line.text for line in found.pip] == [
        f"seldon-core==1.10 --hash=sha256:{SHA}",
        "mine @ git+https://git.corp/mine.git@0123abc",
    ]


@pytest.mark.parametrize("version", ["6", "7"])
def test_pixi_lock_is_its_default_environment_for_linux(tmp_path: Path, version: str) -> None:
    platforms = "platforms:\n- name: linux-64\n" if version == "7" else ""
    found = read(
        tmp_path, "pixi.lock", PIXI_6.replace("version: 6\n", f"version: {version}\n{platforms}")
    )
    assert (found.kind, found.channels, found.python) == ("pixi", (f"{CHANNEL}/",), "==3.10.13")
    assert found.packages == (Locked(PYTHON, MD5, SHA), Locked(SIX, MD5, ""))
    assert [line.text for line in found.pip] == [
        "--index-url https://pypi.corp/simple",
        "--extra-index-url https://other.corp/simple",
        f"requests==2.32.3 --hash=sha256:{SHA}",
        "mine @ git+https://git.corp/mine.git?rev=v1#0123abc",
        "-e ./package",
    ]


@pytest.mark.parametrize("version", ["4", "5"])
def test_older_pixi_locks_are_read_too(tmp_path: Path, version: str) -> None:
    found = read(tmp_path, "pixi.lock", PIXI_5.replace("version: 5\n", f"version: {version}\n"))
    assert found.packages == (Locked(PYTHON, "", SHA),)
    assert [line.text for line in found.pip] == [f"requests==2.32.3 --hash=sha256:{SHA}"]


def test_a_platform_of_its_own_name_is_found_by_what_it_is(tmp_path: Path) -> None:
    text = PIXI_6.replace(
        "version: 6\n", "version: 7\nplatforms:\n- name: gpu\n  subdir: linux-64\n"
    ).replace("      linux-64:", "      gpu:")
    assert len(read(tmp_path, "pixi.lock", text).packages) == 2


@pytest.mark.parametrize(
    ("name", "text", "title", "reason"),
    [
        (
            "conda-lock.yml",
            CONDA_LOCK.replace("  - linux-64\n", ""),
            "`conda-lock.yml` is not for linux-64",
            "and the lock is for osx-64.",
        ),
        (
            "pixi.lock",
            PIXI_6.replace("      linux-64:", "      win-64:"),
            "`pixi.lock` is not for linux-64",
            "and the lock is for osx-64, win-64.",
        ),
        (
            "conda-lock.yml",
            "version: 2\n",
            "`conda-lock.yml` is not a valid lock file",
            "its format version is 2, but only version 1 is supported.",
        ),
        (
            "conda-lock.yml",
            "a: b\n",
            "`conda-lock.yml` is not a valid lock file",
            "its format version is none, but only version 1 is supported.",
        ),
        (
            "conda-lock.yml",
            CONDA_LOCK.replace(f"url: {PYTHON}", "url: null"),
            "`conda-lock.yml` is not a valid lock file",
            "python has no url.",
        ),
        (
            "pixi.lock",
            "version: 9\n",
            "`pixi.lock` is not a valid lock file",
            "its format version is 9, but only versions 4, 5, 6, 7 are supported.",
        ),
        (
            "pixi.lock",
            "version: 6\n",
            "`pixi.lock` is not a valid lock file",
            "it has no environment default.",
        ),
        (
            "pixi.lock",
            PIXI_6.replace(f"conda: {SIX}", "conda: ."),
            "`pixi.lock` is not a valid lock file",
            "because pixi builds it from source.",
        ),
        (
            "pixi.lock",
            "version: 6\nx: [\n",
            "`pixi.lock` is not a valid lock file",
            "line 3 is not YAML.",
        ),
        ("pixi.lock", "- x\n", "`pixi.lock` is not a valid lock file", "it is not a mapping."),
        (
            "conda-lock.yml",
            CONDA_LOCK.replace("3.10.13", "2.7.18"),
            "Python 2.7.18 is not supported",
            "and 1.14.1 on 3.6.",
        ),
    ],
)
def test_each_mistake_in_a_lock_is_named(
    tmp_path: Path, name: str, text: str, title: str, reason: str
) -> None:
    lines = told(tmp_path, name, text)
    assert lines[1] == f"ERROR: {title}"
    assert lines[3].endswith(reason)


@pytest.mark.parametrize(
    ("present", "found"),
    [
        (("conda-lock.yml", "pixi.lock", "explicit.txt", "environment.yml"), "conda-lock.yml"),
        (("pixi.lock", "explicit.txt", "environment.yml"), "pixi.lock"),
        (("explicit.txt", "environment.yml"), "explicit.txt"),
        (("environment.yml", "environment.yaml"), "environment.yml"),
        (("environment.yaml",), "environment.yaml"),
        ((), None),
    ],
)
def test_a_lock_goes_before_what_it_was_made_from(
    tmp_path: Path, present: tuple[str, ...], found: str | None
) -> None:
    for name in present:
        (tmp_path / name).write_text("@EXPLICIT\n")
    assert files.find(tmp_path) == (tmp_path / found if found else None)


def test_misnamed_text_is_no_list_of_explicit_specs(tmp_path: Path) -> None:
    (tmp_path / "environment.txt").write_text("how to set up the environment, @EXPLICIT or not\n")
    assert files.find(tmp_path) is None
