"""What an image in the registry is made of."""

import gzip
import json
import subprocess
from collections.abc import Iterator

from tests.platforms.cluster.cluster import Cluster
from tests.support.canaries import files_of_archive


def layers(cluster: Cluster, image: str) -> list[str]:
    """The digests of its layers' contents, uncompressed: the same layer has the same, however it was compressed."""
    return list(cluster.config(image)["rootfs"]["diff_ids"])


def layer_keys(cluster: Cluster, image: str) -> dict[str, str]:
    """The digest of each of our layers by its name."""
    metadata = json.loads(
        cluster.config(image)["config"]["Labels"]["io.buildpacks.lifecycle.metadata"]
    )
    [ours] = [one for one in metadata["buildpacks"] if one["key"] == "seldon/python"]
    return {name: str(layer["sha"]) for name, layer in ours["layers"].items()}


def pieces(cluster: Cluster, image: str) -> Iterator[tuple[str, bytes]]:
    """Everything that can be read of an image, each with where it stands."""
    yield "the manifest", json.dumps(cluster.manifest(image)).encode()
    yield "the configuration", json.dumps(cluster.config(image)).encode()
    name = image.partition("@")[0]
    for layer in cluster.manifest(image)["layers"]:
        words = [str(cluster.crane), "blob", "--insecure", f"{name}@{layer['digest']}"]
        data = subprocess.run(words, check=True, stdout=subprocess.PIPE, timeout=300).stdout
        content = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        yield from files_of_archive(f"layer {layer['digest'][7:19]}", content)
