"""The log names the licence of the release that is installed, and of no other."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from seldon_buildpack import summary
from seldon_buildpack.build import read_project
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.layers.plan import LayerPlan
from seldon_buildpack.log import Log
from seldon_buildpack.project import Project
from tests.support.context import make_context

MODEL = "class Plain:\n    def predict(self, X, names=None):\n        return X\n"


def project(app: Path, requirements: str) -> Project:
    (app / "Plain.py").write_text(MODEL)
    (app / "requirements.txt").write_text(requirements)
    return read_project(
        make_context(
            Platform(app=app, buildpack=app, layers=None, env={}, base_env={}),
            Log(io.StringIO()),
            app,
        )
    )


def told(found: Project, asked: str, installed: str) -> tuple[str, str]:
    before, after = io.StringIO(), io.StringIO()
    plan = cast(LayerPlan, SimpleNamespace(known_versions=lambda: ("3.12", asked)))
    summary.log_summary(Log(before), found, plan)
    summary.log_installed_wrapper(Log(after), found, asked, installed)
    return before.getvalue(), after.getvalue()


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("seldon-core>1.17.1", ">1.17.1"),
        ("seldon-core @ https://x.example/seldon_core-1.19.0.tar.gz", "1.17.1"),
    ],
)
def test_the_licence_is_that_of_the_release_that_is_installed(
    tmp_path: Path, line: str, asked: str
) -> None:
    before, after = told(project(tmp_path, f"{line}\n"), asked, "1.19.0")
    assert "licence" not in before
    assert after.startswith(
        "  Wrapper         seldon-core 1.19.0  (licence BSL 1.1: production use"
    )
    assert "  Warning: seldon-core 1.19.0 is under the Business Source License 1.1" in after


def test_a_release_that_a_local_package_brings_is_named(tmp_path: Path) -> None:
    before, after = told(project(tmp_path, "humanize\n"), "1.17.1", "1.18.2")
    assert "  Wrapper       seldon-core 1.17.1  (licence Apache-2.0)\n" in before
    assert "seldon-core 1.18.2  (licence BSL 1.1" in after and "Warning" in after


def test_a_bsl_release_that_was_asked_for_gives_a_warning(tmp_path: Path) -> None:
    before, after = told(project(tmp_path, "seldon-core==1.18.2\n"), "1.18.2", "1.18.2")
    assert "  Wrapper       seldon-core 1.18.2  (licence BSL 1.1: production" in before
    assert after.startswith("  Warning: seldon-core 1.18.2 is under")


def test_the_default_release_is_told_once(tmp_path: Path) -> None:
    before, after = told(project(tmp_path, "humanize\n"), "1.17.1", "1.17.1")
    assert "  Wrapper       seldon-core 1.17.1  (licence Apache-2.0)\n" in before
    assert after == ""
