"""Real uv: which of the platform's credentials it sends where, and what package builds see of them."""

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from seldon_buildpack.cnb import bindings as cnb_bindings
from seldon_buildpack.commands.uv import Outcome, Uv
from seldon_buildpack.log import Log
from seldon_buildpack.manifests.requirements_txt import IndexLines
from seldon_buildpack.package_sources import bindings, network
from seldon_buildpack.package_sources.bindings import TYPES, Bound
from seldon_buildpack.package_sources.index_settings import configure
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.settings import settings
from tests.support import packages, servers
from tests.support.bindings import bind

USER, PASSWORD = "bob", "s3cret-p@ss/word"
BACKEND = """\
import json, os, pathlib, zipfile
def build_wheel(folder, config_settings=None, metadata_directory=None):
    pathlib.Path(os.environ["SEEN"]).write_text(json.dumps(dict(os.environ)))
    name = "p-1-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        wheel.writestr("p-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: p\\nVersion: 1\\nRequires-Dist: dep\\n")
        wheel.writestr("p-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("p-1.dist-info/RECORD", "")
    return name
"""


def install(tmp_path: Path, index: Index, requirement: str) -> Outcome:
    uv = Uv(
        program=Path(sys.executable).with_name("uv"),
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        for_builds={"SEEN": str(tmp_path / "seen")},
        cache=tmp_path / "cache",
        log=Log(io.StringIO()),
    )
    target = ["--python", sys.executable, "--target", str(tmp_path / "site")]
    scratch = tmp_path / "scratch"
    scratch.mkdir(exist_ok=True)
    return uv.run(["pip", "install", *target, requirement], tmp_path, index.environment(scratch))


def bound(tmp_path: Path, **entries: str) -> Bound:
    bind(tmp_path / "bindings", "corp", entries)
    return bindings.read(cnb_bindings.read(tmp_path / "bindings", TYPES))


def test_a_package_build_sees_no_password_of_an_index(tmp_path: Path) -> None:
    packages.wheel(tmp_path / "files/simple/dep", "dep", "1.0")
    project = tmp_path / "p"
    project.mkdir()
    (project / "backend.py").write_text(BACKEND)
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "p"\ndynamic = ["version", "dependencies"]\n'
    )
    with servers.files_with_password(tmp_path / "files", USER, PASSWORD) as url:
        corp = bound(
            tmp_path,
            type="pypi",
            uri=f"{url}/simple",
            username=USER,
            password=PASSWORD,
            role="index",
        )
        index = configure(settings.read({}, []), IndexLines(), tmp_path, corp)
        outcome = install(tmp_path, network.joined(index, corp, {}, tmp_path), "./p")
    assert outcome.code == 0, outcome.text
    assert (tmp_path / "site/dep.py").exists()
    seen = json.loads((tmp_path / "seen").read_text())
    assert not [name for name, value in seen.items() if "s3cret" in value]


@pytest.fixture
def filed(tmp_path: Path) -> Iterator[tuple[dict[str, str], dict[str, str], Path]]:
    """Serve a wheel to a user of a netrc, over https and over http."""
    packages.wheel(tmp_path / "files", "dep", "1.0")
    context, authority = servers.of_authority(tmp_path)
    with contextlib.ExitStack() as running:
        urls = {
            scheme: running.enter_context(
                servers.files_with_password(tmp_path / "files", USER, PASSWORD, certificate)
            ).replace("127.0.0.1", "localhost")
            for scheme, certificate in (("https", context), ("http", None))
        }
        netrc = f"machine localhost login {USER} password {PASSWORD}\n"
        yield urls, {"type": "netrc", ".netrc": netrc}, authority


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_netrc_is_for_https_alone(
    tmp_path: Path, filed: tuple[dict[str, str], dict[str, str], Path], scheme: str
) -> None:
    urls, entries, authority = filed
    home = bound(tmp_path, **entries)
    line = f"dep @ {urls[scheme]}/dep-1.0-py3-none-any.whl"
    trust = Index(variables=(("SSL_CERT_FILE", str(authority)),))
    outcome = install(tmp_path, network.joined(trust, home, {}, tmp_path, [line]), line)
    assert (outcome.code == 0) is (scheme == "https"), outcome.text
