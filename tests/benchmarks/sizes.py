"""How large an image is, and what it adds where another image is already."""

import hashlib
import json
import shutil
import subprocess
import tarfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO

from tools.core.steps import ToolError, run

_BLOCK = 1 << 20
# A gzip stream, of the level that docker push compresses with.
_GZIP = zlib.MAX_WBITS | 16


@dataclass(frozen=True)
class Added:
    """Bytes that an image adds: ``upload`` to a registry, compressed; ``unpacked`` to the disk of a machine that runs it."""

    upload: int
    unpacked: int


def size(image: str) -> int:
    """Bytes of an image, unpacked, as docker shows them."""
    return int(run("docker", "image", "inspect", "-f", "{{.Size}}", image))


def added(image: str, there: Iterable[str]) -> Added:
    """What an image adds where these other images are.

    A registry keeps a layer once wherever it lies. An engine unpacks a layer on top of those below it, and so shares it only where all
    below it are the same. The layers are taken from docker save: the engine keeps them unpacked.
    """
    mine, others = _layers(image), [_layers(other) for other in there]
    missing = set(mine).difference(*others)
    shared = max((_common(mine, other) for other in others), default=0)
    packed, unpacked = _saved(image, missing, set(mine[shared:]))
    return Added(sum(packed.values()), sum(unpacked.values()))


def held_in(image: str, folder: str) -> int:
    """Bytes of the files in a folder of an image; 0 where there is none."""
    words = (
        "docker",
        "run",
        "--rm",
        "--user",
        "0",
        "--network",
        "none",
        "--entrypoint",
        "sh",
        image,
    )
    return int(
        run(
            *words,
            "-c",
            f"if [ -d {folder} ]; then du -sb {folder} | cut -f1; else echo 0; fi",
            timeout=60,
        )
    )


def _layers(image: str) -> tuple[str, ...]:
    """The digests of an image's unpacked layers, the lowest first."""
    return tuple(
        json.loads(run("docker", "image", "inspect", "-f", "{{json .RootFS.Layers}}", image))
    )


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """How many layers from the lowest up are the same."""
    return next(
        (n for n, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
        min(len(one), len(other)),
    )


def _saved(
    image: str, to_pack: set[str], to_measure: set[str]
) -> tuple[dict[str, int], dict[str, int]]:
    """By digest: the compressed sizes of the layers ``to_pack``, the sizes of those ``to_measure``. Raises ToolError where one is missing."""
    packed: dict[str, int] = {}
    unpacked: dict[str, int] = {}
    with (
        subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as process,
        TemporaryFile() as layer,
    ):
        assert process.stdout is not None
        with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
            for content in (archive.extractfile(member) for member in archive if member.isreg()):
                assert content is not None
                layer.seek(0)
                layer.truncate()
                shutil.copyfileobj(content, layer, _BLOCK)
                digest = f"sha256:{_sha256(layer)}"
                if digest in to_measure:
                    unpacked[digest] = layer.tell()
                if digest in to_pack:
                    packed[digest] = _packed_size(layer)
        process.stdout.read()
    if packed.keys() != to_pack or unpacked.keys() != to_measure:
        raise ToolError(
            f"docker save of {image} does not hold the layers that docker image inspect names.",
            "An engine that keeps its images in containerd's store saves them compressed: measure with one that does not.",
        )
    return packed, unpacked


def _sha256(file: IO[bytes]) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def _packed_size(file: IO[bytes]) -> int:
    file.seek(0)
    packer, total = zlib.compressobj(6, zlib.DEFLATED, _GZIP), 0
    while block := file.read(_BLOCK):
        total += len(packer.compress(block))
    return total + len(packer.flush())
