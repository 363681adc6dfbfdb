"""The real kpack and Tekton on a real cluster: what `make test-platforms` brought up, or was given."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.platforms.published import Published, publish
from tests.platforms.samples import Values
from tools import builder
from tools.cluster import platform
from tools.cluster.cluster import Cluster
from tools.steps import Workspace


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
    """What a release consists of, in the cluster's registry."""
    return publish(cluster, workspace, builder.create(workspace))


@pytest.fixture(scope="session")
def values(cluster: Cluster, published: Published) -> Iterator[Values]:
    """What the samples' values are here, in a namespace of this session's own."""
    with cluster.namespace("seldon-test") as namespace:
        yield Values(cluster, published, namespace)
