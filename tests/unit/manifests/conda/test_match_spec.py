"""conda's match specs and versions, and where an environment was exported."""

from pathlib import Path

import pytest

from seldon_buildpack.manifests.conda import exported_on, match_spec, python_versions
from seldon_buildpack.manifests.conda.match_spec import Fault, MatchSpec
from seldon_buildpack.manifests.conda.types import CondaEnvironment, Spec

ALL = ("3.13", "3.12", "3.11", "3.10", "3.9", "3.8", "3.7", "3.6")


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("numpy", MatchSpec(name="numpy")),
        ("NumPy =1.2", MatchSpec(name="numpy", version="=1.2")),
        ("numpy 1.2.*", MatchSpec(name="numpy", version="1.2.*")),
        ("numpy 1.2 py38_0", MatchSpec(name="numpy", version="1.2", build="py38_0")),
        ("numpy=1.2=py38_0", MatchSpec(name="numpy", version="==1.2", build="py38_0")),
        ("numpy==1.2=py38_0", MatchSpec(name="numpy", version="==1.2", build="py38_0")),
        ("numpy >= 1.2 , < 2", MatchSpec(name="numpy", version=">=1.2,<2")),
        ("numpy>=1.2|=1.1", MatchSpec(name="numpy", version=">=1.2|=1.1")),
        ("numpy=*=py38*", MatchSpec(name="numpy", version="*", build="py38*")),
        ("numpy~=1.2=py38_0", MatchSpec(name="numpy", version="~=1.2", build="py38_0")),
        ("numpy>=1.2,<2=py38_0", MatchSpec(name="numpy", version=">=1.2,<2", build="py38_0")),
        ("numpy>=1.2 # for the model", MatchSpec(name="numpy", version=">=1.2")),
        ("x[extras=[a, b], version='>=1']", MatchSpec(name="x", version=">=1")),
        ("numpy=1.2.*", MatchSpec(name="numpy", version="=1.2.*")),
        ("conda-forge::numpy=1.2", MatchSpec(name="numpy", version="=1.2", channel="conda-forge")),
        ("conda-forge/label/dev::numpy", MatchSpec(name="numpy", channel="conda-forge/label/dev")),
        ("https://h/conda/main::numpy", MatchSpec(name="numpy", channel="https://h/conda/main")),
        (
            "numpy[version='>=1.2,<2', build=py38*]",
            MatchSpec(name="numpy", version=">=1.2,<2", build="py38*"),
        ),
        ("numpy=1.2[channel=main]", MatchSpec(name="numpy", version="=1.2", channel="main")),
        (
            "_libgcc_mutex=0.1=conda_forge",
            MatchSpec(name="_libgcc_mutex", version="==0.1", build="conda_forge"),
        ),
        ("openssl=1.1.1w", MatchSpec(name="openssl", version="=1.1.1w")),
        ("r-base!=3.6.0", MatchSpec(name="r-base", version="!=3.6.0")),
        (
            "https://h/c/linux-64/my-pkg-1.0-h1_0.tar.bz2#abc",
            MatchSpec(name="my-pkg", version="==1.0", build="h1_0"),
        ),
    ],
)
def test_a_spec_is_taken_apart_as_conda_does(text: str, parsed: MatchSpec) -> None:
    assert match_spec.parse(text) == parsed


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("numpy==1.2; python_version < '3.8'", "numpy==1.2"),
        ("numpy[extra]", "numpy"),
        ("numpy[a,b]>=1", "numpy>=1"),
        ("numpy===1.2", "numpy==1.2"),
        ("-r requirements.txt", ""),
        ("--index-url https://h/simple", ""),
        ("-e .", ""),
        ("./wheels/mine-1.0-py3-none-any.whl", ""),
        ("git+https://h/r.git@v1", ""),
        ("https://h/mine-1.0-py3-none-any.whl", ""),
        ("mine @ https://h/mine.zip", ""),
    ],
)
def test_what_only_pip_reads_is_told_from_conda(text: str, meant: str) -> None:
    found = match_spec.parse(text)
    assert isinstance(found, Fault)
    assert (found.of_pip, found.meant) == (True, meant)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("numpy=>1.2", "numpy>=1.2"),
        ("numpy>=1.2,", "numpy>=1.2"),
        ("numpy 1.2 py38_0 more", ""),
        ("numpy=={{ version }}", ""),
        ("numpy>", ""),
        ("numpy*", ""),
        ("=1.2", ""),
        ("", ""),
    ],
)
def test_what_conda_cannot_read_is_a_fault(text: str, meant: str) -> None:
    found = match_spec.parse(text)
    assert isinstance(found, Fault)
    assert (found.of_pip, found.meant) == (False, meant)


@pytest.mark.parametrize(
    ("spec", "minors"),
    [
        ("", ALL),
        ("*", ALL),
        ("=3", ALL),
        ("3.*", ALL),
        ("=3.6", ("3.6",)),
        ("3.6", ("3.6",)),
        ("3.6.*", ("3.6",)),
        ("3.6*", ("3.6",)),
        ("=3.1", ()),
        ("==3.10.13", ("3.10",)),
        (">=3.8,<3.11", ("3.10", "3.9", "3.8")),
        (">=3.8,<3.11.0a0", ("3.10", "3.9", "3.8")),
        (">3.8", ("3.13", "3.12", "3.11", "3.10", "3.9", "3.8")),
        ("=3.10|=3.11", ("3.11", "3.10")),
        ("~=3.9", ("3.13", "3.12", "3.11", "3.10", "3.9")),
        ("~=3.9.1", ("3.9",)),
        (">=3.9,!=3.10.*,<3.12", ("3.11", "3.9")),
        ("<3.7", ("3.6",)),
        ("=2.7", ()),
        ("=3.5", ()),
        (">=3.14", ()),
        ("(>=3.8,<3.9)|=3.11", ALL),
        ("3.8.odd-thing", ALL),
    ],
)
def test_the_pythons_that_a_version_allows_are_known(spec: str, minors: tuple[str, ...]) -> None:
    assert python_versions.minors(spec) == minors


@pytest.mark.parametrize(
    ("dependencies", "prefix", "where"),
    [
        (["python=3.6.5=h0c2934d_0", "vc=14=h0510ff6_3", "vs2015_runtime=14.16=h1"], "", "Windows"),
        (["m2w64-gcc-libs=5.3.0=7"], "", "Windows"),
        (["numpy"], "C:\\Users\\me\\envs\\x", "Windows"),
        (["numpy"], "/Users/me/envs/x", "macOS"),
        (["appnope=0.1.0=py36_0", "libcxx=4.0.1=hcfea43d_1"], "", "macOS"),
        (["clang_osx-64"], "", "macOS"),
        (["libcxx", "libgcc-ng=9.1.0=hdf63c60_0"], "", ""),
        (["python=3.8", "numpy"], "/home/me/envs/x", ""),
    ],
)
def test_the_platform_of_an_export_shows_in_its_packages(
    dependencies: list[str], prefix: str, where: str
) -> None:
    found = CondaEnvironment(
        path=Path("environment.yml"),
        kind="environment",
        specs=tuple(Spec(one, 1) for one in dependencies),
        prefix=prefix,
    )
    assert exported_on.exported_on(found) == where
