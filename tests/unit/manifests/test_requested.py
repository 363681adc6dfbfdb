"""BP_REQUIREMENTS: the files that it selects, and those that it cannot."""

from pathlib import Path

import pytest

from seldon_buildpack.manifests import select
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.lockfiles import LockNotExported
from seldon_buildpack.messages.errors.manifests import (
    ProjectWithoutBuildFile,
    RequestedFileMissing,
    RequestedFilesMixed,
    RequestedFileUnsuited,
)

_PROJECT = '[project]\nname = "x"\nversion = "1"\ndependencies = ["numpy"]\n'
_FILES = {
    "requirements.txt": "six\n",
    "requirements_predict.txt": "numpy\n",
    "requirements/prod.txt": "-r base.in\nscipy\n",
    "requirements/base.in": "pandas\n",
    "setup.py": "",
    "setup.cfg": "",
    "pyproject.toml": _PROJECT,
    "uv.lock": "version = 1\npackage = []\n",
    "poetry.lock": "",
    "notes.json": "{}",
    "training/pyproject.toml": _PROJECT,
    "env.yml": "dependencies: [python=3.9]\n",
    "conda/gpu.yaml": "dependencies: [python=3.9]\n",
}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    for name, text in _FILES.items():
        (tmp_path / "app" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "app" / name).write_text(text)
    (tmp_path / "outside.txt").write_text("six\n")
    return tmp_path / "app"


@pytest.mark.parametrize(
    ("value", "paths", "names"),
    [
        ("requirements_predict.txt", ["requirements_predict.txt"], ("numpy",)),
        (" ./requirements.txt ", ["requirements.txt"], ("six",)),
        ("requirements/prod.txt", ["requirements/prod.txt"], ("pandas", "scipy")),
        (
            "requirements_predict.txt /microservice/requirements/base.in",
            ["requirements_predict.txt", "requirements/base.in"],
            ("numpy", "pandas"),
        ),
        ("requirements.txt requirements.txt", ["requirements.txt"], ("six",)),
    ],
)
def test_requested_requirements_are_read(
    app: Path, value: str, paths: list[str], names: tuple[str, ...]
) -> None:
    env = {"BP_REQUIREMENTS": value}
    assert select.conda(app, env) is None
    chosen = select.find(app, env)
    assert chosen
    assert (chosen.path, *chosen.more) == tuple(app / path for path in paths)
    assert chosen.names == names
    assert {app / path for path in paths} <= set(chosen.files)


def test_order_of_requested_files_is_in_the_digest(app: Path) -> None:
    def digest(value: str) -> str:
        chosen = select.find(app, {"BP_REQUIREMENTS": value})
        return chosen.digest if chosen else ""

    one, two = "requirements.txt", "requirements_predict.txt"
    assert len({digest(one), digest(two), digest(f"{one} {two}"), digest(f"{two} {one}")}) == 4


@pytest.mark.parametrize(
    ("value", "told"),
    [("setup.py", ("-e", ".")), ("pyproject.toml", None), ("uv.lock", None)],
)
def test_another_manifest_can_be_requested(
    app: Path, value: str, told: tuple[str, ...] | None
) -> None:
    chosen = select.find(app, {"BP_REQUIREMENTS": value})
    assert chosen and chosen.path == app / value
    assert told is None or chosen.arguments == told
    assert "requirements.txt" in select.not_installed(app, chosen)


@pytest.mark.parametrize("value", ["env.yml", "conda/gpu.yaml"])
def test_a_requested_conda_environment_is_read(app: Path, value: str) -> None:
    environment = select.conda(app, {"BP_REQUIREMENTS": value})
    assert environment and environment.path == app / value
    assert environment.python == "=3.9"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("reqs.txt", RequestedFileMissing),
        ("requirements", RequestedFileMissing),
        ("../outside.txt", RequestedFileMissing),
        ("/etc/passwd", RequestedFileMissing),
        ("notes.json", RequestedFileUnsuited),
        ("training/pyproject.toml", RequestedFileUnsuited),
        ("requirements.txt env.yml", RequestedFilesMixed),
        ("setup.py requirements.txt", RequestedFilesMixed),
        ("poetry.lock", LockNotExported),
        ("setup.cfg", ProjectWithoutBuildFile),
    ],
)
def test_what_cannot_be_requested_is_an_error(
    app: Path, value: str, kind: type[BuildError]
) -> None:
    env = {"BP_REQUIREMENTS": value}
    with pytest.raises(kind):
        select.conda(app, env)
        select.find(app, env)


def test_a_requested_link_out_of_the_source_is_refused(app: Path) -> None:
    (app / "linked.txt").symlink_to("../outside.txt")
    with pytest.raises(BuildError, match="cannot be read"):
        select.find(app, {"BP_REQUIREMENTS": "linked.txt"})


def test_a_blank_variable_requests_nothing(app: Path) -> None:
    chosen = select.find(app, {"BP_REQUIREMENTS": "  "})
    assert chosen and chosen.path == app / "requirements.txt"
