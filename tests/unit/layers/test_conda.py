"""How conda's half is planned and chosen. The bundle is the small one of test_conda_attempts.py; solving for real is in test_conda_install.py."""

import json
import os
from pathlib import Path

import pytest

from seldon_buildpack import origin, planning_conda
from seldon_buildpack.cnb.layers import Layer
from seldon_buildpack.commands.rattler import Package, Rattler
from seldon_buildpack.layers import conda
from seldon_buildpack.layers.conda import Conda, CondaSolution
from seldon_buildpack.manifests.conda.derive import completed
from seldon_buildpack.manifests.conda.types import CondaEnvironment, Kind, Locked, Spec
from seldon_buildpack.messages.errors.conda_files import EnvironmentNameInvalid
from seldon_buildpack.messages.errors.conda_locks import (
    CondaLockForOtherPython,
    CondaLockWithoutPython,
)
from seldon_buildpack.origin import NOWHERE, Origin
from seldon_buildpack.package_sources.conda_channels import Channel, Channels
from seldon_buildpack.python_version import PythonChoice, of_environment, spec_for
from seldon_buildpack.settings.settings import read
from seldon_buildpack.wrapper.conda_constraints import attempts, list_conflicts
from tests.support.carried import BOTH, carrying

FORGE = "https://conda.corp/forge"


def environment(
    *texts: str, packages: tuple[str, ...] = (), kind: Kind = "environment"
) -> CondaEnvironment:
    name = "environment.yml" if kind == "environment" else "conda-lock.yml"
    specs = tuple(Spec(text, number) for number, text in enumerate(texts, start=2))
    locked = tuple(Locked(f"{FORGE}/linux-64/{file}", "0a", "1b") for file in packages)
    return completed(
        CondaEnvironment(path=Path("/app") / name, kind=kind, specs=specs, packages=locked)
    )


def lock(*files: str) -> CondaEnvironment:
    return environment(packages=files, kind="conda-lock")


def planned(root: Path, found: CondaEnvironment, mirror: str = FORGE, python: str = "") -> Conda:
    bundle = carrying(root)
    minors = planning_conda.pythons(
        PythonChoice(minor=(3, 12), version=None, source=NOWHERE), found
    )
    tried = () if found.wrapper else attempts("1.17.1", BOTH, minors, bundle)
    channels = Channels(channels=(Channel(mirror, "forge", origin.variable("BP_CONDA_CHANNELS")),))
    return Conda(
        environment=found,
        name="microservice",
        python=python,
        pip=False,
        attempts=tried,
        rattler=Rattler(
            channels=channels, env={}, libraries=Path("/libs"), scratch=root / "rattler"
        ),
        bundle=bundle,
    )


PYTHON_312, NUMPY_1, NUMPY_2 = (
    "python-3.12.1-h1_0_cpython.conda",
    "numpy-1.26.4-py312_0.conda",
    "numpy-2.1.3-py312_0.conda",
)


@pytest.mark.parametrize(
    ("files", "pins", "because"),
    [
        ((PYTHON_312, NUMPY_1), "current", ""),
        ((PYTHON_312,), "current", ""),
        ((PYTHON_312, NUMPY_2), "current", ""),
        ((PYTHON_312, NUMPY_2, "protobuf-5.0-0.conda"), "current", ""),
        ((PYTHON_312, "flask-1.1.4-0.conda"), "upstream", "flask 1.1.4"),
        # Not versions as PEP 440 has them: nothing can be said of them.
        ((PYTHON_312, "flask-2023d_x-0.conda"), "current", ""),
    ],
)
def test_lock_is_taken_for_the_first_set_that_fits(
    tmp_path: Path, files: tuple[str, ...], pins: str, because: str
) -> None:
    chosen = conda.solve(planned(tmp_path, lock(*files)))
    assert [one.file_name for one in chosen.packages] == list(files)
    assert (chosen.version, chosen.pins, chosen.because) == ("1.17.1", pins, because)
    assert (chosen.python, chosen.minor) == ("3.12.1", "3.12")


def test_a_lock_with_the_wrapper_in_it_brings_its_own(tmp_path: Path) -> None:
    chosen = conda.solve(
        planned(tmp_path, lock(PYTHON_312, "seldon-core-1.16.0-pyhd8ed1ab_0.conda"))
    )
    assert (chosen.version, chosen.pins) == ("", "")


def test_locked_packages_come_from_the_mirror(tmp_path: Path) -> None:
    chosen = conda.solve(planned(tmp_path, lock(PYTHON_312), mirror="https://mirror.corp/forge"))
    assert chosen.packages == (
        Package(url=f"https://mirror.corp/forge/linux-64/{PYTHON_312}", sha256="1b", md5="0a"),
    )


def test_wrapper_bound_excludes_other_versions_and_says_so() -> None:
    packages = [
        Package(url=f"{FORGE}/noarch/{name}-0.conda")
        for name in ("numpy-2.1.3", "flask-2.9.0rc1", "pyyaml-6.0", "python-3.9.1")
    ]
    assert list_conflicts(
        ("numpy <2", "flask <3.0.0", "pyyaml <=6.0.1", "click <8", "python 3.12.*"), packages
    ) == ["numpy 2.1.3"]
    assert list_conflicts(("flask >=2.9.0rc1",), packages) == []


def test_conda_wrapper_still_asks_for_a_locked_python(
    tmp_path: Path,
) -> None:
    [attempt] = conda._by_conda(planned(tmp_path, environment("seldon-core", "python")))
    assert (attempt.version, attempt.pins) == ("", "")
    assert attempt.constraints == ("python 3.13.*|3.12.*|3.9.*|3.8.*|3.7.*|3.6.*",)


def test_a_layer_that_is_reused_tells_what_it_was_chosen_as(tmp_path: Path) -> None:
    wanted = CondaSolution(
        packages=(Package(url=f"{FORGE}/linux-64/{PYTHON_312}", sha256="1b", md5="0a", size=42),),
        version="1.17.1",
        pins="current",
        because="numpy 2.1.3",
    )
    layer = Layer(tmp_path, conda.NAME)
    (tmp_path / "conda.toml").write_text(
        f"[metadata]\npackages = {json.dumps(json.dumps([(one.url, one.sha256, one.md5) for one in wanted.packages]))}\n"
        'wrapper-version = "1.17.1"\npins-taken = "current"\nbecause = "numpy 2.1.3"\n'
    )
    found = conda.read_solution(layer)
    assert (found.version, found.pins, found.because, found.python) == (
        "1.17.1",
        "current",
        "numpy 2.1.3",
        "3.12.1",
    )
    assert (wanted.size, found.size) == (42, 0)


def test_the_virtual_packages_are_the_images_not_the_machines() -> None:
    glibc = (os.confstr("CS_GNU_LIBC_VERSION") or "").split()[-1]
    system = [
        ("__unix", "0", "0"),
        ("__linux", "4.18", "0"),
        ("__glibc", glibc, "0"),
        ("__archspec", "1", "x86_64"),
    ]
    assert conda.virtual_packages("") == system
    assert conda.virtual_packages("12.4") == [*system, ("__cuda", "12.4", "0")]


@pytest.mark.parametrize("changed", ["environment", "channels", "python", "name", "wrapper"])
def test_layer_key_changes_under_the_name_of_each_input(tmp_path: Path, changed: str) -> None:
    first = planned(tmp_path, environment("python=3.12"))
    others = {
        "environment": planned(tmp_path, environment("python =3.12")),
        "channels": planned(
            tmp_path, environment("python=3.12"), mirror="https://mirror.corp/forge"
        ),
        "python": planned(tmp_path, environment("python=3.12"), python="python 3.12.*"),
        "name": Conda(
            environment=first.environment,
            name="other",
            python="",
            pip=False,
            attempts=first.attempts,
            rattler=first.rattler,
            bundle=first.bundle,
        ),
        "wrapper": Conda(
            environment=first.environment,
            name="microservice",
            python="",
            pip=False,
            attempts=first.attempts[1:],
            rattler=first.rattler,
            bundle=first.bundle,
        ),
    }
    key, other = first.key(), others[changed].key()
    assert {name for name in key if key[name] != other[name]} == {changed}


@pytest.mark.parametrize(
    ("texts", "minors"),
    [
        (("python=3.8",), ("3.8",)),
        (("python>=3.6,<3.8",), ("3.7", "3.6")),
        (("python",), ("3.13", "3.12", "3.11", "3.10", "3.9", "3.8", "3.7", "3.6")),
        (("numpy",), ("3.12",)),
    ],
)
def test_python_comes_from_the_file_or_is_added(
    texts: tuple[str, ...], minors: tuple[str, ...]
) -> None:
    assert (
        planning_conda.pythons(
            PythonChoice(minor=(3, 12), version=None, source=NOWHERE), environment(*texts)
        )
        == minors
    )
    assert planning_conda.pythons(
        PythonChoice(minor=(3, 12), version="3.12.1", source=NOWHERE), environment("numpy")
    ) == ("3.12",)


@pytest.mark.parametrize(
    ("given", "name"), [({}, "microservice"), ({"CONDA_ENV_NAME": "my-env_2.0+x"}, "my-env_2.0+x")]
)
def test_the_environment_has_s2is_name_unless_it_is_given_one(
    given: dict[str, str], name: str
) -> None:
    assert planning_conda.name(read(given, ())) == name


@pytest.mark.parametrize("name", ["../x", "a/b", ".", "-n", "a b"])
def test_a_name_that_is_no_folders_is_refused(name: str) -> None:
    with pytest.raises(EnvironmentNameInvalid):
        planning_conda.name(read({"CONDA_ENV_NAME": name}, ()))


@pytest.mark.parametrize(
    ("texts", "requested", "choice", "spec"),
    [
        (
            ("python=3.8",),
            "",
            PythonChoice(minor=(3, 8), version=None, source=origin.file("environment.yml")),
            "",
        ),
        (
            ("python>=3.6,<3.8",),
            "",
            PythonChoice(minor=(3, 7), version=None, source=origin.file("environment.yml")),
            "",
        ),
        (
            ("python",),
            "",
            PythonChoice(
                minor=(3, 13),
                version=None,
                source=Origin(kind=origin.Kind.ANY_PYTHON, name="environment.yml"),
            ),
            "",
        ),
        (
            ("python",),
            "3.10",
            PythonChoice(minor=(3, 10), version=None, source=origin.variable("BP_PYTHON_VERSION")),
            "python 3.10.*",
        ),
        (
            ("python>=3.8",),
            "3.10.4",
            PythonChoice(
                minor=(3, 10), version="3.10.4", source=origin.variable("BP_PYTHON_VERSION")
            ),
            "python 3.10.4",
        ),
    ],
)
def test_python_of_the_file_and_the_variable_combine(
    tmp_path: Path, texts: tuple[str, ...], requested: str, choice: PythonChoice, spec: str
) -> None:
    found = environment(*texts)
    assert of_environment(tmp_path, requested, found) == choice
    assert spec_for(choice, found) == spec


@pytest.mark.parametrize(("requested", "spec"), [("", "python 3.12.*"), ("3.11", "python 3.11.*")])
def test_a_python_that_the_file_lacks_is_added_and_said(
    tmp_path: Path, requested: str, spec: str
) -> None:
    found = environment("numpy")
    choice = of_environment(tmp_path, requested, found)
    assert spec_for(choice, found) == spec
    assert [one.found for one in choice.advice] == [
        f"environment.yml does not list Python, so Python {choice.spec} is added."
    ]


@pytest.mark.parametrize("requested", ["", "3.12", "3.12.1"])
def test_locked_python_is_used_and_nothing_added(tmp_path: Path, requested: str) -> None:
    found = lock(PYTHON_312)
    choice = of_environment(tmp_path, requested, found)
    assert (choice.minor, choice.advice, spec_for(choice, found)) == ((3, 12), (), "")


@pytest.mark.parametrize("requested", ["3.11", "3.12.2"])
def test_lock_for_another_python_is_an_error(tmp_path: Path, requested: str) -> None:
    with pytest.raises(CondaLockForOtherPython) as raised:
        of_environment(tmp_path, requested, lock(PYTHON_312))
    assert raised.value.title == f"`conda-lock.yml` is not for Python {requested}"
    assert (
        raised.value.cause
        == f"Its Python is 3.12.1, and Python {requested} was chosen: BP_PYTHON_VERSION."
    )


def test_lock_without_python_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CondaLockWithoutPython, match=r"`conda-lock\.yml` has no Python"):
        of_environment(tmp_path, "", lock(NUMPY_1))
