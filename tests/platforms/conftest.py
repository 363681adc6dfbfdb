"""The real kpack and Tekton on a real cluster: what `make test-platforms` brought up, or was given."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.platforms.cluster import platform
from tests.platforms.cluster.cluster import Cluster
from tests.platforms.index import Index, private_index
from tests.platforms.kpack import Kpack, ready
from tests.platforms.published import Published, publish
from tests.platforms.repositories import Repository, repository
from tests.platforms.samples import SAMPLES, Values
from tools.core.steps import Workspace


@pytest.fixture(scope="session")
def workspace() -> Workspace:
    return Workspace.from_environment()


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    record = os.environ.get(platform.RECORD)
    assert record, "These tests need a cluster: make test-platforms."
    return Cluster.read(Path(record))


@pytest.fixture(scope="session")
def published(cluster: Cluster, workspace: Workspace) -> Published:
    """What `make publish` pushes, in the cluster's registry."""
    return publish(cluster, workspace)


@pytest.fixture(scope="session")
def values(cluster: Cluster, published: Published) -> Iterator[Values]:
    """What the samples' values are here, in a namespace of this session's own."""
    with Values.fresh(cluster, published) as values:
        yield values


@pytest.fixture(scope="module")
def own_values(cluster: Cluster, published: Published) -> Iterator[Values]:
    """The same in a namespace of the test module's own: a change under one module's models is none under another's."""
    with Values.fresh(cluster, published) as values:
        yield values


@pytest.fixture(scope="session")
def index(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with private_index(cluster, tmp_path_factory) as served:
        yield served


@pytest.fixture(scope="module")
def models(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Two models in one repository."""
    made = repository(cluster, tmp_path_factory.mktemp("git"), "models")
    made.add(SAMPLES / "minimal", "iris")
    made.add(SAMPLES / "minimal", "second")
    return made


@pytest.fixture(scope="module")
def kpack(own_values: Values, index: Index) -> Iterator[Kpack]:
    """Credentials, builder and bindings of the samples, applied."""
    own_values.apply("kpack/credentials.yaml")
    own_values.apply("kpack/builder.yaml")
    own_values.apply(
        "kpack/bindings.yaml", {"https://pypi.example.com/simple": index.url}, index.fill
    )
    ready(own_values.cluster, "clusterbuilder", f"seldon-{own_values.suffix}")
    yield Kpack(own_values)
    for kind, name in (
        ("clusterbuilder", "seldon"),
        ("clusterbuildpack", "seldon-python"),
        ("clusterstack", "seldon"),
        ("clusterlifecycle", "seldon"),
    ):
        own_values.cluster.kubectl("delete", kind, f"{name}-{own_values.suffix}", "--wait=false")
