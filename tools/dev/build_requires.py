"""Build requirements of a local package (PEP 518).

They are in `build-system.requires`, or are setuptools' defaults.
"""

import ast
import configparser
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

# What pip and uv use without [build-system]. From version 82 on, setuptools has no pkg_resources,
# which many setup.py files import. wheel is needed because setuptools has its own bdist_wheel only
# since version 70.1.
DEFAULT = ("setuptools<82", "wheel")
_FILES = ("pyproject.toml", "setup.cfg", "setup.py")


def read_build_requires(path: Path, editable: bool = False) -> tuple[str, ...]:
    """Return what the build of this folder or source archive requires.

    The result is empty for a wheel or any other file.
    """
    files = _read_folder(path) if path.is_dir() else _read_archive(path)
    if not files:
        return ()
    try:
        pyproject = tomllib.loads(files.get("pyproject.toml", ""))
    except tomllib.TOMLDecodeError:
        # The build reports the line.
        return ()
    system: dict[str, Any] = pyproject.get("build-system", {})
    backend = str(system.get("build-backend", "setuptools.build_meta"))
    requires = tuple(map(str, system.get("requires", DEFAULT)))
    if backend.startswith("setuptools"):
        requires += _read_setup_requires(files)
    if backend.startswith("hatchling") and editable:
        # Its get_requires_for_build_editable requires it.
        requires += ("editables",)
    return tuple(dict.fromkeys(requires))


def _read_folder(folder: Path) -> dict[str, str]:
    return {
        name: (folder / name).read_text(errors="replace")
        for name in _FILES
        if (folder / name).is_file()
    }


def _read_archive(path: Path) -> dict[str, str]:
    """Return the same files from a source archive, which has one top-level folder."""
    files: dict[str, str] = {}
    if path.name.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.count("/") == 1 and name.rpartition("/")[2] in _FILES:
                    files[name.rpartition("/")[2]] = archive.read(name).decode(errors="replace")
    elif ".tar" in path.name or path.suffix == ".tgz":
        with tarfile.open(path) as tar:
            for member in tar:
                parts = member.name.removeprefix("./").split("/")
                if len(parts) == 2 and parts[1] in _FILES and (file := tar.extractfile(member)):
                    files[parts[1]] = file.read().decode(errors="replace")
    return files


def _read_setup_requires(files: dict[str, str]) -> tuple[str, ...]:
    """Return `setup_requires` of setup.cfg, and of setup.py if it is a literal there."""
    config = configparser.ConfigParser(interpolation=None)
    try:
        config.read_string(files.get("setup.cfg", ""))
        tree = ast.parse(files.get("setup.py", ""))
    except (configparser.Error, SyntaxError, ValueError):
        return ()
    text = config.get("options", "setup_requires", fallback="")
    lines = [line.strip() for line in text.replace(";\n", "\n").splitlines()]
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "setup_requires":
            try:
                value = ast.literal_eval(node.value)
            except ValueError:
                continue
            lines += [value] if isinstance(value, str) else map(str, value)
    return tuple(line for line in lines if line and not line.startswith("#"))
