"""Every supported Python: one in the builder, the others installed from a catalogue."""

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from seldon_buildpack.messages.errors.python import NEVER_BUNDLED
from seldon_buildpack.python_version import SUPPORTED
from tests.images.conftest import Built, Pack, docker
from tests.support import packages
from tests.support.servers import plain_http
from tools.core.steps import Workspace
from tools.dev import container
from tools.release import interpreters, relocate

_MINOR = "3.11"
_CARRIED = "3.9"
_CATALOGUE = ("3.6", "3.7", "3.8", "3.10", _MINOR, "3.13")


@pytest.fixture(scope="module")
def catalogue(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a catalogue with this machine's Pythons, on loopback."""
    interpreters.make_catalogue(workspace, _CATALOGUE)
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


def _serves(image: str, minor: str, samples: Path, bundle: Path) -> None:
    """The smallest model answers over REST and gRPC on this Python, and ends when it is told to."""
    with container.started(image) as running:
        running.wait_ready()
        subprocess.run([samples / "minimal/verify", running.rest], check=True, timeout=30)
        asked = {"data": {"ndarray": [[1, 2, 3]]}, "meta": {"puid": "asked"}}
        assert running.grpc(bundle, "Predict", asked)["data"] == {
            "names": ["mean"],
            "ndarray": [[2.0]],
        }
        assert docker(
            "exec", running.id, "/cnb/lifecycle/launcher", "python", "--version"
        ).startswith(f"Python {minor}.")
        docker("stop", "-t", "15", running.id)
        assert docker("inspect", "-f", "{{.State.ExitCode}}", running.id).strip() in ("0", "143")
        assert "Traceback" not in running.logs()


def _restarts_on_changes(image: str) -> None:
    """The process `dev` restarts the service when a file changes."""
    with container.started(image, ("--entrypoint", "dev")) as running:
        running.wait_ready()
        docker("exec", running.id, "touch", "RowMeans.py")
        said = "seldon-dev: RowMeans.py changed: restarting the service.\n"
        end = time.monotonic() + 20
        while said not in running.logs() and time.monotonic() < end:
            time.sleep(0.05)
        assert said in running.logs()


def test_every_python_of_the_settings_is_tried_here() -> None:
    assert {_CARRIED, "3.12", *_CATALOGUE} == {f"{major}.{minor}" for major, minor in SUPPORTED}


def test_the_default_serves(minimal: Built, samples: Path, bundle: Path) -> None:
    _serves(minimal.image, "3.12", samples, bundle)


def test_a_python_that_the_builder_carries_needs_no_network(
    pack: Pack, app: Path, samples: Path, bundle: Path
) -> None:
    built = pack.must_build(
        "seldon-test-python-carried", app, "--network", "none", env={"BP_PYTHON_VERSION": _CARRIED}
    )
    assert re.search(
        rf"^  Python        {_CARRIED}\.\d+  \(BP_PYTHON_VERSION\)$", built.ours, re.MULTILINE
    ), built.ours
    _serves(built.image, _CARRIED, samples, bundle)
    assert packages.licensed(built.image) == packages.installed(built.image)


@pytest.mark.parametrize("minor", _CATALOGUE)
def test_python_of_the_catalogue_is_installed_and_reused(
    minor: str, pack: Pack, app: Path, samples: Path, bundle: Path, catalogue: str
) -> None:
    (app / ".python-version").write_text(f"{minor}\n")
    env = {"BP_PYTHON_DOWNLOADS_JSON_URL": catalogue}
    first = pack.must_build(f"seldon-test-python-{minor}", app, "--network", "host", env=env)
    assert f"  Python        {minor}  (.python-version)" in first.ours
    pins = (
        f"  Pins            upstream  (the current pins are not for Python {minor})\n"
        if minor in ("3.6", "3.7", "3.8")
        else ""
    )
    assert re.findall("^  Pins .*\n", first.ours, re.MULTILINE) == [pins][: bool(pins)]
    _serves(first.image, minor, samples, bundle)
    if minor not in NEVER_BUNDLED:
        _restarts_on_changes(first.image)
    (app / "RowMeans.py").write_text((app / "RowMeans.py").read_text() + "\n# changed\n")
    again = pack.must_build(first.image, app, "--network", "none", env=env)
    assert "  python-wrapper  reused\n  python          reused\n" in again.ours
    assert packages.licensed(again.image) == packages.installed(again.image)
    assert "PYTHON SOFTWARE FOUNDATION LICENSE" in packages.read_file(
        again.image, f"{packages.LICENCES}/cpython.txt"
    )


def test_unreachable_catalogue_is_named_with_its_fixes(pack: Pack, app: Path) -> None:
    built = pack.build(
        "seldon-test-python-away",
        app,
        "--network",
        "none",
        env={"BP_PYTHON_DOWNLOADS_JSON_URL": "http://127.0.0.1:9/catalogue.json"},
    )
    assert built.code != 0
    assert f"ERROR: Python {_MINOR} could not be installed\n" in built.ours
    assert "http://127.0.0.1:9/catalogue.json" in built.ours
    assert "Traceback" not in built.log


@pytest.mark.skipif(
    interpreters.find_installed("3.12") is None, reason="this machine has no Python 3.12 of its own"
)
def test_packed_interpreter_runs_from_another_folder(tmp_path: Path) -> None:
    installed = interpreters.find_installed("3.12")
    assert installed
    relocate.make_relocatable(installed.prefix, "3.12", tmp_path / "made")
    moved = (tmp_path / "made").rename(tmp_path / "moved")
    used = "import ssl, sqlite3, ctypes, bz2, lzma, uuid, sys; print(sys.prefix); print(open('/proc/self/maps').read())"
    clean = {"PATH": "/nowhere", "LD_LIBRARY_PATH": str(installed.prefix / "lib")}
    output = subprocess.run(
        [moved / "bin/python3", "-I", "-c", used],
        env=clean,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert output[0] == str(moved)
    loaded = {Path(line.split()[-1]) for line in output if ".so" in line}
    foreign = [
        path.name
        for path in loaded
        if moved not in path.parents and not relocate.is_glibc_library(path.name)
    ]
    assert foreign == []
    assert str(installed.prefix.parent).encode() not in b"".join(
        path.read_bytes() for path in moved.rglob("*") if path.is_file()
    )


def test_pins_choose_the_python_they_have_wheels_for(pack: Pack, app: Path, catalogue: str) -> None:
    (app / ".python-version").unlink()
    (app / "requirements.txt").write_text("aged==1.0\nsix==1.16.0\n")
    wheel = packages.wheel(app / "wheels", "aged", "1.0")
    wheel.rename(wheel.with_name("aged-1.0-cp38-cp38-manylinux2014_x86_64.whl"))
    env = {"BP_PIP_FIND_LINKS": "wheels"}
    chosen = "  Python        3.8  (aged==1.0 has no wheels for 3.9 and later)\n"
    unreachable = {"BP_PYTHON_DOWNLOADS_JSON_URL": "http://127.0.0.1:9/catalogue.json"}
    failed = pack.build("seldon-test-python-pins", app, "--network", "none", env=env | unreachable)
    assert failed.code != 0
    assert chosen in failed.ours
    assert (
        "ERROR: The pinned requirements need Python 3.8, which could not be installed\n\n"
        "  These have wheels for these Pythons only:\n  - aged==1.0: 3.8\n"
    ) in failed.ours
    env["BP_PYTHON_DOWNLOADS_JSON_URL"] = catalogue
    built = pack.must_build("seldon-test-python-pins", app, "--network", "host", env=env)
    assert chosen in built.ours
    assert ("aged", "1.0") in packages.installed(built.image)
    (app / "RowMeans.py").write_text((app / "RowMeans.py").read_text() + "\n# changed\n")
    again = pack.must_build(built.image, app, "--network", "none", env=env)
    assert chosen in again.ours
    assert "  requirements    reused\n" in again.ours
    assert "  python          reused\n" in again.ours
