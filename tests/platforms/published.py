"""What a release consists of, in the cluster's registry, and later versions of it."""

import io
import tarfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.platforms.cluster.cluster import Cluster
from tools.core.steps import Workspace, run
from tools.dev import engine
from tools.dev.engine import Engine
from tools.release import builder, bundle, gotools, images
from tools.release import publish as release
from tools.release.builder import Builder

FOLDER = "seldon"


@dataclass(frozen=True)
class Published:
    """A release in a registry."""

    cluster: Cluster
    ws: Workspace
    docker: Engine
    buildpack: Path

    @property
    def place(self) -> str:
        """Where it was published to."""
        return f"{self.cluster.registry}/{FOLDER}"

    @property
    def suite(self) -> str:
        """The tag of the run and build images that moves on."""
        return str(self.ws.versions["base"]["suite"])

    @property
    def stack(self) -> str:
        """Their tag that stands."""
        return f"{self.suite}.{self.ws.versions['base']['release']}"

    @property
    def version(self) -> str:
        """The buildpack's."""
        return str(self.ws.versions["buildpack"]["version"])

    @property
    def lifecycle(self) -> str:
        """The tag of the lifecycle's image."""
        return f"{self.ws.versions['lifecycle']['version']}-{self.stack}"

    @property
    def builder(self) -> str:
        """The tag of the builder."""
        return f"{self.version}-{self.stack}"

    @property
    def made(self) -> Builder:
        """What pack needs to build with the published builder here."""
        return Builder(
            engine=self.docker,
            pack=gotools.build_pack(self.ws),
            images=images.name_images(self.ws),
            buildpack=self.buildpack,
        )

    def next_buildpack(self, version: str) -> str:
        """Push the same buildpack under another version; returns the image. It still says the old one in its log."""
        with TemporaryDirectory(prefix="buildpack-", dir=self.ws.work) as folder:
            copy, config = Path(folder) / "buildpack", Path(folder) / "package.toml"
            # Links and not copies: the interpreters in it are large.
            run("cp", "--archive", "--link", self.buildpack, copy)
            description = copy / "buildpack.toml"
            text = description.read_text().replace(
                f'version = "{self.version}"', f'version = "{version}"'
            )
            assert f'"{version}"' in text
            description.unlink()
            description.write_text(text)
            config.write_text(
                f'[buildpack]\nuri = "{copy}"\n\n[[targets]]\nos = "linux"\narch = "amd64"\n'
            )
            image = f"{self.place}/buildpack:{version}"
            words = (
                "buildpack",
                "package",
                image,
                "--config",
                config,
                "--publish",
                "--pull-policy",
                "always",
            )
            run(
                gotools.build_pack(self.ws),
                *words,
                env=builder.make_environment(self.ws, self.docker),
            )
        return image

    def next_run_image(self, tag: str) -> str:
        """Push a run image with one more layer under another tag; returns it."""
        with TemporaryDirectory(prefix="layer-") as folder:
            layer = Path(folder) / "layer.tar"
            with tarfile.open(layer, "w") as tar:
                entry = tarfile.TarInfo("etc/next")
                entry.size, entry.mode = len(tag), 0o644
                tar.addfile(entry, io.BytesIO(tag.encode()))
            name = f"{self.place}/run:{tag}"
            base = f"{self.place}/run:{self.stack}"
            run(
                self.cluster.crane,
                "append",
                "--insecure",
                "--base",
                base,
                "--new_layer",
                layer,
                "--new_tag",
                name,
            )
        return name

    def altered(self, image: str, tag: str, *flags: str) -> str:
        """Push a variant of an image (NAME:TAG of the release) under another tag, with crane mutate's flags; returns it."""
        target = f"{self.place}/{image.partition(':')[0]}:{tag}"
        run(
            self.cluster.crane,
            "mutate",
            "--insecure",
            f"{self.place}/{image}",
            "--tag",
            target,
            *flags,
        )
        return target


def publish(cluster: Cluster, ws: Workspace) -> Published:
    """What `make publish` pushes, in the cluster's registry; a tree with changes will do."""
    docker = engine.ensure_engine(ws)
    there = Published(
        cluster, ws, docker, bundle.assemble_buildpack(ws, builder.choose_pythons(ws, ()))
    )
    release.publish(ws, there.place, (), force=True)
    return there
