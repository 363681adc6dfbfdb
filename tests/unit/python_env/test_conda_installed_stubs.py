"""Conda's Python packages as pip and uv see them. That uv takes them for installed is asked of the real one."""

import json
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

import pytest
from uv import find_uv_bin

from seldon_buildpack.python_env import conda_installed_stubs

MINOR = f"{sys.version_info.major}.{sys.version_info.minor}"
EGG = "Metadata-Version: 1.1\nName: {}\nVersion: {}\nSummary: None\n"


def written(site: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(text)
    return site


def wheel(name: str, version: str, *requires: str, by: str = "conda") -> dict[str, str]:
    info = f"{name}-{version}.dist-info"
    lines = "".join(f"Requires-Dist: {one}\n" for one in requires)
    return {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{lines}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\n",
        f"{info}/INSTALLER": f"{by}\n",
        f"{info}/RECORD": f"{name}.py,,\n",
        f"{info}/direct_url.json": '{"url": "file:///home/conda/feedstock_root/build_artifacts/x"}',
    }


@pytest.fixture
def conda(tmp_path: Path) -> Path:
    """A site-packages folder of conda's with a package in each form that conda's have."""
    return written(
        tmp_path / "conda",
        {
            **wheel("numpy", "1.26.4"),
            "Old_One-1.2-py3.6.egg-info": EGG.format("Old-One", "1.2"),
            "folder-3.4-py3.6.egg-info/PKG-INFO": EGG.format("folder", "3.4"),
            "folder-3.4-py3.6.egg-info/requires.txt": "numpy>=1.11\n\n[extra]\nother\n",
            "nothing-0-py3.6.egg-info": "of no form\n",
        },
    )


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The site-packages of an environment with nothing in it."""
    venv.create(tmp_path / "env")
    return tmp_path / f"env/lib/python{MINOR}/site-packages"


def requires(site: Path, info: str) -> list[str]:
    return [
        line
        for line in (site / info / "METADATA").read_text().splitlines()
        if line.startswith("Requires-Dist: ")
    ]


def test_stubs_cover_each_form_by_canonical_name(conda: Path, site: Path) -> None:
    assert conda_installed_stubs.show(conda, site) == {
        "numpy": "1.26.4",
        "old-one": "1.2",
        "folder": "3.4",
    }
    assert set(conda_installed_stubs.names(site)) == {"numpy", "old-one", "folder"}
    assert requires(site, "folder-3.4.dist-info") == ["Requires-Dist: numpy>=1.11"]


def test_stubs_count_as_installed_to_uv_with_requirements(conda: Path, site: Path) -> None:
    conda_installed_stubs.show(conda, site)
    uv = [find_uv_bin(), "--offline", "--no-cache", "--no-config", "pip"]
    python = ["--python", str(site.parents[2] / "bin/python")]
    listed = subprocess.run(
        [*uv, "list", "--format", "json", *python],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    ).stdout
    assert {one["name"]: one["version"] for one in json.loads(listed)} == {
        "numpy": "1.26.4",
        "old-one": "1.2",
        "folder": "3.4",
    }
    subprocess.run([*uv, "check", *python], capture_output=True, check=True, timeout=20)
    subprocess.run(
        [*uv, "install", "--no-index", "numpy==1.26.4", "folder", *python],
        capture_output=True,
        check=True,
        timeout=20,
    )


def test_stubs_list_no_conda_files_so_none_are_removed(conda: Path, site: Path) -> None:
    conda_installed_stubs.show(conda, site)
    for record in site.glob("*.dist-info/RECORD"):
        assert {line.split("/")[0] for line in record.read_text().splitlines()} == {
            record.parent.name
        }
    assert not list(site.glob("*.dist-info/direct_url.json"))


def test_stubs_are_hidden_again_and_replacements_named(conda: Path, site: Path) -> None:
    versions = conda_installed_stubs.show(conda, site)
    # As pip and uv do: the shown one goes, their own comes.
    for file in (site / "numpy-1.26.4.dist-info").iterdir():
        file.unlink()
    (site / "numpy-1.26.4.dist-info").rmdir()
    written(site, {**wheel("numpy", "2.1.0", by="uv"), **wheel("toml", "0.10.2", by="uv")})
    assert conda_installed_stubs.hide(site, versions) == {"numpy": "2.1.0"}
    assert sorted(path.name for path in site.glob("*.dist-info")) == [
        "numpy-2.1.0.dist-info",
        "toml-0.10.2.dist-info",
    ]


def test_where_nothing_is_replaced_nothing_is_left(conda: Path, site: Path) -> None:
    assert conda_installed_stubs.hide(site, conda_installed_stubs.show(conda, site)) == {}
    assert not list(site.glob("*.dist-info"))


def test_a_package_in_two_forms_is_shown_once(conda: Path, site: Path) -> None:
    written(conda, {"numpy-1.26.4-py3.12.egg-info": EGG.format("numpy", "1.26.4")})
    assert conda_installed_stubs.show(conda, site)["numpy"] == "1.26.4"
    assert (
        (site / "numpy-1.26.4.dist-info/METADATA")
        .read_text()
        .startswith("Metadata-Version: 2.1\nName: numpy\n")
    )


def test_the_wrapper_asks_for_other_bounds_only_while_uv_looks(site: Path, tmp_path: Path) -> None:
    written(site, wheel("seldon_core", "1.17.1", "numpy<2.0.0", "Flask<3.0.0"))
    (tmp_path / "bounds.txt").write_text("# Any.\nnumpy\n")
    info = "seldon_core-1.17.1.dist-info"
    with conda_installed_stubs.bounded(site, tmp_path / "bounds.txt"):
        assert requires(site, info) == ["Requires-Dist: numpy", "Requires-Dist: Flask<3.0.0"]
    assert requires(site, info) == ["Requires-Dist: numpy<2.0.0", "Requires-Dist: Flask<3.0.0"]
    with conda_installed_stubs.bounded(site, None):
        assert requires(site, info)[0] == "Requires-Dist: numpy<2.0.0"


def test_stubs_leave_a_replaced_wrapper_alone(site: Path, tmp_path: Path) -> None:
    written(site, wheel("seldon_core", "1.17.1", "numpy<2.0.0"))
    (tmp_path / "bounds.txt").write_text("numpy\n")
    with conda_installed_stubs.bounded(site, tmp_path / "bounds.txt"):
        (site / "seldon_core-1.17.1.dist-info/METADATA").unlink()
    assert not (site / "seldon_core-1.17.1.dist-info/METADATA").exists()
