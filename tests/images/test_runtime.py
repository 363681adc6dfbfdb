"""The run image with Python and the wrapper, beside one without: the same model on both, and a patch by rebase."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.images.conftest import Built, Pack, docker, lines_of
from tools.core.steps import run
from tools.dev import container

_LINKED = [
    "  python-wrapper  in the run image (3.12-s1)",
    "  python          in the run image (3.12-s1)",
]
_NAMES = ("python-wrapper ", "python  ")
_MOVED = "seldon-test-runtime-moved"


@pytest.fixture(scope="module")
def full(pack: Pack, samples: Path) -> Built:
    """The smallest sample on the run image without Python."""
    flags = ("--run-image", pack.made.images.run, "--clear-cache")
    return pack.must_build("seldon-test-runtime-full", samples / "minimal", *flags)


@pytest.fixture(scope="module")
def patched(pack: Pack) -> Iterator[str]:
    """The run image with a newer version of a package of the wrapper."""
    image = "seldon-test-run:patched"
    site = "/opt/seldon/3.12-s1/wrapper/lib/python3.12/site-packages"
    patch = f"echo 'VERSION = \"patched\"' > {site}/patched.py"
    text = f"FROM {pack.made.images.runtime_run}\nUSER root\nRUN {patch}\nUSER 1000:1000\n"
    words = ("docker", "build", "--quiet", "--tag", image, "-")
    subprocess.run(
        words, input=text, text=True, check=True, env={**os.environ, "DOCKER_BUILDKIT": "0"}
    )
    yield image
    docker("rmi", "-f", image)


def _layers(image: str) -> Mapping[str, str]:
    """The digests of the buildpack's layers."""
    text = docker(
        "inspect", "-f", '{{index .Config.Labels "io.buildpacks.lifecycle.metadata"}}', image
    )
    metadata = json.loads(text)
    [buildpack] = [each for each in metadata["buildpacks"] if each["key"] == "seldon/python"]
    return {name: layer["sha"] for name, layer in buildpack["layers"].items()}


def _serves(image: str, samples: Path) -> None:
    with container.started(image) as running:
        running.wait_ready()
        subprocess.run([samples / "minimal/verify", running.rest], check=True, timeout=30)


def _rebase(pack: Pack, image: str, run_image: str, *flags: str) -> str:
    return run(
        *(pack.made.pack, "rebase", image, "--run-image", run_image),
        *("--pull-policy", "never", *flags),
        env=pack.environment,
        timeout=120,
    )


def test_other_run_image_has_full_layers_and_all_else_is_equal(
    minimal: Built, full: Built, samples: Path
) -> None:
    assert lines_of(minimal.ours, *_NAMES) == _LINKED
    assert lines_of(full.ours, *_NAMES) == [
        "  python-wrapper  building (first build)",
        "  python          building (first build)",
    ]
    _serves(full.image, samples)
    linked, files = _layers(minimal.image), _layers(full.image)
    differing = {name for name in linked if linked[name] != files[name]}
    # The licenses of a model without requirements are links too.
    links = {"python", "python-wrapper", "third-party-licenses"}
    assert (linked.keys(), differing) == (files.keys(), links)


def test_layers_instead_of_links_can_be_chosen(pack: Pack, full: Built, samples: Path) -> None:
    env = {"BP_SELDON_RUNTIME": "layers"}
    built = pack.must_build("seldon-test-runtime-layers", samples / "minimal", env=env)
    assert lines_of(built.ours, "Run image") == [
        "  Run image     its Python and wrapper are not used  (for a smaller image, add --run-image seldon/run:bookworm)"
    ]
    assert _layers(built.image) == _layers(full.image)


def test_required_runtime_that_is_missing_is_an_error(pack: Pack, samples: Path) -> None:
    failed = pack.build(
        "seldon-test-runtime-none",
        samples / "minimal",
        *("--run-image", pack.made.images.run),
        env={"BP_SELDON_RUNTIME": "run-image"},
    )
    assert failed.code != 0
    assert failed.ours[failed.ours.index("ERROR") :].rstrip() == (
        "ERROR: The run image does not contain Python and wrapper\n"
        "\n"
        "  BP_SELDON_RUNTIME=run-image was set. It needs a run image with the label io.buildpacks.base.id=seldon.io/run/bookworm-py3.12-s1,\n"
        "  but `seldon/run:bookworm` has the label io.seldon.run.bookworm.\n"
        "\n"
        "  What to do (choose one):\n"
        "  1. Build without --run-image, so that the builder's own run image is used.\n"
        "  2. Unset BP_SELDON_RUNTIME: the build then puts Python and wrapper into layers of the image where the run image cannot provide them."
    )


def test_patch_of_the_run_image_reaches_a_model_by_rebase(
    pack: Pack, samples: Path, patched: str
) -> None:
    pack.must_build(_MOVED, samples / "minimal")
    before = _layers(_MOVED)
    _rebase(pack, _MOVED, patched, "--force")
    assert _layers(_MOVED) == before
    command = ("python", "-c", "import patched; print(patched.VERSION)")
    assert docker("run", "--rm", "--entrypoint", "launcher", _MOVED, *command).strip() == "patched"
    _serves(_MOVED, samples)


def test_forced_rebase_onto_a_run_image_without_python_is_explained(
    pack: Pack, samples: Path
) -> None:
    pack.must_build(_MOVED, samples / "minimal")
    _rebase(pack, _MOVED, pack.made.images.run, "--force")
    done = subprocess.run(
        ["docker", "run", "--rm", _MOVED], capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0
    assert done.stderr.startswith(
        "ERROR: This image is on a run image that does not contain its Python.\n"
        "  Its layers link to /opt/seldon/3.12-s1, which only a run image with the label io.buildpacks.base.id=seldon.io/run/bookworm-py3.12-s1 contains.\n"
    )
    assert "Traceback" not in done.stdout + done.stderr


def test_model_with_another_python_is_told_the_leaner_run_image(pack: Pack, samples: Path) -> None:
    env = {"BP_PYTHON_VERSION": "3.9"}
    built = pack.must_build("seldon-test-runtime-3.9", samples / "minimal", env=env)
    assert "add --run-image seldon/run:bookworm)" in built.ours
    assert not set(_LINKED) & set(built.ours.splitlines())
