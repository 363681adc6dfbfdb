"""A reused layer is never stale: after each change of one thing, a build with the restored layers has the content of a build from nothing.

The sources and their changes are in tests/support/stale_layers.py, and as a table in docs/how-a-build-works.md.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support import packages, servers, stale_layers
from tools.core.steps import Workspace, run
from tools.dev import vendor
from tools.release.builder import BUILDER

_BUILDS = ("setuptools<82", "hatchling", "editables", "flit-core>=3", "poetry-core")
_PACKAGES = ("thing", "more", "under", "unused")
_REUSED = "what does not matter"


@pytest.fixture(scope="module")
def became(
    workspace: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, dict[str, object]]]:
    """What became of the layer by each change, by the kind of source; all are built in one container of the session's builder."""
    folder = tmp_path_factory.mktemp("stale")
    _fill_index(workspace, folder / "index", folder)
    kinds = dict(enumerate(stale_layers.KINDS))
    with servers.plain_http(folder / "index") as url:
        for number, kind in kinds.items():
            place = folder / "stale" / f"{number:02}"
            kind.source.write(place / "base", url)
            if kind.reused:
                kind.after_reused().write(place / "reused", url)
            for change, name in enumerate(kind.rebuilds):
                kind.after(name).write(place / f"{change:02}", url)
        shutil.copy(Path(__file__).with_name("stale_inside.py"), folder / "stale")
        found = json.loads(_run_inside(workspace, folder / "stale"))
    return {
        kind.name: {
            _REUSED if change == "reused" else kind.rebuilds[int(change)]: result
            for change, result in found[f"{number:02}"].items()
        }
        for number, kind in kinds.items()
    }


def _fill_index(workspace: Workspace, index: Path, scratch: Path) -> None:
    """Make an index of what sources here require, at two URLs."""
    simple = index / "simple"
    for name in _PACKAGES:
        for version in ("1.0", "2.0"):
            requires = ("under",) if name == "thing" else ()
            packages.wheel(simple / name, name, version, requires=requires)
    needed = vendor.VendorRequest(pins=(), minor="3.12", builds=(_BUILDS,))
    vendor.download(workspace, needed, scratch / "wheels", scratch)
    for path in (scratch / "wheels").iterdir():
        folder = simple / path.name.partition("-")[0].lower().replace("_", "-")
        folder.mkdir(exist_ok=True)
        path.rename(folder / path.name)
    for version in ("1.0", "2.0"):
        (index / version).mkdir()
        (index / version / "simple").symlink_to("../simple")


def _run_inside(workspace: Workspace, folder: Path) -> str:
    """Run stale_inside.py in a container of the builder, and return what it prints."""
    version = workspace.versions["buildpack"]["version"]
    python = workspace.versions["python"]["default"]
    program = f"/cnb/buildpacks/seldon_python/{version}/bundle/pythons/{python}/bin/python{python}"
    words = ("docker", "create", "--network", "host", "--entrypoint", program, BUILDER)
    container = run(*words, "-I", "-B", "/stale/stale_inside.py").strip()
    try:
        run("docker", "cp", folder, f"{container}:/")
        return run("docker", "start", "--attach", container, timeout=900)
    finally:
        subprocess.run(
            ["docker", "rm", "-f", container], capture_output=True, check=False, timeout=60
        )


@pytest.mark.parametrize("kind", stale_layers.KINDS, ids=lambda kind: kind.name)
def test_each_change_gives_what_a_build_from_nothing_gives(
    became: dict[str, dict[str, dict[str, object]]], kind: stale_layers.Kind
) -> None:
    results = became[kind.name]
    assert not {name: one["log"] for name, one in results.items() if not one["same"]}
    expected = dict.fromkeys(kind.rebuilds, "rebuilt")
    expected |= {_REUSED: "reused"} if kind.reused else {}
    assert {name: one["outcome"] for name, one in results.items()} == expected
