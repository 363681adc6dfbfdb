"""The two sets of the wrapper's pins: which one serves, what the log says of it, and what happens where neither suits."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.images.conftest import Built, Pack, docker
from tests.support import packages
from tools.dev import container

Source = Callable[..., Path]

# It wants all of setuptools, of which the wrapper's start has only what it needs.
_SAYS = """\
import distutils.version
import importlib.metadata

import pkg_resources

assert distutils.version.LooseVersion("1.10") > distutils.version.LooseVersion("1.9")
assert pkg_resources.parse_version("1.10") > pkg_resources.parse_version("1.9")


class Says:
    def predict(self, X, names=None, meta=None):
        return [importlib.metadata.version(name) for name in X[0]]
"""


def _model(requirements: str) -> dict[str, str]:
    return {
        "Says.py": _SAYS,
        ".s2i/environment": "MODEL_NAME=Says\nSERVICE_TYPE=MODEL\n",
        "requirements.txt": requirements,
    }


def _versions(image: str, *names: str) -> list[str]:
    """What a model in the image sees installed, asked over REST."""
    with container.started(image) as running:
        running.wait_ready()
        status, answer = running.post("/predict", {"data": {"ndarray": [list(names)]}})
        assert status == 200, running.logs()
        return list(answer["data"]["ndarray"])


def _label(image: str, name: str) -> str:
    return docker("inspect", "-f", f'{{{{index .Config.Labels "{name}"}}}}', image).strip()


def _layers(image: str) -> dict[str, str]:
    """The buildpack's layers in an image, name to digest."""
    told = json.loads(_label(image, "io.buildpacks.lifecycle.metadata"))
    [ours] = [buildpack for buildpack in told["buildpacks"] if buildpack["key"] == "seldon/python"]
    return {name: layer["sha"] for name, layer in ours["layers"].items() if layer["launch"]}


@pytest.fixture(scope="module")
def upstream(pack: Pack, samples: Path) -> Built:
    """The minimal sample on the set of the release, built without a network."""
    return pack.must_build(
        "seldon-test-pins-upstream",
        samples / "minimal",
        "--network",
        "none",
        env={"BP_SELDON_PINS": "upstream"},
    )


def test_current_pins_are_the_silent_default(minimal: Built) -> None:
    assert "Pins" not in minimal.ours
    assert _label(minimal.image, "io.seldon.wrapper.pins") == "current"


def test_upstream_set_is_bundled_and_can_be_chosen(upstream: Built, samples: Path) -> None:
    assert "  Pins            upstream  (BP_SELDON_PINS)\n" in upstream.ours
    assert _label(upstream.image, "io.seldon.wrapper.pins") == "upstream"
    with container.started(upstream.image) as running:
        running.wait_ready()
        subprocess.run([samples / "minimal/verify", running.rest], check=True, timeout=30)


def test_numpy_2_is_that_of_the_shared_default_set(
    pack: Pack, source: Source, minimal: Built, bundle: Path
) -> None:
    app = source(_model("numpy>=2\n"))
    built = pack.must_build("seldon-test-pins", app, "--network", "host")
    assert "Pins" not in built.ours
    assert " + " not in built.ours
    assert _layers(built.image)["python-wrapper"] == _layers(minimal.image)["python-wrapper"]
    names = ("numpy", "gunicorn", "flask", "werkzeug", "seldon-core", "protobuf")
    assert _versions(built.image, *names) == [
        packages.locked(bundle, "current", name) for name in names
    ]
    (app / "Says.py").write_text(_SAYS + "# changed\n")
    again = pack.must_build("seldon-test-pins", app, "--network", "none")
    assert "  requirements    reused\n" in again.ours and "building" not in again.ours
    assert packages.licensed(again.image) == packages.installed(again.image)
    # numpy 1.26.4 cannot be downloaded, and the set upstream has it.
    older = packages.locked(bundle, "upstream", "numpy")
    (app / "requirements.txt").write_text(f"numpy=={older}\n")
    back = pack.must_build("seldon-test-pins", app, "--network", "none")
    assert "  Pins            upstream  (with the current pins: " in back.ours
    assert _versions(back.image, "numpy") == [older]


def test_a_flask_that_upstream_excludes_is_the_one_that_serves(pack: Pack, source: Source) -> None:
    built = pack.must_build(
        "seldon-test-pins", source(_model("flask==3.0.3\n")), "--network", "host"
    )
    assert "Pins" not in built.ours
    assert _versions(built.image, "flask") == ["3.0.3"]


def test_the_newest_scikit_learn_and_pandas_serve_on_numpy_2(
    pack: Pack, source: Source, bundle: Path
) -> None:
    built = pack.must_build(
        "seldon-test-pins",
        source(_model("scikit-learn>=1.7\npandas>=2.3\n")),
        "--network",
        "host",
    )
    assert "Pins" not in built.ours and "NumPy" not in built.ours
    assert "python-wrapper" in _layers(built.image)
    numpy, learn, pandas = _versions(built.image, "numpy", "scikit-learn", "pandas")
    assert numpy == packages.locked(bundle, "current", "numpy")
    assert learn >= "1.7" and pandas >= "2.3"


def test_scikit_learn_of_numpy_1_serves_on_the_current_set(
    pack: Pack, source: Source, bundle: Path
) -> None:
    app = source(_model("scikit-learn==1.2.2\n"))
    (app / "Says.py").write_text(_SAYS + "\nimport sklearn.linear_model\n")
    env = {"BP_PYTHON_VERSION": "3.9"}
    built = pack.must_build("seldon-test-pins", app, "--network", "host", env=env)
    older = packages.locked(bundle, "upstream", "numpy", "3.9")
    line = f"  NumPy           {older}  (scikit-learn 1.2.2 was compiled for NumPy 1)\n"
    assert line in built.ours and "Pins" not in built.ours and "+ numpy" not in built.ours
    assert _label(built.image, "io.seldon.wrapper.pins") == "current"
    flask = packages.locked(bundle, "current", "flask", "3.9")
    assert _versions(built.image, "numpy", "flask") == [older, flask]
    (app / "Says.py").write_text(_SAYS + "\nimport sklearn.svm\n")
    again = pack.must_build("seldon-test-pins", app, "--network", "none", env=env)
    assert f"  requirements    reused\n{line}" in again.ours


def test_user_pins_win_when_neither_set_fits(pack: Pack, source: Source, bundle: Path) -> None:
    built = pack.must_build(
        "seldon-test-pins", source(_model("cryptography==38.0.4\n")), "--network", "host"
    )
    assert (
        "  Warning: Your requirements override versions that seldon-core requires: cryptography>=39.0.1, not 38.0.4.\n"
        in built.ours
    )
    assert _versions(built.image, "cryptography") == ["38.0.4"]
    hidden = ("cryptography", packages.locked(bundle, "current", "cryptography"))
    assert packages.licensed(built.image) == sorted([*packages.installed(built.image), hidden])
