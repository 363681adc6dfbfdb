"""Conda environments from the tests' own channel: built without a network where pip's half allows, served, and kept small.

The public channels are reached by the same code, and were not reached here.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.images.conftest import Built, Pack, docker
from tests.support import conda_builds, packages
from tests.support.conda import packing
from tests.support.conda_builds import CONDA_LAYER, FORGE, Seen, environment, inside, looking
from tools.dev.container import started

IMAGE = "seldon-test-conda"
PREFIX = f"{CONDA_LAYER}/envs/microservice"
Source = Callable[..., Path]

_PROGRAMS = (
    "prefixed-binary",
    "prefixed-script",
    "hello-conda",
    "hello-script",
    "old-format",
    "linked",
    "linked-too",
)
_SMALL = (
    "activated",
    "reversible",
    "with-variables",
    "prefixed",
    "linked",
    "old-format",
    "hello-conda",
    "licensed",
    "accelerated",
    "post-linked",
)


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _written(
        tmp_path_factory.mktemp("conda") / "app",
        {
            **looking(*_PROGRAMS),
            "environment.yml": environment(
                "python=3.12",
                "numpy",
                "scikit-learn",
                *_SMALL,
                more="variables:\n  FROM_THE_FILE: said there\n",
            ),
        },
    )


@pytest.fixture(scope="module")
def built(pack: Pack, channels: Path, app: Path) -> Built:
    """One environment with every kind of package, built for the first time and without a network."""
    return pack.must_build(
        IMAGE,
        app,
        "--clear-cache",
        *conda_builds.mounted(channels),
        env={"BP_CONDA_CHANNELS": FORGE},
    )


@pytest.fixture(scope="module")
def seen(built: Built) -> Seen:
    return conda_builds.seen(built.image)


def _written(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_the_model_is_served_by_the_python_of_its_environment(seen: Seen) -> None:
    assert (seen.prefix, seen.version) == (PREFIX, "3.12.1")


def test_the_environment_is_active_and_its_scripts_have_run(seen: Seen) -> None:
    expected = {
        "CONDA_PREFIX": PREFIX,
        "CONDA_DEFAULT_ENV": "microservice",
        "CONDA_SHLVL": "1",
        "ACTIVATED_DATA": f"{PREFIX}/share/activated",
        "ACTIVATED_WORD": "and",
        "REVERSIBLE": "on",
        "REVERSIBLE_BEFORE": "unset",
        "FROM_ENV_VARS": "set by a file",
        "FROM_THE_FILE": "said there",
    }
    assert {name: seen.environment.get(name) for name in expected} == expected
    path = seen.environment["PATH"].split(":")
    assert (
        path.index("/layers/seldon_python/requirements/env/bin")
        < path.index(f"{PREFIX}/bin")
        < path.index("/usr/bin")
    )


def test_conda_programs_find_their_files_wherever_built(seen: Seen) -> None:
    assert dict(seen.printed) == {
        "prefixed-binary": f"{PREFIX}/share/prefixed",
        "prefixed-script": PREFIX,
        "hello-conda": "hello_conda 1.0",
        "hello-script": "script of hello_conda 1.0",
        "old-format": "old format",
        "linked": "linked",
        "linked-too": "linked",
    }


def test_no_file_of_the_environment_names_another_place(built: Built) -> None:
    assert f"data = {PREFIX}/share/prefixed" in inside(
        built.image, f"cat {PREFIX}/etc/prefixed.conf"
    )
    # grep's 1: it found nothing.
    assert (
        inside(
            built.image,
            f"grep -rl -e _h_env_placehold -e /tmp/ {PREFIX}/bin {PREFIX}/etc {PREFIX}/share; echo $?",
        )
        == "1\n"
    )


def test_links_and_modes_are_as_in_the_packages(built: Built) -> None:
    listed = inside(
        built.image,
        f"cd {PREFIX} && find bin/linked* lib/linked-data share/linked/closed -printf '%p %y %m %n %l\\n'",
    )
    assert sorted(line.split() for line in listed.splitlines()) == [
        ["bin/linked", "f", "755", "1"],
        ["bin/linked-too", "l", "777", "1", "linked"],
        ["lib/linked-data", "l", "777", "1", "../share/linked"],
        ["share/linked/closed", "f", "444", "1"],
    ]
    # One file under two names lies there once: the exporter itself would write it twice.
    assert (
        inside(
            built.image,
            f"cd {PREFIX}/share/linked && test one -ef the-same && head -n 1 one the-same | grep -c ^linked$",
        )
        == "2\n"
    )


def test_nothing_of_condas_tooling_or_caches_is_in_the_image(built: Built) -> None:
    names = (
        "conda",
        "mamba",
        "micromamba",
        "*.conda",
        "*.tar.bz2",
        "repodata*",
        "rattler*",
        "pkgs",
        "CACHEDIR.TAG",
    )
    tests = " -o ".join(f"-name '{name}'" for name in names)
    found = inside(
        built.image, rf"find / -xdev \( {tests} \) -not -path '/proc/*' -not -path '/usr/share/*'"
    ).splitlines()
    # The layer of that name, and what activation reads.
    assert sorted(set(found) - {CONDA_LAYER, f"{PREFIX}/etc/conda"}) == []


def test_the_layer_is_as_large_as_its_packages(built: Built) -> None:
    sizes = inside(built.image, f"cat {PREFIX}/conda-meta/*.json; du -sb {CONDA_LAYER} | cut -f1")
    packed = sum(map(int, re.findall(r'"size_in_bytes": *(\d+)', sizes)))
    layer = int(sizes.split()[-1])
    # Bytecode is made anew, and folders count too; a file that lies there twice would be far above.
    assert 0.9 * packed < layer < 1.25 * packed


def test_packages_are_imported_from_their_bytecode(built: Built) -> None:
    program = (
        "python -v -c 'import sklearn.linear_model, hello_conda, seldon_core.microservice' 2>&1"
    )
    words = [
        "docker",
        "run",
        "--rm",
        "--read-only",
        "--tmpfs",
        "/tmp",
        "--entrypoint",
        "launcher",
        built.image,
        "bash",
        "-c",
        program,
    ]
    printed = subprocess.run(words, check=True, capture_output=True, text=True, timeout=120).stdout
    assert printed.count(" matches /") > 500
    assert re.findall(r"(?m)^# code object from (/.*)$", printed) == []


def test_the_wrapper_takes_part_in_the_choice(built: Built) -> None:
    # seldon-core 1.17.1 itself excludes NumPy 2; the set `current` does not.
    versions = dict(packages.installed(built.image))
    assert (versions["numpy"], versions["seldon-core"], versions["scikit-learn"]) == (
        "2.1.3",
        "1.17.1",
        "1.5.2",
    )


def test_licences_and_the_bill_of_materials_name_both_halves(built: Built) -> None:
    listed = dict(packages.licensed(built.image))
    assert {
        name: listed.get(name)
        for name in ("numpy", "seldon-core", "python", "licensed", "old-format")
    } == {
        "numpy": "2.1.3",
        "seldon-core": "1.17.1",
        "python": "3.12.1",
        "licensed": "1.0",
        "old-format": "1.0",
    }
    _, texts = packages.licences(built.image)
    assert "The licence of a package for tests." in texts


def test_a_code_change_asks_no_channel_and_restores_nothing(
    built: Built, pack: Pack, app: Path, tmp_path: Path
) -> None:
    changed = shutil.copytree(app, tmp_path / "app")
    (changed / "Looks.py").write_text((app / "Looks.py").read_text() + "\n# changed\n")
    # Nothing could be had from what lies in the channel's place now.
    packing.index(tmp_path / "empty/forge")
    before = conda_builds.layers(built.image)
    again = pack.must_build(
        built.image,
        changed,
        *conda_builds.mounted(tmp_path / "empty"),
        env={"BP_CONDA_CHANNELS": FORGE},
    )
    after = conda_builds.layers(built.image)
    for name in ("conda", "requirements"):
        assert after[name] == before[name]
        assert f"Reusing layer 'seldon/python:{name}'" in again.log
    assert 'Restoring data for "seldon/python' not in again.log


def test_a_change_of_pips_half_leaves_condas_as_it_is(
    pack: Pack, channels: Path, source: Source, tmp_path: Path
) -> None:
    image = f"{IMAGE}-halves"
    wheels = {
        f"wheels/{path.name}": path.read_bytes()
        for path in (packages.wheel(tmp_path, "by_pip", version) for version in ("1.0", "2.0"))
    }
    env = {"BP_CONDA_CHANNELS": FORGE, "PIP_FIND_LINKS": "wheels", "PIP_NO_INDEX": "1"}
    shas, said = [], []
    for version in ("1.0", "2.0"):
        files = {**packages.model("by_pip", "hello_conda"), **wheels}
        files["environment.yml"] = environment(
            "python=3.12", "hello-conda", pip=[f"by-pip=={version}"]
        )
        pack.must_build(image, source(files), *conda_builds.mounted(channels), env=env)
        said.append(packages.said(image))
        shas.append(conda_builds.layers(image))
    assert said == [["by_pip 1.0", "hello_conda 1.0"], ["by_pip 2.0", "hello_conda 1.0"]]
    assert shas[0]["conda"] == shas[1]["conda"]
    assert shas[0]["requirements"] != shas[1]["requirements"]


def test_the_same_source_gives_the_same_layers_without_a_cache(
    built: Built, pack: Pack, channels: Path, app: Path
) -> None:
    image = f"{IMAGE}-again"
    pack.must_build(
        image,
        app,
        "--clear-cache",
        *conda_builds.mounted(channels),
        env={"BP_CONDA_CHANNELS": FORGE},
    )
    assert conda_builds.layers(image) == conda_builds.layers(built.image)


def test_the_operators_user_serves_from_a_closed_root(built: Built) -> None:
    looked = conda_builds.seen(built.image, "--user", "8888:0", "--read-only", "--tmpfs", "/tmp")
    assert looked.environment["ACTIVATED_DATA"] == f"{PREFIX}/share/activated"


def test_before_run_comes_before_the_environment_is_active(
    pack: Pack, channels: Path, source: Source
) -> None:
    image = f"{IMAGE}-named"
    before = '#!/bin/sh\nexport BEFORE_RUN_SAW="${ACTIVATED_DATA-nothing}"\necho "before-run saw ${ACTIVATED_DATA-nothing}"\n'
    files = {
        **looking("cat share/nothing || true"),
        "environment.yml": environment("python=3.12", "activated"),
        "before-run": before,
    }
    app = source(files)
    (app / "before-run").chmod(0o755)
    env = {"BP_CONDA_CHANNELS": FORGE, "CONDA_ENV_NAME": "named"}
    pack.must_build(image, app, *conda_builds.mounted(channels), env=env)
    with started(image) as container:
        container.wait_ready()
        _, answer = container.post("/api/v1.0/predictions", {"data": {"ndarray": [[1]]}})
        looked = json.loads(answer["data"]["ndarray"][0])
        assert "before-run saw nothing" in container.logs()
    assert looked["environment"]["CONDA_DEFAULT_ENV"] == "named"
    assert looked["environment"]["ACTIVATED_DATA"] == f"{CONDA_LAYER}/envs/named/share/activated"


def test_gpu_packages_are_installed_when_cuda_is_declared(
    pack: Pack, channels: Path, source: Source, built: Built
) -> None:
    image = f"{IMAGE}-cuda"
    files = {
        **looking(),
        "environment.yml": environment("python=3.12", "accelerated", "needs-cuda"),
    }
    env = {"BP_CONDA_CHANNELS": FORGE, "BP_CONDA_OVERRIDE_CUDA": "12.4"}
    pack.must_build(image, source(files), *conda_builds.mounted(channels), env=env)
    assert inside(image, f"cat {PREFIX}/share/accelerated") == "cuda_1\n"
    # Without: what is for the processor, whatever the building machine has.
    assert inside(built.image, f"cat {PREFIX}/share/accelerated") == "cpu_0\n"


@pytest.mark.parametrize(
    ("python", "numpy", "wrapper"),
    [("3.7", "1.21.6", "1.17.1"), ("3.8", "1.24.4", "1.17.1"), ("3.10", "1.26.4", "1.17.1")],
)
def test_older_pythons_get_the_newest_wrapper_that_runs(
    pack: Pack, channels: Path, source: Source, python: str, numpy: str, wrapper: str
) -> None:
    image = f"{IMAGE}-{python}"
    files = {**looking(), "environment.yml": environment(f"python={python}", "numpy", "pip")}
    # The wrapper of these comes from the package index.
    flags = ("--volume", f"{channels}:{conda_builds.MOUNTED}:ro")
    pack.must_build(image, source(files), *flags, env={"BP_CONDA_CHANNELS": FORGE})
    assert conda_builds.seen(image).version.startswith(f"{python}.")
    versions = dict(packages.installed(image)) if python != "3.7" else {}
    if versions:
        assert (versions["numpy"], versions["seldon-core"]) == (numpy, wrapper)
    assert (
        docker(
            "inspect", "-f", '{{index .Config.Labels "io.seldon.wrapper.version"}}', image
        ).strip()
        == wrapper
    )


def _conda_lock(channels: Path, names: tuple[str, ...]) -> str:
    listed = conda_builds.records(channels / "forge")
    entries = "".join(
        f"- name: {record['name']}\n  version: '{record['version']}'\n  manager: conda\n  platform: linux-64\n  dependencies: {{}}\n"
        f"  url: {FORGE}/{path}\n  hash:\n    md5: {record['md5']}\n    sha256: {record['sha256']}\n  category: main\n  optional: false\n"
        for path in conda_builds.files_of(channels / "forge", *names)
        for record in [listed[path]]
    )
    head = f"version: 1\nmetadata:\n  content_hash:\n    linux-64: abc\n  channels:\n  - url: {FORGE}\n    used_env_vars: []\n  platforms:\n  - linux-64\n"
    return f"{head}  sources:\n  - environment.yml\npackage:\n{entries}"


def _pixi_lock(channels: Path, names: tuple[str, ...]) -> str:
    listed = conda_builds.records(channels / "forge")
    paths = conda_builds.files_of(channels / "forge", *names)
    used = "".join(f"      - conda: {FORGE}/{path}\n" for path in paths)
    described = "".join(
        f"- conda: {FORGE}/{path}\n  sha256: {listed[path]['sha256']}\n  md5: {listed[path]['md5']}\n"
        for path in paths
    )
    return f"version: 6\nenvironments:\n  default:\n    channels:\n    - url: {FORGE}/\n    packages:\n      linux-64:\n{used}packages:\n{described}"


def _explicit(channels: Path, names: tuple[str, ...]) -> str:
    listed = conda_builds.records(channels / "forge")
    lines = [
        f"{FORGE}/{path}#{listed[path]['md5']}"
        for path in conda_builds.files_of(channels / "forge", *names)
    ]
    return "\n".join(["# platform: linux-64", "@EXPLICIT", *lines]) + "\n"


_LOCKS = {"conda-lock.yml": _conda_lock, "pixi.lock": _pixi_lock, "conda-linux-64.lock": _explicit}


@pytest.mark.parametrize("name", _LOCKS)
def test_a_lock_is_installed_as_it_stands(
    name: str, pack: Pack, channels: Path, source: Source
) -> None:
    image = f"{IMAGE}-locked"
    # Not the newest of what the channel has, and not what the environment beside it asks for.
    names = (
        "python-3.12",
        "python_abi-3.12",
        "numpy-1.26.4-py312",
        "clash-base-1.0",
        "hello-conda-1.0",
        "setuptools-80",
        "in-both-2.0",
    )
    files = {
        **packages.model("hello_conda"),
        name: _LOCKS[name](channels, names),
        "environment.yml": environment("python=3.10", "clash-right"),
    }
    pack.must_build(image, source(files), *conda_builds.mounted(channels))
    assert packages.said(image) == ["hello_conda 1.0"]
    found = inside(image, f"ls {PREFIX}/conda-meta").split()
    assert sorted(one.removesuffix(".json") for one in found if one.endswith(".json")) == sorted(
        path.partition("/")[2].removesuffix(".conda")
        for path in conda_builds.files_of(channels / "forge", *names)
    )
