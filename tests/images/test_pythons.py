"""Pythons beside the default: one that the builder carries, and one that is installed at build from the catalogue configured."""

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images import packages
from tests.images.conftest import Pack, docker
from tests.images.servers import plain_http
from tools import container, interpreters
from tools.steps import Workspace

_MINOR = "3.11"
_CARRIED = "3.9"


@pytest.fixture(scope="module")
def catalogue(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a catalogue with this machine's Python 3.11, on loopback."""
    interpreters.catalogue(workspace, (_MINOR,))
    folder = tmp_path_factory.mktemp("catalogue")
    for archive in (workspace.work / "catalogue").glob("*.tar.gz"):
        (folder / archive.name).symlink_to(archive)
    with plain_http(folder) as url:
        (folder / "catalogue.json").write_text(interpreters.catalogue_for(workspace, url))
        yield f"{url}/catalogue.json"


@pytest.fixture
def app(samples: Path, tmp_path: Path) -> Path:
    """The smallest model, asking for the other Python the way pyenv and uv do."""
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("RowMeans.py", ".s2i/environment"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes((samples / "minimal" / name).read_bytes())
    (folder / ".python-version").write_text(f"{_MINOR}\n")
    return folder


def test_a_python_that_the_builder_carries_needs_no_network(pack: Pack, app: Path, samples: Path) -> None:
    built = pack.must_build("seldon-test-python-carried", app, "--network", "none", env={"BP_PYTHON_VERSION": _CARRIED})
    assert re.search(rf"^  Python        {_CARRIED}\.\d+  \(BP_PYTHON_VERSION\)$", built.ours, re.MULTILINE), built.ours
    with container.started(built.image) as running:
        running.wait_ready()
        subprocess.run([samples / "minimal/verify", running.rest], check=True, timeout=30)
        assert docker("exec", running.id, "launcher", "python", "--version").startswith(f"Python {_CARRIED}.")
    assert packages.licensed(built.image) == packages.installed(built.image)


def test_a_python_that_is_not_carried_is_installed_from_the_catalogue_and_reused(
    pack: Pack, app: Path, samples: Path, catalogue: str
) -> None:
    env = {"BP_PYTHON_DOWNLOADS_JSON_URL": catalogue}
    first = pack.must_build("seldon-test-python", app, "--network", "host", env=env)
    assert f"  Python        {_MINOR}  (.python-version)" in first.ours
    with container.started(first.image) as running:
        running.wait_ready()
        subprocess.run([samples / "minimal/verify", running.rest], check=True, timeout=30)
        assert docker("exec", running.id, "launcher", "python", "--version").startswith(f"Python {_MINOR}.")
    with container.started(first.image, ("--entrypoint", "dev")) as running:
        running.wait_ready()
        docker("exec", running.id, "touch", "RowMeans.py")
        said = "seldon-dev: RowMeans.py changed: starting the service again.\n"
        end = time.monotonic() + 10
        while said not in running.logs() and time.monotonic() < end:
            time.sleep(0.05)
        assert said in running.logs()
    (app / "RowMeans.py").write_text((app / "RowMeans.py").read_text() + "\n# changed\n")
    again = pack.must_build("seldon-test-python", app, "--network", "none", env=env)
    assert "  python-wrapper  reused\n  python          reused\n" in again.ours
    assert packages.licensed(again.image) == packages.installed(again.image)
    assert "PYTHON SOFTWARE FOUNDATION LICENSE" in packages.read_file(again.image, f"{packages.LICENCES}/cpython.txt")


def test_a_catalogue_that_cannot_be_reached_is_named_with_the_ways_out(pack: Pack, app: Path) -> None:
    built = pack.build(
        "seldon-test-python-away", app, "--network", "none", env={"BP_PYTHON_DOWNLOADS_JSON_URL": "http://127.0.0.1:9/catalogue.json"}
    )
    assert built.code != 0
    assert f"ERROR: Python {_MINOR} could not be installed\n" in built.ours
    assert "http://127.0.0.1:9/catalogue.json" in built.ours
    assert "Traceback" not in built.log
