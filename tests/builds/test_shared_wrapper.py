"""The wrapper's layer stays the same if the requirements replace its packages, which are then hidden; by the real uv without a network."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from seldon_buildpack.wrapper import smoke_test
from tests.support import two_sets
from tests.support.two_sets import SITE, Package, Place

CLICK = Package(
    name="click",
    version="8.1.7",
    files={"click/__init__.py": "SAYS = 'mine'\n", "click/only_here.py": ""},
    commands={"click_new": ""},
)
SIX = Package(name="six", version="1.16.0", files={"six.py": "SAYS = 'mine'\n"})
PROTOBUF = Package(
    name="protobuf", version="5.29.6", files={"google/protobuf/__init__.py": "SAYS = 'mine'\n"}
)
CLOUD = Package(name="google_cloud", version="1.0", files={"google/cloud/__init__.py": ""})
SETUPTOOLS = Package(name="setuptools", version="82.0.0", files={"setuptools/__init__.py": ""})
CORE = Package(
    name="seldon_core", version="1.16.0", files={"seldon_core/__init__.py": "SERVES = 1\n"}
)
PLAIN = Package(name="plain", version="1.0", files={"plain.py": ""})
IN_IMAGE = """
import importlib, importlib.metadata as metadata, json, pkgutil, sys
def says(name):
    try:
        module = importlib.import_module(name)
    except ImportError as error:
        return type(error).__name__
    return getattr(module, "SAYS", "there")
print(json.dumps({
    "says": {name: says(name) for name in sys.argv[1:]},
    "listed": sorted((d.metadata["Name"], d.version) for d in metadata.distributions()),
    "commands": sorted(each.name for each in metadata.entry_points().select(group="console_scripts")),
}))
"""


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return two_sets.bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture
def place(tmp_path: Path, bundled: Any, monkeypatch: pytest.MonkeyPatch) -> Place:
    """A place whose smoke tests are counted, and pass."""
    place = Place(tmp_path, bundled)
    place.smoke_tests = 0

    def why_not_served(interpreter: Path) -> tuple[()]:
        place.smoke_tests += 1
        assert ask(interpreter, "seldon_core")["says"]["seldon_core"] == "there"
        return ()

    monkeypatch.setattr(smoke_test, "why_not_served", why_not_served)
    return place


def ask(interpreter: Path, *modules: str, options: tuple[str, ...] = ("-I",)) -> Any:
    """What a Python of the image imports and has installed."""
    done = subprocess.run(
        [interpreter, *options, "-B", "-c", IN_IMAGE, *modules],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return json.loads(done.stdout)


def python_of(place: Place) -> Path:
    """The environment's Python, with the layers that a test leaves out or reuses."""
    tree = place.bundle.wrapper(two_sets.MINOR, "current")
    for path, target in (
        (place.layers / "python/cpython", place.bundle.python(two_sets.MINOR)),
        (place.layers / "python-wrapper/venv", tree),
    ):
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.symlink_to(target)
    return place.layers / "requirements/venv/bin/python"


def tree_of(place: Place) -> dict[str, bytes]:
    root = place.layers / "python-wrapper/venv"
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def test_replaced_package_is_the_only_one_that_is_seen(place: Place) -> None:
    place.build("click==8.1.7\n", CLICK)
    found = ask(python_of(place), "click", "click.only_here", "click._new", "click_extra", "six")
    assert found["says"] == {
        "click": "mine",
        "click.only_here": "there",
        "click._new": "ModuleNotFoundError",
        "click_extra": "ModuleNotFoundError",
        "six": "wrapper",
    }
    assert [each for each in found["listed"] if each[0] == "click"] == [["click", "8.1.7"]]
    assert (
        len({name for name, _ in found["listed"]}) == len(found["listed"]) == len(two_sets.CURRENT)
    )
    assert found["commands"] == ["click_new", "seldon-says"]
    assert place.smoke_tests == 1


def test_wrapper_layer_is_the_same_for_all_models(place: Place) -> None:
    place.build("plain\n", PLAIN)
    shared, key = tree_of(place), (place.layers / "python-wrapper.toml").read_text()
    place.forget_layers()
    place.build("click==8.1.7\nsix==1.16.0\n", CLICK, SIX)
    assert "  python-wrapper  reused\n" in place.log
    assert (place.layers / "python-wrapper.toml").read_text() == key
    (place.layers / "python-wrapper.toml").unlink()
    place.build("click==8.1.7\nsix==1.16.0\n", CLICK, SIX)
    assert tree_of(place) == shared


def test_module_that_the_replacement_lacks_is_hidden(place: Place) -> None:
    place.build("setuptools==82.0.0\n", SETUPTOOLS)
    found = ask(python_of(place), "setuptools", "pkg_resources")
    assert found["says"] == {"setuptools": "there", "pkg_resources": "ModuleNotFoundError"}
    assert "pkg_resources" not in place.plan.importable()
    assert "pkg_resources" not in place.plan.modules()
    assert {"setuptools", "click", "seldon_core"} <= place.plan.importable()
    # A module of the same name in the source stays importable.
    folder = place.root / "own"
    folder.mkdir()
    (folder / "pkg_resources.py").write_text("SAYS = 'own'\n")
    code = f"import sys; sys.path.append({str(folder)!r}); import pkg_resources; print(pkg_resources.SAYS)"
    done = subprocess.run(
        [python_of(place), "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "own\n"


def test_namespace_package_is_joined_without_hidden_parts(place: Place) -> None:
    place.build("google-cloud\n", CLOUD)
    assert ask(python_of(place), "google.cloud", "google.protobuf")["says"] == {
        "google.cloud": "there",
        "google.protobuf": "wrapper",
    }
    place.forget_layers()
    place.build("google-cloud\nprotobuf==5.29.6\n", CLOUD, PROTOBUF)
    found = ask(python_of(place), "google.cloud", "google.protobuf", "google.protobuf_extra")
    assert found["says"] == {
        "google.cloud": "there",
        "google.protobuf": "mine",
        "google.protobuf_extra": "ModuleNotFoundError",
    }
    # google.protobuf_extra is the wrapper's, and importable if its protobuf is used.
    assert (place.layers / "python-wrapper/venv" / SITE / "google/protobuf_extra").is_dir()


def test_pth_files_run_except_those_of_hidden_packages(place: Place) -> None:
    place.build("click==8.1.7\n", CLICK)
    code = "import sys; print(sorted({'six', '_seldon_protobuf'} & {*sys.modules}))"
    ran: list[str | Path] = [python_of(place), "-I", "-c", code]
    assert subprocess.check_output(ran, text=True) == "['_seldon_protobuf', 'six']\n"
    place.forget_layers()
    place.build("setuptools==82.0.0\n", SETUPTOOLS)
    ran[0] = python_of(place)
    assert subprocess.check_output(ran, text=True) == "['_seldon_protobuf']\n"


def test_commands_of_hidden_packages_are_left_out(place: Place) -> None:
    place.build("click==8.1.7\n", CLICK)
    python = python_of(place)
    commands = {path.name for path in python.parent.iterdir() if not path.name.startswith("python")}
    assert commands == {"seldon-says", "click_new"}
    said = subprocess.check_output([python.parent / "seldon-says"], text=True).split()
    assert said[0] == "1.17.1"
    assert Path(said[1]).is_relative_to(place.site)


def test_another_seldon_core_hides_that_of_the_wrapper(place: Place) -> None:
    wheel = CORE.wheel(place.root / "elsewhere")
    made = place.build(f"seldon-core @ file://{wheel}\n")
    assert made.seldon_core == "1.16.0"
    assert ask(python_of(place), "seldon_core", "click")["says"]["seldon_core"] == "there"
    assert [each for each in ask(python_of(place))["listed"] if "core" in each[0]] == [
        ["seldon_core", "1.16.0"]
    ]


def test_bill_marks_what_is_only_present_as_excluded(place: Place) -> None:
    place.build("click==8.1.7\n", CLICK)
    bill = json.loads((place.layers / "third-party-licenses.sbom.cdx.json").read_text())
    scopes = {(each["name"], each["version"]): each.get("scope") for each in bill["components"]}
    assert scopes["click", "8.1.7"] is None
    assert scopes["click", "8.5.1"] == "excluded"
    assert [key for key, scope in scopes.items() if scope] == [("click", "8.5.1")]
    listed = (place.layers / "third-party-licenses/license_info.csv").read_text()
    assert '"click","8.1.7"' in listed and '"click","8.5.1"' in listed


def test_nothing_replaced_needs_no_hiding_and_no_smoke_test(place: Place) -> None:
    place.build("plain\n", PLAIN)
    folder = place.layers / "python-wrapper/venv" / SITE
    assert (place.site / "_seldon_wrapper.pth").read_text() == (
        f"import site; site.addsitedir({str(folder)!r})\n"
    )
    assert not (place.site / "_seldon_wrapper.py").exists()
    assert place.smoke_tests == 0


def test_reused_layer_hides_the_same(place: Place) -> None:
    place.build("setuptools==82.0.0\n", SETUPTOOLS)
    before = place.plan.importable(), place.plan.modules()
    place.forget_layers()
    place.build("setuptools==82.0.0\n", SETUPTOOLS)
    assert "  requirements    reused\n" in place.log
    assert (place.plan.importable(), place.plan.modules()) == before
