"""Create the virtual environment that the tools run in.

The Makefile runs this file with the system's Python, so it imports only the standard library.

Usage: python make_venv.py WORK REQUIREMENTS
"""

import fcntl
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path


def make_venv(work: Path, requirements: Path, install: Callable[[Path, Path], None]) -> bool:
    """Create WORK/venv unless it is up to date, and return whether it was created.

    A lock allows one at a time: a second make waits, and then finds it up to date.
    """
    work.mkdir(parents=True, exist_ok=True)
    folder, stamp = work / "venv", work / "venv/.requirements"
    with (work / "venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = requirements.read_text()
        if stamp.is_file() and stamp.read_text() == wanted and _runs(folder / "bin/python"):
            return False
        print("==> Python: installing the dependencies of make and the tests", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        install(folder, requirements)
        stamp.write_text(wanted)
    return True


def install_packages(folder: Path, requirements: Path) -> None:
    """Create the virtual environment and install the requirements with its pip."""
    venv.create(folder, with_pip=True, symlinks=True)
    pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet"]
    flags = ["--disable-pip-version-check", "--require-hashes", "--only-binary=:all:"]
    # Standard output is reserved for `eval "$(make -s env)"`.
    subprocess.run([*pip, *flags, "-r", str(requirements)], check=True, stdout=sys.stderr)


def _runs(python: Path) -> bool:
    try:
        return subprocess.run([python, "-c", ""], capture_output=True).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    try:
        make_venv(Path(sys.argv[1]), Path(sys.argv[2]), install_packages)
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
