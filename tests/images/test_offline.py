"""Builds where the internet is not: with no network, with a folder of wheels, with nothing but mirrors inside (docs/private-indexes.md)."""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.images.conftest import Built, Pack, docker
from tests.support import packages, servers
from tests.support.bindings import bind_as_kubelet
from tests.support.canaries import Credentials, assert_nowhere
from tools.core.steps import Workspace
from tools.dev import vendor
from tools.dev.container import started
from tools.release import interpreters, locks

Source = Callable[..., Path]


def test_a_model_without_packages_is_built_and_served(pack: Pack, samples: Path) -> None:
    pack.must_build("seldon-test-offline", samples / "minimal", "--network", "none")
    with started("seldon-test-offline") as container:
        container.wait_ready()
        status, answer = container.post(
            "/api/v1.0/predictions", {"data": {"ndarray": [[1, 2, 3, 4]]}}
        )
    assert (status, answer["data"]) == (200, {"names": ["mean"], "ndarray": [[2.5]]})


def test_a_model_whose_wheels_lie_in_the_source_is_built(
    pack: Pack, source: Source, tmp_path: Path
) -> None:
    wheel = packages.wheel(tmp_path, "in_source", "1.0", requires=("numpy>=1.20",))
    files = {"requirements.txt": "in-source\n", f"wheels/{wheel.name}": wheel.read_bytes()}
    app = source({**packages.model("in_source"), **files})
    built = pack.must_build(
        "seldon-test-offline",
        app,
        "--network",
        "none",
        env={"PIP_FIND_LINKS": "wheels", "PIP_NO_INDEX": "1"},
    )
    assert "  Index         wheels\n" in built.ours
    assert packages.said("seldon-test-offline") == ["in_source 1.0"]


def test_the_same_is_said_by_lines_of_requirements(
    pack: Pack, source: Source, tmp_path: Path
) -> None:
    wheel = packages.wheel(tmp_path, "in_source", "2.0")
    files = {
        "requirements.txt": "--no-index\n--find-links more/wheels\n-r more/more.txt\n",
        "more/more.txt": "in-source\n",
    }
    app = source(
        {**packages.model("in_source"), **files, f"more/wheels/{wheel.name}": wheel.read_bytes()}
    )
    pack.must_build("seldon-test-offline", app, "--network", "none")
    assert packages.said("seldon-test-offline") == ["in_source 2.0"]


def test_a_code_change_of_a_model_with_packages_needs_no_network(
    iris: Built, pack: Pack, samples: Path, tmp_path: Path
) -> None:
    app = shutil.copytree(samples / "sklearn-iris", tmp_path / "app")
    (app / "IrisClassifier.py").write_text(
        (app / "IrisClassifier.py").read_text() + "\n# changed\n"
    )
    built = pack.must_build(iris.image, app, "--network", "none")
    assert (
        "  requirements    reused\n  python-wrapper  in the run image (3.12-s1)\n  python          in the run image (3.12-s1)\n"
        in built.ours
    )
    with started(iris.image) as container:
        container.wait_ready()
        status, answer = container.post(
            "/api/v1.0/predictions", {"data": {"ndarray": [[5.1, 3.5, 1.4, 0.2]]}}
        )
    assert status == 200, answer
    pack.must_build(iris.image, samples / "sklearn-iris")


def test_make_vendor_fills_a_folder_with_what_a_build_then_needs(
    pack: Pack, workspace: Workspace, source: Source, tmp_path: Path
) -> None:
    packages.wheel(
        tmp_path / "simple/asked-for", "asked_for", "1.0", requires=("needed-by-it", "numpy>=1.20")
    )
    packages.sdist(tmp_path / "simple/needed-by-it", "needed_by_it", "1.0")
    app = source({**packages.model("asked_for", "needed_by_it"), "requirements.txt": "asked-for\n"})
    with servers.plain_http(tmp_path) as url:
        words = ["make", "-s", "vendor", f"MODEL={app}", f"DIR={app}/wheels"]
        env = {**os.environ, "PIP_EXTRA_INDEX_URL": f"{url}/simple"}
        done = subprocess.run(
            words,
            cwd=workspace.checkout,
            env=env,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "    BP_PIP_FIND_LINKS=wheels\n    PIP_NO_INDEX=1\n" in done.stdout
    # numpy is in the wrapper.
    assert sorted(path.name for path in (app / "wheels").iterdir()) == [
        "asked_for-1.0-py3-none-any.whl",
        "needed_by_it-1.0-py3-none-any.whl",
    ]
    assert {path.name for path in app.iterdir()} == {
        "Says.py",
        ".s2i",
        "requirements.txt",
        "wheels",
    }
    pack.must_build(
        "seldon-test-offline",
        app,
        "--network",
        "none",
        env={"BP_PIP_FIND_LINKS": "wheels", "PIP_NO_INDEX": "1"},
    )
    assert packages.said("seldon-test-offline") == ["asked_for 1.0", "needed_by_it 1.0"]


def test_vendored_packages_of_the_source_build_offline(
    pack: Pack, workspace: Workspace, source: Source
) -> None:
    hatch = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    files = {f"lib/{name}": text for name, text in packages.project("libx", "1.0").items()}
    files["hat/pyproject.toml"] = hatch + '[project]\nname = "hatx"\nversion = "1.0"\n'
    files["hat/hatx/__init__.py"] = "SAYS = 'hatx 1.0'\n"
    app = source(
        {**packages.model("libx", "hatx"), **files, "requirements.txt": "./lib\n-e ./hat\n"}
    )
    words = ["make", "-s", "vendor", f"MODEL={app}", f"DIR={app}/wheels"]
    subprocess.run(words, cwd=workspace.checkout, check=True, timeout=300)
    # A checkout may be read-only. Building a package writes next to its files.
    for folder in ("lib", "hat/hatx", "hat", "wheels"):
        (app / folder).chmod(0o555)
    pack.must_build(
        "seldon-test-offline",
        app,
        "--network",
        "none",
        env={"BP_PIP_FIND_LINKS": "wheels", "PIP_NO_INDEX": "1"},
    )
    assert packages.said("seldon-test-offline") == ["libx 1.0", "hatx 1.0"]


@pytest.fixture
def inside() -> Iterator[tuple[str, str]]:
    """A network without a way out: its name, and the address in it of this machine, where the mirrors are."""
    name = "seldon-test-inside"
    docker("network", "create", "--internal", name)
    try:
        [told] = json.loads(docker("network", "inspect", name))
        yield name, told["IPAM"]["Config"][0]["Gateway"]
    finally:
        docker("network", "rm", name)


def test_python_wrapper_and_packages_come_from_mirrors_inside(
    pack: Pack, workspace: Workspace, source: Source, inside: tuple[str, str], tmp_path: Path
) -> None:
    network, host = inside
    indexing, mirroring = Credentials.planted("inside-index"), Credentials.planted("inside-mirror")
    files = tmp_path / "files"
    interpreters.make_catalogue(workspace, ("3.11",))
    (files / "pythons.example").mkdir(parents=True)
    for archive in (workspace.work / "catalogue").glob("*.tar.gz"):
        (files / "pythons.example" / archive.name).symlink_to(archive)
    # What the catalogue names is nowhere: only the mirror has it.
    (files / "pythons.example/catalogue.json").write_text(
        interpreters.catalogue_for(workspace, "https://pythons.example")
    )
    needed = vendor.VendorRequest(
        pins=vendor.read_lock_pins(
            locks.wrapper_lock_path(workspace, "current", "3.11"),
            workspace.work / "buildpack/bundle/wheels",
        ),
        minor="3.11",
    )
    vendor.download(workspace, needed, tmp_path / "wheels", tmp_path)
    packages.wheel(tmp_path / "wheels", "inside_only", "1.0")
    for path in (tmp_path / "wheels").iterdir():
        folder = (
            files
            / "simple"
            / path.name.partition("-")[0].replace("_", "-").replace(".", "-").lower()
        )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / path.name).symlink_to(path)
    app = source(
        {
            **packages.model("inside_only"),
            "requirements.txt": "inside-only\n",
            ".python-version": "3.11\n",
        }
    )
    bindings = tmp_path / "bindings"
    with contextlib.ExitStack() as running:
        index = running.enter_context(
            servers.files_with_password(files, indexing.user, indexing.password, host=host)
        )
        mirror = running.enter_context(
            servers.files_with_password(files, mirroring.user, mirroring.password, host=host)
        )
        index_entries = {
            "type": "pypi",
            "role": "index",
            "uri": f"{index}/simple",
            "username": indexing.user,
            "password": indexing.password,
        }
        bind_as_kubelet(bindings, "index", index_entries)
        address = servers.with_user(mirror, mirroring.user, mirroring.password) + "/{originalHost}"
        bind_as_kubelet(bindings, "mirror", {"type": "dependency-mirror", "default": address})
        env = {"BP_PYTHON_DOWNLOADS_JSON_URL": "https://pythons.example/catalogue.json"}
        flags = ("--network", network, "--volume", f"{bindings}:/platform/bindings:ro", "-v")
        built = pack.must_build("seldon-test-inside", app, *flags, env=env)
    assert f"  Binding       mirror  (dependency-mirror, {mirror}/{{originalHost}})\n" in built.ours
    assert packages.said("seldon-test-inside") == ["inside_only 1.0"]
    assert_nowhere("seldon-test-inside", built.log, [*indexing.words(), *mirroring.words()])
