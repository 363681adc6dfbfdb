"""Packages that need libraries of the system, which the run image does not have, are named."""

import sys
from pathlib import Path

import pytest

from seldon_buildpack.python_env import system_libraries
from seldon_buildpack.python_env.system_libraries import (
    MissingLibraries,
    find_missing_libraries,
    read_catalogue,
)
from tests.support.elf_files import write_shared_object

GL = ("libGL.so.1",)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Return a site-packages folder that the interpreter of ``find`` has."""
    folder = tmp_path / "lib/site-packages"
    folder.mkdir(parents=True)
    return folder


def find(site: Path, *beside: Path) -> tuple[MissingLibraries, ...]:
    python = site.parent / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH={site} exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return find_missing_libraries(site, python, beside)


def package(site: Path, name: str, code: str, *libraries: str) -> None:
    write_shared_object(site / name / "native.abi3.so", libraries)
    (site / name / "__init__.py").write_text(code)


def test_package_that_imports_its_module_fails(site: Path) -> None:
    package(site, "vision", "from . import native\n", "libc.so.6", "libGL.so.1", "libm.so.6")
    info = site / "my_vision-1.dist-info"
    info.mkdir()
    (info / "RECORD").write_text("vision/__init__.py,,\nvision/native.abi3.so,sha256=a,1\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-vision\n")
    assert find(site) == (
        MissingLibraries(
            module="vision",
            package="my-vision",
            file="vision/native.abi3.so",
            libraries=GL,
            failing=("vision",),
        ),
    )


def test_import_by_name_and_reraised_fails(site: Path) -> None:
    code = (
        "def boot():\n    import importlib\n    try:\n"
        "        importlib.import_module('vision.native')\n    except ImportError as error:\n"
        "        raise RuntimeError('broken') from error\nboot()\n"
    )
    package(site, "vision", code, *GL)
    assert [each.failing for each in find(site)] == [("vision",)]


def test_library_opened_by_ctypes_fails(site: Path) -> None:
    (site / "boost").mkdir()
    write_shared_object(site / "boost/lib/libboost.so", GL)
    (site / "boost/__init__.py").write_text(
        "import ctypes, os\nctypes.CDLL(os.path.join(os.path.dirname(__file__), 'lib/libboost.so'))\n"
    )
    assert [each.failing for each in find(site)] == [("boost",)]


def test_only_the_part_that_needs_a_library_fails(site: Path) -> None:
    (site / "chem").mkdir()
    (site / "chem/__init__.py").write_text("")
    package(site, "chem/draw", "from chem.draw import native\n", *GL)
    assert [each.failing for each in find(site)] == [("chem.draw",)]


def test_module_imported_in_try_is_left_out(site: Path) -> None:
    code = "def fast():\n    try:\n        from numb import native\n    except ImportError:\n        pass\n"
    package(site, "numb", code, *GL)
    assert find(site) == ()
    package(
        site, "numb", "try:\n    from . import native\nexcept ImportError:\n    native = 0\n", *GL
    )
    assert find(site) == ()


def test_module_in_try_that_raises_again_fails(site: Path) -> None:
    code = "try:\n    from . import native\nexcept ImportError as error:\n    raise RuntimeError from error\n"
    package(site, "vision", code, *GL)
    assert [each.failing for each in find(site)] == [("vision",)]


def test_handled_module_is_not_probed(site: Path) -> None:
    code = "open(__file__ + '.ran', 'w')\ntry:\n    from . import native\nexcept ImportError:\n    pass\n"
    package(site, "numb", code, *GL)
    assert find(site) == ()
    assert not list(site.glob("numb/*.ran"))


def test_module_imported_on_demand_is_named(site: Path) -> None:
    package(site, "lazy", "def run():\n    from lazy import native\n", *GL)
    assert [(each.libraries, each.failing) for each in find(site)] == [(GL, ())]


def test_plugin_that_nothing_opens_is_left_out(site: Path) -> None:
    package(site, "gui", "", "libc.so.6")
    write_shared_object(site / "gui/plugins/libxcb_plugin.so", GL)
    assert find(site) == ()


def test_libraries_of_the_wheel_are_followed(site: Path) -> None:
    package(site, "vision", "from . import native\n", "libQt-1a.so.5")
    write_shared_object(site / "vision.libs/libQt-1a.so.5.1", GL, "libQt-1a.so.5")
    assert [each.libraries for each in find(site)] == [GL]


def test_libraries_of_other_packages_count_as_provided(site: Path) -> None:
    package(site, "torchy", "from . import native\n", "libcublas.so.12", "libcuda.so.1")
    write_shared_object(site / "nvidia/cublas/lib/libcublas.so.12")
    assert find(site) == ()


def test_libraries_beside_the_packages_count_as_provided(site: Path) -> None:
    package(site, "vision", "from . import native\n", *GL)
    write_shared_object(site.parent / "conda/libGL.so.1")
    assert find(site, site.parent / "conda") == ()
    assert len(find(site)) == 1


def test_modules_beside_the_packages_can_be_imported(site: Path) -> None:
    package(site, "vision", "import numerics\nfrom . import native\n", *GL)
    (site.parent / "wrapper").mkdir()
    (site.parent / "wrapper/numerics.py").touch()
    assert [each.failing for each in find(site)] == [()]
    assert [each.failing for each in find(site, site.parent / "wrapper")] == [("vision",)]


def test_shared_objects_of_other_machines_are_left_out(site: Path) -> None:
    write_shared_object(site / "debug/attach.so", GL, machine=3)
    assert find(site) == ()


def test_library_in_the_run_image_is_not_missing(site: Path) -> None:
    package(site, "fast", "from . import native\n", "libgomp.so.1", "libgomp.so.1.0.0", "libz.so.1")
    assert find(site) == ()


def test_import_that_ends_the_process_is_unknown(site: Path) -> None:
    package(site, "odd", "import os\nos._exit(0)\n", *GL)
    assert [(each.libraries, each.failing) for each in find(site)] == [(GL, ())]


def test_text_in_the_layer_gives_the_same(site: Path) -> None:
    package(site, "vision", "from . import native\n", *GL)
    missing = find(site)
    assert system_libraries.from_text(system_libraries.as_text(missing)) == missing
    assert system_libraries.as_text(()) == ""
    assert system_libraries.from_text("") == ()


def test_catalogue_has_debian_packages_of_common_libraries() -> None:
    catalogue = read_catalogue()
    packages = {
        "libGL.so.1": "libgl1",
        "libgthread-2.0.so.0": "libglib2.0-0",
        "libexpat.so.1": "libexpat1",
        "libodbc.so.2": "libodbc2",
        "libX11.so.6": "libx11-6",
    }
    assert {name: catalogue.packages.get(name) for name in packages} == packages
    assert {"libc.so.6", "libgomp.so.1", "libstdc++.so.6"} <= catalogue.libraries
    assert catalogue.alternatives["opencv-python"] == "opencv-python-headless"
    dockerfile = Path(__file__).parents[3] / "stacks/bookworm/run.Dockerfile"
    assert f"io.buildpacks.base.id={catalogue.run_image} " in dockerfile.read_text()
