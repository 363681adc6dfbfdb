"""The models of samples/platforms/seldon, built and in the cluster's registry, and the kind SeldonDeployment in the cluster."""

import contextlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.platforms.cluster.cluster import Cluster
from tests.platforms.published import Published
from tests.platforms.samples import SAMPLES, Values
from tests.platforms.seldon.running import Served, served
from tools.core.steps import Workspace
from tools.release import builder

_CRD = Path(__file__).with_name("seldon-deployment.crd.json")
_BUILD_SECONDS = 300
FIRST = "row-means"
# The models' images, by name, with the directories they are built from.
_MODELS = {
    FIRST: "minimal",
    "iris-units": "transformer",
    "win-stay": "router",
    "mean": "combiner",
    "far-from-the-mean": "outlier-detector",
    "threshold": "parameters",
    "scale": "platforms/seldon/scale",
}


@pytest.fixture(scope="session")
def bundle(published: Published) -> Path:
    """What the buildpack carries, on this machine."""
    return published.buildpack / "bundle"


@pytest.fixture(scope="session")
def images(values: Values, published: Published, workspace: Workspace) -> Mapping[str, str]:
    """Each model's image, built right into the registry, where the samples' manifests have it then."""
    # From here and not from the registry: an engine pulls over plain http from loopback only.
    made = builder.create_builder(workspace)
    # pack works in containers, which reach the registry by this machine's network.
    flags = (
        "--publish",
        "--run-image",
        f"{published.place}/run:{published.stack}",
        "--network",
        "host",
        "--pull-policy",
        "if-not-present",
    )
    images = {name: f"{values.cluster.registry}/{values.folder}/{name}:1" for name in _MODELS}
    for name, sample in _MODELS.items():
        # The layers that all models share are taken from the first: 2 s instead of 15.
        sibling = () if name == FIRST else ("--previous-image", images[FIRST])
        words = [
            str(made.pack),
            "build",
            images[name],
            "--builder",
            builder.BUILDER,
            "--path",
            str(SAMPLES / sample),
            *flags,
            *sibling,
        ]
        done = subprocess.run(
            [*words, *made.engine.pack_flags],
            env={**os.environ, **builder.make_environment(workspace, made.engine)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_BUILD_SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return images


@pytest.fixture(scope="session")
def seldon(values: Values, images: Mapping[str, str]) -> Iterator[Values]:
    """The values of the samples, where their images and the kind SeldonDeployment are to be had.

    Ours has no more than the kind: schema and operator are not to be had. A cluster with an operator would make pods of its own.
    """
    cluster: Cluster = values.cluster
    assert images
    ours = json.loads(_CRD.read_text())
    # Ours is there where an earlier session was killed.
    there = (
        cluster.get("crd", ours["metadata"]["name"])
        .get("metadata", {})
        .get("labels", ours["metadata"]["labels"])
    )
    assert there == ours["metadata"]["labels"], (
        "These tests need a cluster without Seldon's operator."
    )
    cluster.apply(_CRD.read_text())
    cluster.kubectl(
        "wait", "--for=condition=Established", f"crd/{ours['metadata']['name']}", "--timeout=30s"
    )
    yield values
    cluster.kubectl("delete", "-f", "-", text=_CRD.read_text())


@pytest.fixture(scope="module")
def all_served(seldon: Values, bundle: Path) -> Iterator[Mapping[str, Served]]:
    """Every SeldonDeployment of the samples, by its file's name, and all at once: in its first 20 s a pod is not asked whether it is ready.

    For one module: they ask for most of what two cores have, and no other pod starts beside them.
    """
    manifests = sorted((SAMPLES / "platforms/seldon").glob("*.yaml"))
    files = [
        manifest.name for manifest in manifests if "kind: SeldonDeployment" in manifest.read_text()
    ]
    with contextlib.ExitStack() as stack:
        there = {file: stack.enter_context(served(seldon, bundle, file)) for file in files}
        for one in there.values():
            one.running.wait_ready()
        yield there
