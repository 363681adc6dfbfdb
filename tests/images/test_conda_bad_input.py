"""What a user reads whose conda environment cannot be had: the whole text, kept in conda_bad_input/."""

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.images.conftest import Built, Pack
from tests.support import conda_builds, packages, servers
from tests.support.conda import packing
from tests.support.conda_builds import FORGE, MOUNTED, environment

TEXTS = Path(__file__).parent / "conda_bad_input"
IMAGE = "seldon-test-conda-bad-input"


@dataclass(frozen=True)
class Case:
    """An environment.yml, and what is wrong with it or around it; ``{url}`` in ``env`` is the address of ``server``."""

    text: str
    env: Mapping[str, str] = field(default_factory=lambda: {"BP_CONDA_CHANNELS": FORGE})
    server: Callable[[Path], AbstractContextManager[str]] | None = None
    name: str = "environment.yml"


def _with(*dependencies: str, **more: str) -> str:
    return environment("python=3.12", *dependencies, **more)


_EXPORTED_ON_WINDOWS = environment(
    "python=3.12.1=h2628c8c_0_cpython",
    "numpy=1.26.4=py312h8753938_0",
    "vc=14.3=hcf57466_18",
    "vs2015_runtime=14.38.33130=h82b7239_18",
)
_EXPORTED_ON_A_MAC = environment(
    "python=3.12.1=h9f0c242_1_cpython",
    "numpy=1.26.4=py312he3a82b2_0",
    "libcxx=17.0.6=h88467a6_0",
    "appnope=0.1.4=pyhd8ed1ab_0",
)

FILE = {
    "yaml-tab": Case("name: mine\ndependencies:\n\t- python=3.12\n"),
    "yaml-colon-missing": Case("name: mine\ndependencies\n  - python=3.12\n"),
    "key-unknown": Case(_with(more="dependancies:\n  - numpy\n")),
    "spec-of-pip": Case(_with("numpy~=1.26; python_version<'3.13'")),
    "spec-unreadable": Case(_with("numpy=>=1.26")),
    "pip-line": Case(
        _with("hello-conda").replace(
            "  - hello-conda", "  - pip:\n      - scikit-learn=1.5.2=py312_0"
        )
    ),
    "python-2.7": Case(environment("python=2.7", "numpy")),
    "python-3.14": Case(environment("python=3.14")),
}
SOLVES = {
    "package-misspelt": Case(_with("scikit-lern")),
    "package-unknown": Case(_with("nobody-has-this", "numpy")),
    "version-unknown": Case(_with("numpy=1.99")),
    "conflict": Case(_with("clash-left", "clash-right")),
    "package-for-another-python": Case(_with("scikit-learn=0.19.1")),
    "dependency-nowhere": Case(_with("needs-what-is-not-there")),
    "against-the-wrapper": Case(
        _with("numpy>=2"), {"BP_CONDA_CHANNELS": FORGE, "BP_SELDON_PINS": "upstream"}
    ),
    "gpu": Case(_with("needs-cuda")),
    "newer-glibc": Case(_with("needs-new-glibc")),
    "windows-package": Case(_with("needs-windows")),
    "exported-on-windows": Case(_EXPORTED_ON_WINDOWS),
    "exported-on-a-mac": Case(_EXPORTED_ON_A_MAC),
    "pip-half-fails": Case(
        _with(pip=["of-nobody-here==1.0"]), {"BP_CONDA_CHANNELS": FORGE, "PIP_NO_INDEX": "1"}
    ),
    "cuda-not-a-version": Case(
        _with(), {"BP_CONDA_CHANNELS": FORGE, "BP_CONDA_OVERRIDE_CUDA": "yes"}
    ),
}


@contextlib.contextmanager
def _spoilt(folder: Path, spoil: Callable[[Path], None]) -> Iterator[str]:
    """A channel of one package, less what ``spoil`` does to it."""
    channel = folder / "team"
    packing.tiny(channel, "mine", "1.0", files={"share/mine": "mine\n" * 1000})
    packing.index(channel, modern=False)
    spoil(channel)
    with servers.plain_http(folder) as url:
        yield url


def _other_package(channel: Path) -> None:
    packing.tiny(channel, "mine", "1.0", files={"share/mine": "planted\n"})


def _gone(channel: Path) -> None:
    (channel / "noarch/mine-1.0-0.conda").unlink()


def _cut_short(channel: Path) -> None:
    """The list agrees with the file, which is no package."""
    package, listing = channel / "noarch/mine-1.0-0.conda", channel / "noarch/repodata.json"
    package.write_bytes(package.read_bytes()[:300])
    told = json.loads(listing.read_text())
    record = told["packages.conda"][package.name]
    record |= {"sha256": packages.sha256(package).partition(":")[2], "size": 300}
    del record["md5"]
    listing.write_text(json.dumps(told))


def _no_list(channel: Path) -> None:
    for subdir in ("noarch", "linux-64"):
        (channel / subdir / "repodata.json").write_text("<html>Log in</html>")


def _of(spoil: Callable[[Path], None]) -> Callable[[Path], AbstractContextManager[str]]:
    return lambda folder: _spoilt(folder, spoil)


@contextlib.contextmanager
def _tokened(folder: Path) -> Iterator[str]:
    (folder / "team").mkdir()
    with servers.files_with_token(folder, "right") as url:
        yield url


@contextlib.contextmanager
def _passworded(folder: Path) -> Iterator[str]:
    with servers.files_with_password(folder, "bob", "right") as url:
        yield url


@contextlib.contextmanager
def _of_unknown_authority(folder: Path) -> Iterator[str]:
    with servers.https_of_authority(folder, folder) as (url, _):
        yield url


@contextlib.contextmanager
def _empty(folder: Path) -> Iterator[str]:
    with servers.plain_http(folder) as url:
        yield url


def _always(status: int) -> Callable[[Path], AbstractContextManager[str]]:
    return lambda _: servers.always(status, b"later", "text/plain")


TEAM = {"BP_CONDA_CHANNELS": f"{FORGE} {{url}}/team"}
CHANNELS = {
    "channel-unreachable": Case(
        _with("mine"), {"BP_CONDA_CHANNELS": f"{FORGE} http://127.0.0.1:9/team"}
    ),
    "channel-name-unknown": Case(
        _with("mine"), {"BP_CONDA_CHANNELS": f"{FORGE} http://channel.invalid/team"}
    ),
    "channel-without-token": Case(_with("mine"), TEAM, _tokened),
    "channel-wrong-token": Case(
        _with("mine"), {"BP_CONDA_CHANNELS": f"{FORGE} {{url}}/t/wrong/team"}, _tokened
    ),
    "channel-wrong-password": Case(
        _with("mine"), {"BP_CONDA_CHANNELS": f"{FORGE} http://bob:wrong@{{host}}/team"}, _passworded
    ),
    "channel-not-trusted": Case(_with("mine"), TEAM, _of_unknown_authority),
    "channel-self-signed": Case(
        _with("mine"), TEAM, lambda folder: servers.https_self_signed(folder, folder)
    ),
    "channel-not-there": Case(_with("mine"), TEAM, _empty),
    "channel-fails": Case(_with("mine"), TEAM, _always(503)),
    "channel-a-web-page": Case(_with("mine"), TEAM, _of(_no_list)),
    "channel-folder-missing": Case(environment("python=3.12", channels=["./conda", FORGE]), {}),
    "channel-folder-not-indexed": Case(_with("mine"), {"BP_CONDA_CHANNELS": f"file://{MOUNTED}"}),
    "package-mismatch": Case(_with("mine"), TEAM, _of(_other_package)),
    "package-gone": Case(_with("mine"), TEAM, _of(_gone)),
    "package-cut-short": Case(_with("mine"), TEAM, _of(_cut_short)),
}
LOCKS = {
    "lock-for-another-platform": Case(
        "version: 1\nmetadata:\n  platforms: [osx-arm64]\n  channels: []\n  content_hash: {}\n  sources: []\npackage: []\n",
        name="conda-lock.yml",
    ),
    "lock-mismatch": Case("", name="conda-linux-64.lock"),
    "explicit-line": Case("@EXPLICIT\nnumpy=1.26.4=py312_0\n", name="conda-linux-64.lock"),
}
CASES = {**FILE, **SOLVES, **CHANNELS, **LOCKS}


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_explained(
    name: str, pack: Pack, channels: Path, source: Callable[..., Path], tmp_path: Path
) -> None:
    case = CASES[name]
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    text = case.text or _explicit_with_another_hash(channels / "forge")
    app = source({**packages.model(), case.name: text})
    with case.server(scratch) if case.server else contextlib.nullcontext("") as url:
        host = url.partition("://")[2]
        env = {variable: value.format(url=url, host=host) for variable, value in case.env.items()}
        flags = ("--network", "host", "--volume", f"{channels}:{MOUNTED}:ro")
        built = pack.build(IMAGE, app, *flags, env=env)
    _check(built, (TEXTS / f"{name}.txt").read_text(), host)


def _explicit_with_another_hash(forge: Path) -> str:
    paths = conda_builds.files_of(forge, "python-3.12", "python_abi-3.12", "hello-conda-1.0")
    listed = conda_builds.records(forge)
    lines = [f"{FORGE}/{path}#{listed[path]['md5']}" for path in paths[:-1]]
    return "\n".join(["@EXPLICIT", *lines, f"{FORGE}/{paths[-1]}#{'0' * 32}"]) + "\n"


def test_python_is_added_where_the_file_has_none_and_said(
    pack: Pack, channels: Path, source: Callable[..., Path]
) -> None:
    app = source({**packages.model("hello_conda"), "environment.yml": environment("hello-conda")})
    built = pack.must_build(
        IMAGE, app, *conda_builds.mounted(channels), env={"BP_CONDA_CHANNELS": FORGE}
    )
    assert (
        "  Warning: environment.yml does not list Python, so Python 3.12 is added.\n           Add `- python=3.12` to its dependencies.\n"
    ) in built.ours
    assert packages.said(IMAGE) == ["hello_conda 1.0"]


def test_the_prefix_of_another_machine_is_passed_over_and_said(
    pack: Pack, channels: Path, source: Callable[..., Path]
) -> None:
    text = _with("hello-conda", more="prefix: C:\\Users\\me\\envs\\mine\n")
    app = source({**packages.model("hello_conda"), "environment.yml": text})
    built = pack.must_build(
        IMAGE, app, *conda_builds.mounted(channels), env={"BP_CONDA_CHANNELS": FORGE}
    )
    assert (
        "environment.yml: the prefix in line 7 is from the machine that wrote the file, and is ignored."
        in built.ours
    )
    assert packages.said(IMAGE) == ["hello_conda 1.0"]


def test_every_text_belongs_to_a_case() -> None:
    assert {path.stem for path in TEXTS.iterdir()} == {*CASES}


def _check(built: Built, text: str, host: str) -> None:
    assert built.code != 0, built.log
    assert "Traceback" not in built.log
    before, error, rest = built.ours.partition("ERROR: ")
    assert "error:" not in before
    # A package that a test packs has the time of its packing in it.
    found = re.sub(r"(?m)\b[0-9a-f]{64}\b|(?<=Found    )[0-9a-f]{32}$", "HASH", error + rest)
    assert (found.replace(host, "127.0.0.1:PORT") if host else found) == text
