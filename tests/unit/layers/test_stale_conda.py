"""Each change of a source with a conda environment leads to another key of one of its layers, or is one that does not matter."""

import io
import shutil
from pathlib import Path

import pytest

from seldon_buildpack import planning_conda
from seldon_buildpack.build import read_project
from seldon_buildpack.bundle import Bundle, BundledTree
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.commands.rattler import Package
from seldon_buildpack.context import BuildContext
from seldon_buildpack.layers import conda_requirements
from seldon_buildpack.layers.conda import CondaSolution
from seldon_buildpack.log import Log
from tests.support import stale_layers
from tests.support.carried import written
from tests.support.stale_layers import Kind, Source

SOLUTION = CondaSolution(
    packages=(Package(url="https://h/c/linux-64/python-3.12.1-0.conda"),),
    version="1.17.1",
    pins="upstream",
)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    root = tmp_path / "bundle"
    written(root / "locks/seldon-core-1.17.1/upstream/py3.12.txt", "seldon-core==1.17.1\n")
    site = root / "wrappers/upstream/3.12/lib/python3.12/site-packages"
    written(site / "seldon_core-1.17.1.dist-info/METADATA", "Name: seldon-core\nVersion: 1.17.1\n")
    return Bundle(
        root=root,
        buildpack_version="1.0.0",
        default_python="3.12",
        pythons={"3.12": BundledTree("3.12.1", "digest")},
        wrappers={"3.12": {"upstream": BundledTree("1.17.1", "digest")}},
        watchers={},
        catalogue="",
    )


def _keys(root: Path, bundle: Bundle, source: Source) -> list[dict[str, str]]:
    """The keys of both layers, for the same solution of the environment."""
    shutil.rmtree(root, ignore_errors=True)
    source.write(root, "")
    (root / "scratch").mkdir()
    platform = Platform(
        app=root / "app",
        buildpack=bundle.root,
        layers=root / "layers",
        env={**source.given, **source.env},
        base_env={},
        target=" ".join(source.target.values()),
    )
    context = BuildContext(
        platform=platform, bundle=bundle, log=Log(io.StringIO()), scratch=root / "scratch"
    )
    project = read_project(context)
    assert project.environment
    plan = planning_conda.plan(context, project, project.environment)
    return [plan.conda.key(), conda_requirements.key(plan._half(SOLUTION), {})]


@pytest.mark.parametrize("kind", stale_layers.CONDA, ids=lambda kind: kind.name)
def test_change_of_an_environment_rebuilds_or_reuses_its_layers(
    tmp_path: Path, bundle: Bundle, kind: Kind
) -> None:
    before = _keys(tmp_path / "place", bundle, kind.source)
    rebuilt = {
        change: _keys(tmp_path / "place", bundle, kind.after(change)) != before
        for change in (*kind.rebuilds, *kind.reused)
    }
    assert rebuilt == dict.fromkeys(kind.rebuilds, True) | dict.fromkeys(kind.reused, False)
