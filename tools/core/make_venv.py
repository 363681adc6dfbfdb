"""Make the venv that the tools run in; the Makefile runs this file with the Python that the machine has, so stdlib only.

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
    """Make WORK/venv unless it is up to date. One at a time: another make waits, and then finds it made.

    Returns whether it was made.
    """
    work.mkdir(parents=True, exist_ok=True)
    folder, stamp = work / "venv", work / "venv/.requirements"
    with (work / "venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = requirements.read_text()
        if stamp.is_file() and stamp.read_text() == wanted and _runs(folder / "bin/python"):
            return False
        print("==> Python: installing what make and the tests run on", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        install(folder, requirements)
        stamp.write_text(wanted)
    return True


def install_packages(folder: Path, requirements: Path) -> None:
    """Make the venv and let its pip install the requirements."""
    venv.create(folder, with_pip=True, symlinks=True)
    pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet"]
    flags = ["--disable-pip-version-check", "--require-hashes", "--only-binary=:all:"]
    # Standard output is for `eval "$(make -s env)"`.
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
