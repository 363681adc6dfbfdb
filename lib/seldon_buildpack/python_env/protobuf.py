"""protobuf in an environment: the loader that lets the wrapper run on any release, and its code."""

import shutil
from pathlib import Path

from seldon_buildpack.names import of_dist_info

_LOADER = Path(__file__).parent.parent / "launch/site_packages"


def add_loader(site: Path) -> None:
    """Add the loader of the wrapper's generated modules, and the .pth file that imports it."""
    for file in _LOADER.glob("_seldon_*.p*"):
        shutil.copyfile(file, site / file.name)


def pure_python_version(site: Path) -> str:
    """Return the version of a protobuf in this folder that has no compiled code, else "".

    These are slow: protobuf 3.20 has compiled code for Python 3.10 and older only.
    """
    for wheel in site.glob("protobuf-*.dist-info/WHEEL"):
        if "Root-Is-Purelib: true" in wheel.read_text(encoding="utf-8"):
            return of_dist_info(wheel.parent)[1]
    return ""
