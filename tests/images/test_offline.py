"""Builds without any network."""

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.images import packages
from tests.images.conftest import Built, Pack
from tools.container import started

Source = Callable[..., Path]


def test_a_model_without_packages_is_built_and_served(pack: Pack, samples: Path) -> None:
    pack.must_build("seldon-test-offline", samples / "minimal", "--network", "none")
    with started("seldon-test-offline") as container:
        container.wait_ready()
        status, answer = container.post("/api/v1.0/predictions", {"data": {"ndarray": [[1, 2, 3, 4]]}})
    assert (status, answer["data"]) == (200, {"names": ["mean"], "ndarray": [[2.5]]})


def test_a_model_whose_wheels_lie_in_the_source_is_built(pack: Pack, source: Source, tmp_path: Path) -> None:
    wheel = packages.wheel(tmp_path, "in_source", "1.0", requires=("numpy>=1.20",))
    files = {"requirements.txt": "in-source\n", f"wheels/{wheel.name}": wheel.read_bytes()}
    app = source({**packages.model("in_source"), **files})
    built = pack.must_build("seldon-test-offline", app, "--network", "none", env={"PIP_FIND_LINKS": "wheels", "PIP_NO_INDEX": "1"})
    assert "  Index         wheels\n" in built.ours
    assert packages.said("seldon-test-offline") == ["in_source 1.0"]


def test_the_same_is_said_by_lines_of_requirements(pack: Pack, source: Source, tmp_path: Path) -> None:
    wheel = packages.wheel(tmp_path, "in_source", "2.0")
    files = {"requirements.txt": "--no-index\n--find-links more/wheels\n-r more/more.txt\n", "more/more.txt": "in-source\n"}
    app = source({**packages.model("in_source"), **files, f"more/wheels/{wheel.name}": wheel.read_bytes()})
    pack.must_build("seldon-test-offline", app, "--network", "none")
    assert packages.said("seldon-test-offline") == ["in_source 2.0"]


def test_a_code_change_of_a_model_with_packages_needs_no_network(iris: Built, pack: Pack, samples: Path, tmp_path: Path) -> None:
    app = shutil.copytree(samples / "sklearn-iris", tmp_path / "app")
    (app / "IrisClassifier.py").write_text((app / "IrisClassifier.py").read_text() + "\n# changed\n")
    built = pack.must_build(iris.image, app, "--network", "none")
    assert "  requirements    reused\n  python-wrapper  reused\n  python          reused\n" in built.ours
    with started(iris.image) as container:
        container.wait_ready()
        status, answer = container.post("/api/v1.0/predictions", {"data": {"ndarray": [[5.1, 3.5, 1.4, 0.2]]}})
    assert status == 200, answer
    pack.must_build(iris.image, samples / "sklearn-iris")
