"""The conda channels that the tests install from: ``forge``, with Pythons and the packages of a model, and the small ``extra``."""

import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.conda import oddities
from tests.support.conda.packing import index
from tests.support.conda.wheels import Wheel, download, is_pure, pack_python, pack_wheel
from tools.core.steps import Workspace, digest_paths, run_once
from tools.release import interpreters

# The releases of the s2i guide's example go with NumPy of their time; their metadata does not say so.
_OF_2017 = ("numpy >=1.11,<1.20", "scipy >=1.1,<1.3")

_WHEELS: Mapping[str, tuple[tuple[Wheel, ...], ...]] = {
    "3.6": (
        (
            Wheel("numpy", "1.19.5"),
            Wheel("scipy", "1.1.0"),
            Wheel("scikit-learn", "0.19.1", also=_OF_2017),
            Wheel("joblib", "1.1.1"),
            Wheel("threadpoolctl", "3.1.0"),
            Wheel("pip", "21.3.1", "MIT", ("setuptools", "wheel")),
            Wheel("setuptools", "59.6.0", "MIT"),
            Wheel("wheel", "0.37.1", "MIT"),
        ),
        (Wheel("numpy", "1.15.4"),),
    ),
    "3.7": ((Wheel("numpy", "1.21.6"),),),
    "3.8": (
        (
            Wheel("numpy", "1.24.4"),
            Wheel("scipy", "1.10.1"),
            Wheel("scikit-learn", "1.3.2"),
            Wheel("setuptools", "75.3.0", "MIT"),
        ),
    ),
    "3.10": ((Wheel("numpy", "1.26.4"), Wheel("scipy", "1.13.1"), Wheel("scikit-learn", "1.5.2")),),
    "3.12": (
        (
            Wheel("numpy", "1.26.4"),
            Wheel("scipy", "1.14.1"),
            Wheel("scikit-learn", "1.5.2"),
            Wheel("joblib", "1.4.2"),
            Wheel("threadpoolctl", "3.5.0"),
            Wheel("pip", "24.0", "MIT", ("setuptools", "wheel")),
            Wheel("setuptools", "80.9.0", "MIT"),
            Wheel("wheel", "0.45.1", "MIT"),
        ),
        (Wheel("numpy", "2.1.3"),),
    ),
}


def build(ws: Workspace) -> Path:
    """The folder that holds the channels ``forge`` and ``extra``; made in under two minutes, and anew only when what it is made from changes.

    Raises ToolError when this machine lacks a Python, or the index a wheel.
    """
    target = ws.work / "conda-channel"
    found = {
        f"python {minor}": f"{one.version} {one.prefix}"
        for minor in _WHEELS
        if (one := interpreters.find_installed(minor))
    }
    recipe = digest_paths(
        ws.checkout / "tests/support/conda",
        *(ws.checkout / f"tools/release/{name}.py" for name in ("interpreters", "relocate")),
    )
    run_once(
        ws,
        "A conda channel for the tests",
        "conda-channel",
        {**found, "recipe": recipe},
        [target],
        lambda: _make(ws, target),
    )
    return target


def _make(ws: Workspace, target: Path) -> None:
    scratch = ws.work / "tmp/conda-channel"
    for folder in (scratch, target):
        shutil.rmtree(folder, ignore_errors=True)
    scratch.mkdir(parents=True)
    forge, extra = target / "forge", target / "extra"
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda minor: _pack_for(minor, scratch, forge), _WHEELS))
    oddities.pack_all(forge, extra)
    index(forge)
    index(extra, modern=False)
    shutil.rmtree(scratch)


def _pack_for(minor: str, scratch: Path, forge: Path) -> None:
    python = pack_python(minor, scratch, forge) / f"bin/python{minor}"
    for number, wheels in enumerate(_WHEELS[minor]):
        folder = scratch / f"wheels-{minor}-{number}"
        download(minor, wheels, folder)
        by_name = {path.name.split("-")[0].replace("_", "-"): path for path in folder.glob("*.whl")}
        for wheel in wheels:
            path = by_name[wheel.name]
            pack_wheel(path, wheel, minor, None if is_pure(path) else python, scratch, forge)
