import tarfile
import zipfile
from pathlib import Path

import pytest

from tools.core.steps import ToolError
from tools.dev import vendor
from tools.dev.build_requires import read_build_requires

_HATCH = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'


# What `uv 0.13.9 pip install --dry-run` prints, less its ` + `.
_PLAN = (
    "attrs==26.1.0",
    "hatx @ file:///tmp/app/some%20folder/hat",
    "libx @ file:///tmp/app/lib",
)


def test_local_packages_are_told_from_pins() -> None:
    assert vendor.split_plan(_PLAN) == (
        ("attrs==26.1.0",),
        (Path("/tmp/app/some folder/hat"), Path("/tmp/app/lib")),
    )


@pytest.mark.parametrize(
    "url",
    ["https://files.pythonhosted.org/a/six-1.9.0-py2.py3-none-any.whl", "git+https://h/r.git@v1"],
)
def test_package_at_a_url_is_refused(url: str) -> None:
    with pytest.raises(ToolError, match=r"six is required by URL"):
        vendor.split_plan([f"six @ {url}"])


@pytest.mark.parametrize(
    ("files", "editable", "requires"),
    [
        (
            {"pyproject.toml": '[build-system]\nrequires = ["setuptools>=61", "wheel"]\n'},
            False,
            ("setuptools>=61", "wheel"),
        ),
        ({"pyproject.toml": "[project]\nname = 'x'\n"}, False, ("setuptools<82", "wheel")),
        (
            {"setup.py": "from setuptools import setup\nsetup(setup_requires=['cffi>=1'])\n"},
            False,
            ("setuptools<82", "wheel", "cffi>=1"),
        ),
        (
            {"setup.py": "", "setup.cfg": "[options]\nsetup_requires =\n    pbr>=5\n"},
            True,
            ("setuptools<82", "wheel", "pbr>=5"),
        ),
        ({"pyproject.toml": _HATCH}, False, ("hatchling",)),
        ({"pyproject.toml": _HATCH}, True, ("hatchling", "editables")),
        ({"README": ""}, False, ()),
    ],
)
def test_build_requires_of_a_folder(
    tmp_path: Path, files: dict[str, str], editable: bool, requires: tuple[str, ...]
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert read_build_requires(tmp_path, editable) == requires


def test_build_requires_of_a_source_archive_but_not_of_a_wheel(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(_HATCH)
    with tarfile.open(tmp_path / "x-1.0.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "pyproject.toml", "x-1.0/pyproject.toml")
        tar.add(tmp_path / "pyproject.toml", "x-1.0/vendored/pyproject.toml")
    assert read_build_requires(tmp_path / "x-1.0.tar.gz") == ("hatchling",)
    with zipfile.ZipFile(tmp_path / "x-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("x/setup.py", "")
    assert read_build_requires(tmp_path / "x-1.0-py3-none-any.whl") == ()


@pytest.mark.parametrize(("glibc", "fits"), [("2.36", True), ("2.38", False)])
def test_wheel_linked_against_a_newer_glibc_is_refused(
    tmp_path: Path, glibc: str, fits: bool
) -> None:
    wheel = tmp_path / "x-1.0-cp312-cp312-linux_x86_64.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(
            "x/core.cpython-312-x86_64-linux-gnu.so", f"\0GLIBC_2.2.5\0GLIBC_{glibc}\0"
        )
        archive.writestr("x/readme.txt", "GLIBC_2.99")
    if fits:
        vendor.check_glibc(wheel)
    else:
        with pytest.raises(ToolError, match=r"against glibc 2\.38; the image has 2\.36"):
            vendor.check_glibc(wheel)


def test_the_pins_of_a_lock_less_what_the_builder_carries(tmp_path: Path) -> None:
    (tmp_path / "lock.txt").write_text(
        "attrs==26.1.0 \\\n    --hash=sha256:00\nthrift==0.16.0 \\\n    --hash=sha256:00\nsix==1.16.0 ; python_version >= '3' \\\n    --hash=sha256:00\nflask-opentracing==2.0.0 \\\n    --hash=sha256:00\n"
    )
    # The other set has another release of flask-opentracing.
    for name in ("thrift-0.16.0", "flask_opentracing-1.1.0"):
        (tmp_path / f"{name}-py3-none-any.whl").touch()
    expected = ("attrs==26.1.0", "six==1.16.0", "flask-opentracing==2.0.0")
    assert vendor.read_lock_pins(tmp_path / "lock.txt", tmp_path) == expected


def test_vendor_fetches_each_file_from_where_uv_would() -> None:
    text = "mine==1.0\n    # from http://inside/simple\nlocal==1.0\n    # from file:///tmp/wheels\nsix==1.16.0 ; python_version < '4'\n    # from http://inside/simple\n"
    assert vendor.group_by_source(text) == {
        "http://inside/simple": ["mine==1.0", "six==1.16.0"],
        "file:///tmp/wheels": ["local==1.0"],
    }


def test_pip_is_told_one_place_at_a_time_with_its_password() -> None:
    needed = vendor.VendorRequest(
        pins=(),
        minor="3.12",
        environment={"SSL_CERT_FILE": "/ca.pem", "UV_HTTP_RETRIES": "1"},
        indexes=("http://u:p@inside/simple/", "https://main/simple"),
    )
    inside = vendor._make_pip_environment("http://inside/simple", needed)
    assert inside == {
        "PIP_CERT": "/ca.pem",
        "PIP_INDEX_URL": "http://u:p@inside/simple/",
        "PIP_EXTRA_INDEX_URL": "",
    }
    folder = vendor._make_pip_environment("file:///tmp/wheels", needed)
    assert folder == {
        "PIP_CERT": "/ca.pem",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": "file:///tmp/wheels",
    }
    assert "u:p" not in repr(needed)
