"""What a release consists of, in the cluster's registry, and later versions of it."""

import io
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.builder import Made
from tools.cluster.cluster import Cluster
from tools.steps import Workspace, run

FOLDER = "seldon"
_STACK = "bookworm"


@dataclass(frozen=True)
class Published:
    """A release in a registry."""

    cluster: Cluster
    made: Made
    work: Path
    version: str
    """The buildpack's."""
    lifecycle: str
    """Its image's tag."""

    def next_buildpack(self, version: str) -> str:
        """Push the same buildpack under another version; returns the image."""
        with TemporaryDirectory(prefix="buildpack-", dir=self.work) as folder:
            copy = Path(folder) / "buildpack"
            # Links and not copies: the interpreters in it are large.
            run("cp", "--archive", "--link", self.made.buildpack, copy)
            description = copy / "buildpack.toml"
            text = description.read_text().replace(f'version = "{self.version}"', f'version = "{version}"')
            assert version in text
            description.unlink()
            description.write_text(text)
            return _push_buildpack(self.cluster, self.made, copy, Path(folder), version)

    def next_run_image(self, marker: str) -> str:
        """Move the run image's tag to an image with one more layer, which holds /etc/MARKER; returns its digest."""
        name = f"{self.cluster.registry}/{FOLDER}/run:{_STACK}"
        with TemporaryDirectory(prefix="layer-") as folder:
            layer = Path(folder) / "layer.tar"
            with tarfile.open(layer, "w") as tar:
                entry = tarfile.TarInfo(f"etc/{marker}")
                entry.size, entry.mode = len(marker), 0o644
                tar.addfile(entry, io.BytesIO(marker.encode()))
            run(self.cluster.crane, "append", "--insecure", "--base", name, "--new_layer", layer, "--new_tag", name)
        return run(self.cluster.crane, "digest", "--insecure", name).strip()

    def altered(self, image: str, tag: str, *flags: str) -> str:
        """Push a variant of one of the images (NAME:TAG below the release's folder) with crane mutate's flags; returns it."""
        source, target = (f"{self.cluster.registry}/{FOLDER}/{name}" for name in (image, f"{image.partition(':')[0]}:{tag}"))
        run(self.cluster.crane, "mutate", "--insecure", source, "--tag", target, *flags)
        return target


def publish(cluster: Cluster, ws: Workspace, made: Made) -> Published:
    """Push build, run and lifecycle image and the buildpack."""
    lifecycle = f"{ws.versions['lifecycle']['version']}-{_STACK}.1"
    names = {made.images.build: f"build:{_STACK}", made.images.run: f"run:{_STACK}", made.images.lifecycle: f"lifecycle:{lifecycle}"}
    for image, name in names.items():
        cluster.push_from_engine(image, f"{FOLDER}/{name}")
    version = str(ws.versions["buildpack"]["version"])
    with TemporaryDirectory(prefix="buildpack-") as folder:
        _push_buildpack(cluster, made, made.buildpack, Path(folder), version)
    return Published(cluster, made, ws.work, version, lifecycle)


def _push_buildpack(cluster: Cluster, made: Made, buildpack: Path, scratch: Path, version: str) -> str:
    config, archive, layout = scratch / "package.toml", scratch / "buildpack.cnb", scratch / "layout"
    config.write_text(f'[buildpack]\nuri = "{buildpack}"\n\n[[targets]]\nos = "linux"\narch = "amd64"\n')
    run(made.pack, "buildpack", "package", archive, "--config", config, "--format", "file", "--pull-policy", "never")
    layout.mkdir()
    run("tar", "--extract", "--file", archive, "--directory", layout)
    pushed = cluster.push_archive(layout, f"{FOLDER}/buildpack:{version}")
    shutil.rmtree(layout)
    return pushed
