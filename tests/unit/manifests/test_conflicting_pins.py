from pathlib import Path

import pytest

from seldon_buildpack.manifests import conflicting_pins


def found(app: Path, chosen: str, other: str, text: str) -> list[str]:
    (app / "requirements.txt").write_text(chosen)
    (app / other).write_text(text)
    return [
        piece.found for piece in conflicting_pins.advice(app, [app / "requirements.txt"], [other])
    ]


@pytest.mark.parametrize(
    ("other", "text"),
    [
        (
            "setup.py",
            "from setuptools import setup\nsetup(install_requires=['NumPy == 1.26.3', *more], extras_require={'x': ['a==2']})\n",
        ),
        ("pyproject.toml", '[project]\ndependencies = ["numpy==1.26.3", "a>=2"]\n'),
        (
            "uv.lock",
            'version = 1\n\n[[package]]\nname = "numpy"\nversion = "1.26.3"\nsource = {}\n',
        ),
        ("pylock.toml", '[[packages]]\nname = "numpy"\nversion = "1.26.3"\n'),
        ("poetry.lock", '[[package]]\nname = "numpy"\nversion = "1.26.3"\ndescription = ""\n'),
        ("Pipfile.lock", '{"default": {"numpy": {"version": "==1.26.3"}, "mine": {"path": "."}}}'),
    ],
)
def test_a_manifest_that_pins_another_version_is_named_with_both(
    tmp_path: Path, other: str, text: str
) -> None:
    chosen = "numpy[x]==1.26.4 --hash=sha256:00\na==1\n"
    assert found(tmp_path, chosen, other, text) == [
        f"requirements.txt and {other} pin different versions: numpy 1.26.4 and 1.26.3."
    ]


@pytest.mark.parametrize(
    ("chosen", "text"),
    [
        ("numpy==1.26.4\n", '["numpy==1.26.4"]'),
        ("numpy==1.26\n", '["numpy==1.26.0"]'),
        ("numpy>=1.26.4\n", '["numpy==1.26.3"]'),
        ("numpy==1.26.4 ; python_version < '3.9'\n", '["numpy==1.26.3"]'),
        ("numpy==1.26.4\n", "[\"numpy==1.26.3 ; python_version < '3.9'\"]"),
        ("numpy==1.26.4\n", "7"),
    ],
)
def test_what_may_be_meant_is_no_contradiction(tmp_path: Path, chosen: str, text: str) -> None:
    assert found(tmp_path, chosen, "pyproject.toml", f"[project]\ndependencies = {text}\n") == []


def test_lock_with_versions_per_platform_agrees_with_each(tmp_path: Path) -> None:
    lock = "".join(
        f'[[package]]\nname = "numpy"\nversion = "{version}"\n\n' for version in ("1.26.4", "2.0.2")
    )
    assert found(tmp_path, "numpy==2.0.2\n", "uv.lock", lock) == []
    assert found(tmp_path, "numpy==2.1.0\n", "uv.lock", lock) == [
        "requirements.txt and uv.lock pin different versions: numpy 2.1.0 and 1.26.4 or 2.0.2."
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("setup.py", "def"),
        ("pyproject.toml", "["),
        ("Pipfile.lock", "["),
        ("Pipfile", "x"),
        ("environment.yml", "numpy==1"),
    ],
)
def test_a_manifest_that_cannot_be_read_contradicts_nothing(
    tmp_path: Path, name: str, text: str
) -> None:
    assert found(tmp_path, "numpy==2.0.2\n", name, text) == []


def test_many_contradictions_are_one_line(tmp_path: Path) -> None:
    chosen = "".join(f"p{number}==1\n" for number in range(7))
    (line,) = found(
        tmp_path,
        chosen,
        "pyproject.toml",
        f"[project]\ndependencies = {[f'p{number}==2' for number in range(7)]}\n",
    )
    assert line.endswith("p3 1 and 2, p4 1 and 2, and 2 more.")
