"""How does a conda environment's own pip install, where uv cannot be used?"""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from seldon_buildpack.log import Log

# pip and what it needs to build from source.
_PIP_AND_BUILD_TOOLS = (
    "pip",
    "setuptools",
    "pkg_resources",
    "wheel",
    "_distutils_hack",
    "pip-*-info",
    "setuptools-*-info",
    "wheel-*-info",
)


def run_pip(
    command: Sequence[str], cwd: Path, env: Mapping[str, str], log: Log
) -> tuple[int, list[str]]:
    """Run pip and log its progress; return its exit code and everything that it printed."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    lines: list[str] = []
    with process:
        for line in process.stdout or ():
            lines.append(line.rstrip())
            for progress in _worth_reading(lines[-1]):
                log.tool(progress)
    return process.returncode, lines


def _worth_reading(line: str) -> list[str]:
    """Return the lines to log for a line of pip's output.

    Each installed package gets a line of its own, as in uv's output.
    """
    if line.startswith("Building wheels for"):
        return [line]
    packages = (
        line.removeprefix("Successfully installed ").split()
        if line.startswith("Successfully installed ")
        else []
    )
    return [
        f" + {name}=={version}"
        for name, _, version in (package.rpartition("-") for package in packages)
    ]


def copy_pip(site_packages: Path, folder: Path) -> bool:
    """Copy pip and what it needs to build from source; return whether there is a pip.

    Run from conda's site-packages, pip would uninstall conda's packages.
    """
    if not (site_packages / "pip").is_dir():
        return False
    folder.mkdir(exist_ok=True)
    for path in (path for name in _PIP_AND_BUILD_TOOLS for path in site_packages.glob(name)):
        if path.is_dir():
            shutil.copytree(path, folder / path.name, dirs_exist_ok=True)
        else:
            shutil.copyfile(path, folder / path.name)
    return True
