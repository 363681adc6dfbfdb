"""make publish, to a real registry: what it pushes, what it refuses, and models built with what it pushed."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.images.conftest import Built, Pack, docker
from tests.support.registry import registry
from tools.core.steps import Workspace
from tools.dev import container
from tools.release.runtime import read_series

# It makes images anew that other tests build on.
pytestmark = pytest.mark.alone

_PUBLISH_SECONDS = 600
_TYPES = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"
_LINE = re.compile(
    r"^(\S+)/(\w+):(\S+)\s+(sha256:[0-9a-f]{64})\s+(pushed|already there)$", re.MULTILINE
)


_RUNTIME = " with runtime"


def _key(line: re.Match[str]) -> str:
    """Name an image of the report; there are two build and two run images."""
    return line[2] + (_RUNTIME if "-py" in line[3] else "")


@dataclass(frozen=True)
class Told:
    """What a ``make publish`` printed, and the digest and the state of each image in it by name."""

    code: int
    printed: str

    @property
    def digests(self) -> Mapping[str, str]:
        return {_key(found): found[4] for found in _LINE.finditer(self.printed)}

    @property
    def states(self) -> Mapping[str, str]:
        return {_key(found): found[5] for found in _LINE.finditer(self.printed)}

    @property
    def tags(self) -> Mapping[str, str]:
        return {_key(found): found[3] for found in _LINE.finditer(self.printed)}


@dataclass(frozen=True)
class Checkout:
    """A clone of this tree, published from by make, with the work folder of the session."""

    path: Path
    work: Path
    place: str

    def publish(self, *settings: str) -> Told:
        """Run ``make publish``; the exit code is for the test to judge."""
        words = ["make", "-s", "publish", f"REGISTRY={self.place}", *settings]
        env = {**os.environ, "SELDON_BUILDPACK_WORK": str(self.work)}
        done = subprocess.run(
            words,
            cwd=self.path,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PUBLISH_SECONDS,
            check=False,
        )
        return Told(done.returncode, done.stdout + done.stderr)

    def commit(self, name: str, old: str, new: str) -> None:
        """Change a file, in a commit."""
        text = (self.path / name).read_text()
        assert text.count(old) == 1, name
        (self.path / name).write_text(text.replace(old, new))
        _git(self.path, "commit", "-q", "-a", "-m", "a change")

    @property
    def revision(self) -> str:
        return _git(self.path, "rev-parse", "HEAD").strip()


def _git(path: Path, *words: str) -> str:
    who = ("-c", "user.name=Tests", "-c", "user.email=tests@example.com")
    return subprocess.run(
        ["git", *who, *words], cwd=path, check=True, capture_output=True, text=True, timeout=60
    ).stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A place in an empty registry; what the engine pulled from it is removed at the end."""
    with registry(tmp_path_factory.mktemp("registry")) as address:
        yield f"{address}/team/seldon"
        pulled = [
            name
            for name in docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()
            if name.startswith(address)
        ]
        if pulled:
            subprocess.run(
                ["docker", "rmi", "-f", *pulled], capture_output=True, check=False, timeout=120
            )


@pytest.fixture(scope="module")
def first(
    workspace: Workspace, place: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Checkout, Told]:
    """This tree as one commit, published for the first time."""
    path = tmp_path_factory.mktemp("first") / "checkout"
    shutil.copytree(
        workspace.checkout,
        path,
        symlinks=True,
        ignore=shutil.ignore_patterns(".git", ".work", "__pycache__", ".*_cache"),
    )
    _git(path, "init", "-q")
    _git(path, "add", "-A")
    _git(path, "commit", "-q", "-m", "this tree")
    checkout = Checkout(path, workspace.work, place)
    told = checkout.publish()
    assert told.code == 0, told.printed
    return checkout, told


@pytest.fixture
def checkout(first: tuple[Checkout, Told], tmp_path: Path) -> Checkout:
    """A clone of the published commit, for a test to change."""
    _git(tmp_path, "clone", "-q", str(first[0].path), "clone")
    return Checkout(tmp_path / "clone", first[0].work, first[0].place)


def _config(place: str, name: str, tag: str) -> tuple[str, Mapping[str, str], Sequence[str]]:
    """Digest, labels and layers of an image, as the registry says."""
    name = name.removesuffix(_RUNTIME)
    host, _, path = place.partition("/")
    manifest = requests.get(
        f"http://{host}/v2/{path}/{name}/manifests/{tag}", headers={"Accept": _TYPES}, timeout=10
    )
    manifest.raise_for_status()
    config = requests.get(
        f"http://{host}/v2/{path}/{name}/blobs/{manifest.json()['config']['digest']}", timeout=10
    )
    config.raise_for_status()
    return (
        manifest.headers["Docker-Content-Digest"],
        config.json()["config"]["Labels"],
        config.json()["rootfs"]["diff_ids"],
    )


def _digests(place: str, told: Told) -> Mapping[str, str]:
    return {name: _config(place, name, tag)[0] for name, tag in told.tags.items()}


def test_release_is_versioned_images_with_printed_digests(
    first: tuple[Checkout, Told], workspace: Workspace, place: str
) -> None:
    _, told = first
    version, lifecycle = (
        workspace.versions["buildpack"]["version"],
        workspace.versions["lifecycle"]["version"],
    )
    stack = f"bookworm.{workspace.versions['base']['release']}"
    series = read_series(workspace).tag
    runtime_stack = f"{series}.{workspace.versions['base']['release']}"
    assert told.tags == {
        "run": stack,
        "build": stack,
        f"run{_RUNTIME}": runtime_stack,
        f"build{_RUNTIME}": runtime_stack,
        "lifecycle": f"{lifecycle}-{stack}",
        "buildpack": version,
        "builder": f"{version}-{stack}",
    }
    assert set(told.states.values()) == {"pushed"}
    assert _digests(place, told) == told.digests
    moving = {
        "run": "bookworm",
        "build": "bookworm",
        f"run{_RUNTIME}": series,
        f"build{_RUNTIME}": series,
        "buildpack": "latest",
        "builder": "latest",
    }
    assert {name: _config(place, name, tag)[0] for name, tag in moving.items()} == {
        name: told.digests[name] for name in moving
    }


def test_release_labels_say_version_commit_and_license(
    first: tuple[Checkout, Told], place: str
) -> None:
    checkout, told = first
    for name, tag in told.tags.items():
        labels = _config(place, name, tag)[1]
        is_run = name.startswith("run")
        prefix = "io.buildpacks.stack." if is_run else "org.opencontainers.image."
        said = {key: labels.get(f"{prefix}{key}") for key in ("version", "revision", "licenses")}
        assert said == {"version": tag, "revision": checkout.revision, "licenses": "Apache-2.0"}, (
            name
        )
        assert not is_run or not [
            label for label in labels if label.startswith("org.opencontainers.")
        ]


def test_republishing_the_same_content_pushes_nothing(
    checkout: Checkout, first: tuple[Checkout, Told], place: str
) -> None:
    checkout.commit("README.md", "# Seldon Python buildpack", "# The Seldon Python buildpack")
    again = checkout.publish()
    assert (again.code, again.digests) == (0, first[1].digests), again.printed
    assert set(again.states.values()) == {"already there"}
    assert _digests(place, again) == first[1].digests


def test_a_tree_with_changes_is_refused_and_they_are_named(
    checkout: Checkout, first: tuple[Checkout, Told], place: str
) -> None:
    (checkout.path / "lib/seldon_buildpack/left_over.py").write_text("")
    told = checkout.publish()
    assert told.code != 0
    assert "?? lib/seldon_buildpack/left_over.py" in told.printed
    assert "FORCE=1" in told.printed
    assert _digests(place, first[1]) == first[1].digests


def test_changed_release_is_replaced_only_with_force(
    checkout: Checkout, first: tuple[Checkout, Told], place: str
) -> None:
    checkout.commit(
        "stacks/bookworm/lifecycle.Dockerfile", "FROM ${base}\n", "FROM ${base}\nENV CHANGED=1\n"
    )
    refused = checkout.publish()
    tag = first[1].tags["lifecycle"]
    assert refused.code != 0
    assert f"{place}/lifecycle:{tag}\n" in refused.printed
    assert "base.release" in refused.printed
    assert _digests(place, first[1]) == first[1].digests
    forced = checkout.publish("FORCE=1")
    assert forced.code == 0, forced.printed
    assert [name for name, state in forced.states.items() if state == "pushed"] == ["lifecycle"]
    assert (
        _digests(place, first[1])
        == {**first[1].digests, "lifecycle": forced.digests["lifecycle"]}
        != first[1].digests
    )


def test_released_builder_has_no_local_authorities(latest: str) -> None:
    docker("pull", "-q", latest)
    assert (
        docker(
            "run", "--rm", "--entrypoint", "ls", latest, "-A", "/usr/local/share/ca-certificates"
        )
        == ""
    )
    assert (
        docker(
            "inspect",
            "-f",
            '{{index .Config.Labels "io.seldon.buildpack.host-certificates"}}',
            latest,
        ).strip()
        == "0"
    )


@pytest.fixture(scope="module")
def latest(first: tuple[Checkout, Told]) -> str:
    """The published builder, by the tag that moves on."""
    return f"{first[0].place}/builder:latest"


@pytest.fixture(scope="module")
def built(pack: Pack, samples: Path, latest: str) -> Built:
    """A model built with the published builder, which the engine fetches, as its run image, from the registry."""
    flags = ("--pull-policy", "always", "--trust-builder")
    return pack.must_build(
        "seldon-test-published", samples / "minimal", *flags, builder_image=latest
    )


def _serves(image: str, samples: Path) -> None:
    with container.started(image) as running:
        running.wait_ready()
        subprocess.run([samples / "minimal/verify", running.rest], check=True, timeout=30)


def test_a_model_is_built_with_the_published_builder_and_serves(
    built: Built, samples: Path
) -> None:
    _serves(built.image, samples)


def test_untrusted_builder_uses_the_published_lifecycle(
    untrusting: Pack, samples: Path, first: tuple[Checkout, Told], latest: str, place: str
) -> None:
    flags = (
        "--pull-policy",
        "always",
        "--lifecycle-image",
        f"{place}/lifecycle:{first[1].tags['lifecycle']}",
    )
    built = untrusting.must_build(
        "seldon-test-published-untrusted", samples / "minimal", *flags, builder_image=latest
    )
    _serves(built.image, samples)


def test_new_run_image_is_a_release_and_rebase_keeps_serving(
    checkout: Checkout,
    first: tuple[Checkout, Told],
    built: Built,
    pack: Pack,
    samples: Path,
    place: str,
) -> None:
    number = int(first[1].tags["run"].rpartition(".")[2])
    checkout.commit("tools/versions.toml", f"\nrelease = {number}\n", f"\nrelease = {number + 1}\n")
    told = checkout.publish()
    assert told.code == 0, told.printed
    assert [name for name, state in told.states.items() if state == "already there"] == [
        "buildpack"
    ]
    model = f"{place}/model:latest"
    docker("tag", built.image, model)
    docker("push", "-q", model)
    of = f"run{_RUNTIME}"
    old, new = (_config(place, of, one.tags[of])[2] for one in (first[1], told))
    before = _config(place, "model", "latest")[2]
    rebase = subprocess.run(
        [str(pack.made.pack), "rebase", model, "--publish"],
        env={**os.environ, **pack.environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert rebase.returncode == 0, rebase.stdout + rebase.stderr
    _, labels, after = _config(place, "model", "latest")
    assert (before[: len(old)], after) == (old, [*new, *before[len(old) :]])
    assert labels["io.buildpacks.stack.version"] == told.tags[of]
    docker("pull", "-q", model)
    _serves(model, samples)
