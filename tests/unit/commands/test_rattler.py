"""Conda's half from a channel of tiny packages, with the real rattler, the real worker and a Python that runs in what comes of it.

That Python is one of this machine's, linked into the environment: a packed one is 27 MB, and the image tests install those.
"""

import importlib.util
import json
import os
import py_compile
import struct
import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import pytest

from seldon_buildpack import origin
from seldon_buildpack.commands.rattler import Failed, Package, Rattler, Unsolved
from seldon_buildpack.diagnosis import conda
from seldon_buildpack.manifests.conda.types import CondaEnvironment
from seldon_buildpack.masking import Secret
from seldon_buildpack.origin import NOWHERE
from seldon_buildpack.package_sources.conda_channels import Channel, Channels
from seldon_buildpack.package_sources.conda_credentials import ChannelCredential
from seldon_buildpack.python_env import conda_licenses
from seldon_buildpack.python_env import conda_prefix as prefix
from tests.support import servers
from tests.support.conda.packing import BUILT_AT, PLACEHOLDER, Recipe, index, pack, tiny, written

MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
TAG = str(sys.implementation.cache_tag)
SITE = f"lib/python{MINOR}/site-packages"
TOKEN = "t0k3n-of-the-channel"
SYSTEM = [
    ("__unix", "0", "0"),
    ("__linux", "4.18", "0"),
    ("__glibc", "2.36", "0"),
    ("__archspec", "1", "x86_64"),
]
LIBRARIES = Path(str(importlib.util.find_spec("rattler").origin)).parent.parent  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def channel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("channels") / "forge"
    tiny(folder, "numpy", "1.26.4")
    tiny(folder, "numpy", "2.1.0")
    tiny(folder, "wants-two", "1.0", ("numpy >=2",))
    tiny(folder, "for-a-gpu", "1.0", ("__cuda >=12",))
    tiny(
        folder,
        "scripted",
        "1.0",
        files={
            "bin/.scripted-post-link.sh": '#!/bin/sh\necho linked > "$PREFIX/share/linked"\n',
            "share/x": "",
        },
    )
    _python_code(folder, folder.parent / "code")
    index(folder)
    return folder


def _python_code(channel: Path, tree: Path) -> None:
    """A package as conda-build makes them: bytecode stamped with its source's time, the placeholder in a source, a file of two names."""
    written(
        tree,
        {
            f"{SITE}/plain.py": "SAYS = 'plain'\n",
            f"{SITE}/placed.py": f"SAYS = {PLACEHOLDER!r}\n",
            f"{SITE}/bare.py": "SAYS = 'bare'\n",
            f"{SITE}/tests/untold.py": "SAYS = 'not compiled'\n",
            f"{SITE}/of_python_2.py": "print 'no'\n",
            f"{SITE}/which.py": "SAYS = 'conda'\n",
            f"{SITE}/conda_only.py": "SAYS = 'conda'\n",
            "share/code/one": "the same\n",
            "share/code/empty": "",
            "info/licenses/LICENSE": "Do as you like.\n",
        },
    )
    for name in ("plain", "placed"):
        source = tree / SITE / f"{name}.py"
        os.utime(source, (BUILT_AT, BUILT_AT))
        py_compile.compile(str(source), invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)
    (tree / "lib/deep").mkdir()
    os.link(tree / "share/code/one", tree / "lib/deep/two")
    pack(Recipe("code", "1.0", "h1_0", licence="MIT"), tree, channel)


def rattler(
    scratch: Path, *channels: Channel, credential: ChannelCredential | None = None
) -> Rattler:
    return Rattler(
        channels=Channels(channels=channels, credentials=(credential,) if credential else ()),
        env={"PATH": os.environ["PATH"]},
        libraries=LIBRARIES,
        scratch=scratch,
    )


def forge(channel: Path, scratch: Path) -> Rattler:
    scratch.mkdir(exist_ok=True)
    return rattler(
        scratch / "rattler", Channel(channel.as_uri(), "forge", origin.file("environment.yml"))
    )


@dataclass(frozen=True)
class Settled:
    """An environment, what it was made from, and the site-packages of pip's half."""

    prefix: Path
    packages: tuple[Package, ...]
    joined: Path
    extracted: Path

    def run(self, code: str) -> str:
        command = [str(self.prefix / "bin/python"), "-c", code]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
            env={"PYTHONDONTWRITEBYTECODE": "1"},
        ).stdout


@pytest.fixture(scope="module")
def settled(channel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settled]:
    root = tmp_path_factory.mktemp("an environment")
    target, joined = root / "envs/microservice", root / "pip" / SITE
    venv.create(target)
    written(
        joined,
        {
            "which.py": "SAYS = 'pip'\n",
            "more.pth": f"{root}/further\nimport sys; sys.added = True\n",
        },
    )
    written(root / "further", {"conda_only_too.py": ""})
    with servers.files_with_token(channel, TOKEN) as url:
        credential = ChannelCredential(url=url, source=origin.binding("forge"), token=Secret(TOKEN))
        made = rattler(
            root / "rattler",
            Channel(url, "forge", origin.file("environment.yml")),
            credential=credential,
        )
        packages = made.solve(["code", "scripted"], [()], SYSTEM).packages
        made.install(packages, target)
    prefix.settle(target, MINOR, joined, made.extracted)
    yield Settled(target, packages, joined, made.extracted)


def test_the_first_constraints_that_allow_a_solution_are_taken(
    channel: Path, tmp_path: Path
) -> None:
    solved = forge(channel, tmp_path).solve(
        ["wants-two"], [("numpy <2",), ("numpy <3",), ()], SYSTEM
    )
    assert [(one.name, one.version, one.build) for one in solved.packages] == [
        ("numpy", "2.1.0", "0"),
        ("wants-two", "1.0", "0"),
    ]
    assert solved.attempt == 1


def test_where_no_attempt_has_a_solution_each_is_told(channel: Path, tmp_path: Path) -> None:
    with pytest.raises(Unsolved) as raised:
        forge(channel, tmp_path).solve(["wants-two", "numpy 1.*"], [("numpy <2",), ()], SYSTEM)
    assert (len(raised.value.said), raised.value.missing) == (2, {})


def test_a_name_that_no_channel_has_is_told_with_near_ones(channel: Path, tmp_path: Path) -> None:
    with pytest.raises(Unsolved) as raised:
        forge(channel, tmp_path).solve(["numpi", "code"], [()], SYSTEM)
    assert raised.value.missing == {"numpi": ["numpy"]}


def test_a_package_for_a_gpu_needs_one(channel: Path, tmp_path: Path) -> None:
    with pytest.raises(Unsolved, match="__cuda >=12, for which no candidates were found"):
        forge(channel, tmp_path).solve(["for-a-gpu"], [()], SYSTEM)
    solved = forge(channel, tmp_path).solve(["for-a-gpu"], [()], [*SYSTEM, ("__cuda", "12.4", "0")])
    assert [one.name for one in solved.packages] == ["for-a-gpu"]


def test_a_spec_that_rattler_cannot_read_is_told_by_its_number(
    channel: Path, tmp_path: Path
) -> None:
    with pytest.raises(Failed, match=r"malformed version string '1\.\.2'") as raised:
        forge(channel, tmp_path).solve(["numpy", "code 1..2"], [()], SYSTEM)
    assert (raised.value.kind, raised.value.spec) == ("InvalidMatchSpecError", 1)


def test_a_channel_named_in_a_spec_is_the_one_that_has_the_name(
    channel: Path, tmp_path: Path
) -> None:
    solved = forge(channel, tmp_path).solve(["forge::numpy 1.*"], [()], SYSTEM)
    assert [one.url for one in solved.packages] == [
        f"{channel.as_uri()}/noarch/numpy-1.26.4-0.conda"
    ]


@pytest.mark.parametrize(
    ("credential", "path"),
    [
        (
            ChannelCredential(url="https://h/forge", source=NOWHERE, token=Secret("t/0")),
            "https://h/t/t%2F0/forge/noarch/x-1-0.conda",
        ),
        (
            ChannelCredential(url="https://h", source=NOWHERE, user="a@b", password=Secret("p:/w")),
            "https://a%40b:p%3A%2Fw@h/forge/noarch/x-1-0.conda",
        ),
        (
            ChannelCredential(url="https://other", source=NOWHERE, user="a", password=Secret("b")),
            "https://h/forge/noarch/x-1-0.conda",
        ),
    ],
)
def test_a_login_is_put_into_the_address_that_the_worker_is_told(
    credential: ChannelCredential, path: str, tmp_path: Path
) -> None:
    assert (
        rattler(tmp_path, credential=credential)._with_login("https://h/forge/noarch/x-1-0.conda")
        == path
    )


class Hashes(TypedDict, total=False):
    """The hashes that a lock has of a package."""

    sha256: str
    md5: str


@pytest.mark.parametrize(
    "hashes", [Hashes(sha256="0" * 64), Hashes(md5="0" * 32)], ids=lambda each: "".join(each)
)
def test_changed_package_is_not_installed_wherever_it_lies(
    hashes: Hashes, channel: Path, tmp_path: Path
) -> None:
    with servers.plain_http(channel) as url:
        for place in (url, channel.as_uri()):
            package = Package(url=f"{place}/noarch/numpy-2.1.0-0.conda", **hashes)
            made = forge(channel, tmp_path / place.partition(":")[0])
            with pytest.raises(Failed) as raised:
                made.install([package], tmp_path / "env")
            error = conda.explain_failure(
                raised.value,
                made,
                CondaEnvironment(path=Path("/app/explicit.txt"), kind="explicit"),
            )
            assert error.title == "The package `numpy-2.1.0-0.conda` does not match explicit.txt"
            assert (
                error.cause.splitlines()[0] == f"Expected {hashes.get('sha256') or hashes['md5']}"
            )
    assert not (tmp_path / "env/share").exists()


@pytest.mark.parametrize(
    ("url", "sha256"),
    [("nowhere", ""), ("https://h/noarch/x.conda", ""), ("https://h/noarch/x-1-0.conda", "zz")],
)
def test_what_a_lock_garbles_fails_and_does_not_crash(
    url: str, sha256: str, tmp_path: Path
) -> None:
    with pytest.raises(Failed) as raised:
        rattler(tmp_path / "rattler").install([Package(url=url, sha256=sha256)], tmp_path / "env")
    assert raised.value.kind == "ValueError"


def test_packages_are_told_without_the_token_they_were_had_with(settled: Settled) -> None:
    assert [one.file_name for one in settled.packages] == [
        "code-1.0-h1_0.conda",
        "scripted-1.0-0.conda",
    ]
    assert not [one for one in settled.packages if TOKEN in one.url or "/t/" in one.url]


def test_installed_files_hold_no_token_or_build_path(
    settled: Settled,
) -> None:
    for path in settled.prefix.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            assert TOKEN.encode() not in content, path
            assert str(settled.extracted.parent).encode() not in content, path
    assert not (settled.prefix / "CACHEDIR.TAG").exists()


def test_condas_records_say_what_the_packages_say_of_themselves(settled: Settled) -> None:
    record = json.loads((settled.prefix / "conda-meta/code-1.0-h1_0.json").read_text())
    assert {
        name: record[name]
        for name in ("name", "version", "build", "build_number", "subdir", "license", "timestamp")
    } == {
        "name": "code",
        "version": "1.0",
        "build": "h1_0",
        "build_number": 0,
        "subdir": "linux-64",
        "license": "MIT",
        "timestamp": BUILT_AT * 1000,
    }
    assert record["url"] == settled.packages[0].url
    assert not {"link", "extracted_package_dir", "package_tarball_full_path"} & set(record)
    assert (settled.prefix / "conda-meta/history").is_file()


def test_a_file_of_two_names_lies_there_once(settled: Settled) -> None:
    one, two = settled.prefix / "share/code/one", settled.prefix / "lib/deep/two"
    assert one.samefile(two)
    assert sorted([one.is_symlink(), two.is_symlink()]) == [False, True]
    assert (
        one.read_text(),
        not any(
            Path(str(path.readlink())).is_absolute() for path in (one, two) if path.is_symlink()
        ),
    ) == (
        "the same\n",
        True,
    )
    assert (settled.prefix / "share/code/empty").read_text() == ""


def test_link_scripts_are_run(settled: Settled) -> None:
    assert (settled.prefix / "share/linked").read_text() == "linked\n"


def _flags(settled: Settled, name: str) -> int | None:
    path = settled.prefix / SITE / f"{Path(name).parent}/__pycache__/{Path(name).name}.{TAG}.pyc"
    return int(struct.unpack("<I", path.read_bytes()[4:8])[0]) if path.exists() else None


def test_all_bytecode_is_of_the_kind_that_nobody_compares(settled: Settled) -> None:
    found = {
        name: _flags(settled, name)
        for name in ("plain", "placed", "bare", "tests/untold", "of_python_2")
    }
    assert found == {"plain": 1, "placed": 1, "bare": 1, "tests/untold": None, "of_python_2": None}


def test_bytecode_is_of_the_source_that_the_prefix_was_put_into(settled: Settled) -> None:
    assert settled.run("import placed; print(placed.SAYS)") == f"{settled.prefix}\n"


def test_own_bytecode_is_kept_and_its_cached_file_untouched(
    settled: Settled,
) -> None:
    own = settled.extracted / f"code-1.0-h1_0/{SITE}/__pycache__/plain.{TAG}.pyc"
    kept = settled.prefix / SITE / f"__pycache__/plain.{TAG}.pyc"
    assert kept.read_bytes()[8:] == own.read_bytes()[8:]
    assert own.read_bytes()[4:8] == bytes(4)


def test_pip_packages_come_before_those_of_conda_on_the_path(settled: Settled) -> None:
    asked = "import sys, which, conda_only; print(which.SAYS, conda_only.SAYS, sys.added); print(*sys.path[1:], sep='\\n')"
    said, *path = settled.run(asked).splitlines()
    assert said == "pip conda True"
    assert path[-3:] == [
        str(settled.joined),
        str(settled.joined.parents[3] / "further"),
        str(settled.prefix / SITE),
    ]


def test_an_environment_runs_where_pips_half_is_not_there(tmp_path: Path) -> None:
    site = tmp_path / "env" / SITE
    venv.create(tmp_path / "env")
    (site / prefix._JOIN).write_text(prefix._joining(site, tmp_path / "gone"))
    subprocess.run([tmp_path / "env/bin/python", "-c", "import json"], check=True, timeout=20)


def test_conda_licenses_are_read_from_extracted_packages(
    settled: Settled,
) -> None:
    code, scripted = conda_licenses.read(settled.packages, settled.extracted)
    assert (code.name, code.version, code.licences, code.text) == (
        "code",
        "1.0",
        ("MIT",),
        "Do as you like.\n",
    )
    assert (code.kind, code.about) == ("conda", (("build", "h1_0"), ("subdir", "linux-64")))
    assert (scripted.name, scripted.licences, scripted.text) == (
        "scripted",
        ("BSD-3-Clause",),
        "UNKNOWN",
    )


def _bytecode_36(source: Path, size: int, time: int = BUILT_AT) -> Path:
    """What Python 3.6 writes, whose header is magic, time and size; its code is never run here."""
    path = source.parent / f"__pycache__/{source.stem}.cpython-36.pyc"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"3\r\r\n" + struct.pack("<II", time, size) + b"code")
    return path


def test_python_3_6_bytecode_and_sources_get_the_export_time(
    tmp_path: Path,
) -> None:
    source = written(tmp_path, {"m.py": "x = 1\n"}) / "m.py"
    os.utime(source, (BUILT_AT, BUILT_AT))
    compiled = _bytecode_36(source, 6)
    prefix.compile_bytecode(Path("/no/python/is/started"), tmp_path, "3.6")
    assert compiled.read_bytes() == b"3\r\r\n" + struct.pack("<II", prefix.EXPORTED, 6) + b"code"
    assert source.stat().st_mtime == prefix.EXPORTED


@pytest.mark.parametrize(("size", "time"), [(260, BUILT_AT), (6, BUILT_AT - 1)])
def test_python_3_6_bytecode_of_other_sources_is_recompiled(
    size: int, time: int, tmp_path: Path
) -> None:
    source = written(tmp_path, {"lib/m.py": "x = 1\n"}) / "lib/m.py"
    os.utime(source, (BUILT_AT, BUILT_AT))
    _bytecode_36(source, size, time)
    # In the place of a Python 3.6, which few machines have: what it would be asked to compile.
    stand_in = (
        written(
            tmp_path,
            {"python": f'#!/bin/sh\necho "$@" > {tmp_path}/asked\ncat >> {tmp_path}/asked\n'},
        )
        / "python"
    )
    prefix.compile_bytecode(stand_in, tmp_path / "lib", "3.6")
    assert (tmp_path / "asked").read_text() == f"-s -m compileall -qq -f -i -\n{source}\n"
