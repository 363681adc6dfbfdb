"""Packages that a package build without isolation imports (pip: --no-build-isolation).

pip builds in the environment itself, where the wrapper's packages are installed. While uv installs,
the environment only has the metadata of those packages, so a `.pth` file adds the packages.
"""

from pathlib import Path

OPTION = "--no-build-isolation"

_FILE = "_seldon_build_packages.pth"


def show_packages(site: Path, installed: Path) -> None:
    """Let Python in the environment of ``site`` import the packages in ``installed``."""
    # addsitedir, not a plain path: setuptools restores distutils by a .pth file.
    (site / _FILE).write_text(f"import site; site.addsitedir({str(installed)!r})\n")


def hide_packages(site: Path) -> None:
    """Undo ``show_packages``."""
    (site / _FILE).unlink(missing_ok=True)
