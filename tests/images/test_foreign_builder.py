"""The buildpack brings what it needs: it runs on a builder that is not ours."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images.conftest import Pack, docker
from tools.core.steps import Workspace, run
from tools.dev import container
from tools.release import builder, gotools, images

_SUITE = "trixie"
_BASE = f"seldon-test/base:{_SUITE}"
_IMAGE = "seldon-test/foreign-stack"
_BUILDER = "seldon-test/foreign-builder"

_CONFIG = """
[lifecycle]
uri = "{lifecycle}"

[[buildpacks]]
uri = "{other}"

[[order]]
  [[order.group]]
  id = "somebody/else"

[build]
image = "{image}"

[run]
  [[run.images]]
  image = "{image}"

[[targets]]
os = "linux"
arch = "amd64"
"""

# A builder must carry a buildpack; this one never takes a source.
_OTHER = """
api = "0.10"

[buildpack]
id = "somebody/else"
version = "1.0.0"

[[targets]]
os = "linux"
arch = "amd64"
"""


@pytest.fixture(scope="module")
def foreign(
    pack: Pack, workspace: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A builder on Debian 13 without Python and without our buildpack."""
    folder = tmp_path_factory.mktemp("foreign")
    if images.read_image_id(pack.made.engine, _BASE) is None:
        images.bootstrap_base(pack.made.engine, _SUITE, _BASE)
    dockerfile = Path(__file__).parent / "foreign"
    run(
        "docker",
        "build",
        "-q",
        "--build-arg",
        f"base={_BASE}",
        "-t",
        _IMAGE,
        dockerfile,
        env={"DOCKER_BUILDKIT": "0", **pack.made.engine.environment},
    )
    other = folder / "other"
    (other / "bin").mkdir(parents=True)
    (other / "buildpack.toml").write_text(_OTHER)
    for name, code in (("detect", 100), ("build", 1)):
        (other / "bin" / name).write_text(f"#!/bin/sh\nexit {code}\n")
        (other / "bin" / name).chmod(0o755)
    config = folder / "builder.toml"
    config.write_text(
        _CONFIG.format(lifecycle=gotools.build_lifecycle(workspace), other=other, image=_IMAGE)
    )
    run(
        pack.made.pack,
        "builder",
        "create",
        _BUILDER,
        "--config",
        config,
        env=dict(pack.environment),
    )
    yield _BUILDER
    subprocess.run(["docker", "rmi", "-f", _BUILDER, _IMAGE], capture_output=True, check=False)


def test_foreign_builder_without_python_builds_and_serves(
    foreign: str, pack: Pack, samples: Path, workspace: Workspace
) -> None:
    assert (
        docker(
            "run",
            "--rm",
            "--entrypoint",
            "/bin/sh",
            foreign,
            "-c",
            "command -v python3 || echo none",
        ).strip()
        == "none"
    )
    package = builder.package_buildpack(workspace)
    built = pack.must_build(
        "seldon-test-foreign",
        samples / "minimal",
        "--buildpack",
        str(package),
        "--trust-builder",
        builder_image=foreign,
    )
    with container.started(built.image) as running:
        running.wait_ready()
        subprocess.run([samples / "minimal/verify", running.rest], check=True, timeout=30)
        assert "trixie" in docker("exec", running.id, "cat", "/etc/os-release")
