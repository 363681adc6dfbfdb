"""Packages of our own for tests: wheels written by hand, sources, and a git repository of them."""

import base64
import hashlib
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

_GIT = {"GIT_AUTHOR_DATE": "2020-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2020-01-01T00:00:00Z", "GIT_CONFIG_GLOBAL": "/dev/null"}


def wheel(
    folder: Path, name: str, version: str, requires: tuple[str, ...] = (), says: str = "", extras: Mapping[str, str] | None = None
) -> Path:
    """Write a wheel with one module, in which ``SAYS`` is ``says`` or ``name version``. ``extras`` maps an extra to what it requires."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}", *(f"Requires-Dist: {one}" for one in requires)]
    for extra, one in (extras or {}).items():
        metadata += [f"Provides-Extra: {extra}", f"Requires-Dist: {one} ; extra == '{extra}'"]
    files = {
        f"{name}.py": f"SAYS = {says or f'{name} {version}'!r}\n",
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},sha256={_digest(text)},{len(text.encode())}\n" for path, text in files.items())
    target = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w") as archive:
        for path, text in {**files, f"{info}/RECORD": f"{record}{info}/RECORD,,\n"}.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return target


def sha256(path: Path) -> str:
    """As requirements name a hash: sha256:HEX."""
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def project(name: str, version: str, says: str = "") -> dict[str, str]:
    """The files of a source tree with one module, to be built by setuptools."""
    return {
        "pyproject.toml": '[build-system]\nrequires = ["setuptools<82"]\nbuild-backend = "setuptools.build_meta"\n\n'
        f'[project]\nname = "{name}"\nversion = "{version}"\n\n[tool.setuptools]\npy-modules = ["{name}"]\n',
        f"{name}.py": f"SAYS = {says or f'{name} {version}'!r}\n",
    }


def repository(folder: Path, files: Mapping[str, str], tag: str) -> Path:
    """Make a bare git repository of one tagged commit, ready to be served as plain files; returns ``folder/NAME.git``'s path."""
    tree, bare = folder / "tree", folder / "repository.git"
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    for words in (
        ("init", "-q", "-b", "main", str(tree)),
        ("-C", str(tree), "add", "."),
        ("-C", str(tree), "-c", "user.name=Tests", "-c", "user.email=tests@example.com", "commit", "-q", "-m", "First"),
        ("-C", str(tree), "tag", tag),
        ("clone", "-q", "--bare", str(tree), str(bare)),
        ("-C", str(bare), "update-server-info"),
    ):
        subprocess.run(["git", *words], check=True, capture_output=True, env={"PATH": "/usr/bin:/bin", **_GIT})
    return bare


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
