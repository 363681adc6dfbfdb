"""Packages of our own for tests: wheels written by hand, sources, and a git repository of them."""

import base64
import csv
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from tools.dev.container import started

_GIT = {
    "GIT_AUTHOR_DATE": "2020-01-01T00:00:00Z",
    "GIT_COMMITTER_DATE": "2020-01-01T00:00:00Z",
    "GIT_CONFIG_GLOBAL": "/dev/null",
}


def wheel(
    folder: Path,
    name: str,
    version: str,
    requires: tuple[str, ...] = (),
    says: str = "",
    extras: Mapping[str, str] | None = None,
    requires_python: str = "",
    others: Mapping[str, bytes] | None = None,
) -> Path:
    """Write a wheel with one module, in which ``SAYS`` is ``says`` or ``name version``. ``extras`` maps an extra to what it requires. ``others`` are further files, in the place of the module."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    metadata = [
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}",
        *(f"Requires-Dist: {one}" for one in requires),
    ]
    metadata += [f"Requires-Python: {requires_python}"] if requires_python else []
    for extra, one in (extras or {}).items():
        metadata += [f"Provides-Extra: {extra}", f"Requires-Dist: {one} ; extra == '{extra}'"]
    module = {} if others else {f"{name}.py": f"SAYS = {says or f'{name} {version}'!r}\n"}
    files = {
        **module,
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    content = {path: text.encode() for path, text in files.items()} | dict(others or {})
    record = "".join(
        f"{path},sha256={_digest(data)},{len(data)}\n" for path, data in content.items()
    )
    target = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(target, "w") as archive:
        for path, data in content.items():
            archive.writestr(zipfile.ZipInfo(path), data)
        archive.writestr(zipfile.ZipInfo(f"{info}/RECORD"), f"{record}{info}/RECORD,,\n")
    return target


def locked(bundle: Path, pins: str, name: str, minor: str = "3.12") -> str:
    """The version of a package that one of the wrapper's pin sets has."""
    lock = (bundle / f"locks/seldon-core-1.17.1/{pins}/py{minor}.txt").read_text().lower()
    return lock.partition(f"\n{name}==")[2].split(None, 1)[0]


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


def sdist(folder: Path, name: str, version: str) -> Path:
    """Write a source distribution of the same, and no wheel."""
    folder.mkdir(parents=True, exist_ok=True)
    top, target = f"{name}-{version}", folder / f"{name}-{version}.tar.gz"
    with tarfile.open(target, "w:gz") as archive:
        for path, text in {
            **project(name, version),
            "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        }.items():
            member = tarfile.TarInfo(f"{top}/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return target


def compiled(folder: Path, name: str, version: str, says: str = "") -> Path:
    """Write a source distribution that is built without anything of an index: its own backend hands out a finished wheel."""
    folder.mkdir(parents=True, exist_ok=True)
    top, target = f"{name}-{version}", folder / f"{name}-{version}.tar.gz"
    with TemporaryDirectory() as scratch, tarfile.open(target, "w:gz") as archive:
        tree = Path(scratch)
        made = wheel(tree, name, version, says=says)
        (tree / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        )
        (tree / "PKG-INFO").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (tree / "backend.py").write_text(
            "import shutil\n\n\ndef build_wheel(folder, *_):\n"
            f"    shutil.copy({made.name!r}, folder)\n    return {made.name!r}\n\n\ndef build_sdist(*_):\n    raise NotImplementedError\n"
        )
        for path in sorted(tree.iterdir()):
            archive.add(path, f"{top}/{path.name}")
    return target


def repository(folder: Path, files: Mapping[str, str], tag: str) -> Path:
    """Make a bare git repository of one tagged commit, ready to be served as plain files; returns ``folder/NAME.git``'s path."""
    tree, bare = folder / "tree", folder / "repository.git"
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    for words in (
        ("init", "-q", "-b", "main", str(tree)),
        ("-C", str(tree), "add", "."),
        (
            "-C",
            str(tree),
            "-c",
            "user.name=Tests",
            "-c",
            "user.email=tests@example.com",
            "commit",
            "-q",
            "-m",
            "First",
        ),
        ("-C", str(tree), "tag", tag),
        ("clone", "-q", "--bare", str(tree), str(bare)),
        ("-C", str(bare), "update-server-info"),
    ):
        subprocess.run(
            ["git", *words], check=True, capture_output=True, env={"PATH": "/usr/bin:/bin", **_GIT}
        )
    return bare


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def model(*modules: str) -> dict[str, str]:
    """A model that answers with what each of these modules says."""
    return {
        "Says.py": f"import importlib\n\nMODULES = {modules!r}\n\n\nclass Says:\n"
        "    def predict(self, X, names=None, meta=None):\n"
        "        return [importlib.import_module(name).SAYS for name in MODULES]\n",
        ".s2i/environment": "MODEL_NAME=Says\nSERVICE_TYPE=MODEL\nPERSISTENCE=0\n",
    }


def said(image: str) -> list[str]:
    """What the model of ``model`` answers in a container of the image."""
    with started(image) as container:
        container.wait_ready()
        status, answer = container.post("/api/v1.0/predictions", {"data": {"ndarray": [[1]]}})
        assert status == 200, answer
        return list(answer["data"]["ndarray"])


def environment(image: str, *options: str) -> dict[str, str]:
    """The variables that a process of the image sees; ``options`` are docker run's."""
    words = ["docker", "run", "--rm", *options, "--entrypoint", "launcher", image, "env", "-0"]
    done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=60)
    return dict(line.split("=", 1) for line in done.stdout.split("\0") if line)


def read_file(image: str, path: str) -> str:
    """A text file of the image."""
    words = ["docker", "run", "--rm", "--entrypoint", "cat", image, path]
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=60).stdout


LICENCES = "/layers/seldon_python/third-party-licenses"


def licences(image: str) -> tuple[str, str]:
    """license_info.csv and license.txt of an image."""
    return read_file(image, f"{LICENCES}/license_info.csv"), read_file(
        image, f"{LICENCES}/license.txt"
    )


def licensed(image: str, folder: str = LICENCES) -> list[tuple[str, str]]:
    """Name and version of what license_info.csv lists, sorted."""
    rows = csv.DictReader(read_file(image, f"{folder}/license_info.csv").splitlines())
    return sorted((row["Name"], row["Version"]) for row in rows)


def installed(image: str, *folders: str) -> list[tuple[str, str]]:
    """Name and version of what the image's interpreter finds installed, or of what lies in some of the image's folders, sorted."""
    program = (
        "import json, sys; path = sys.argv[1:] or sys.path; old = sys.version_info[1] in (6, 7);"
        # Before Python 3.8 it is a package, which the wrapper there needs too.
        "m = __import__('importlib_metadata' if old else 'importlib.metadata', fromlist=['version']);"
        "print(json.dumps(sorted((d.metadata['Name'], d.version) for d in m.distributions(path=path))))"
    )
    words = [
        "docker",
        "run",
        "--rm",
        "--entrypoint",
        "launcher",
        "--workdir",
        "/",
        image,
        "python",
        "-c",
        program,
        *folders,
    ]
    done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=60)
    return [(name, version) for name, version in json.loads(done.stdout)]


def pip_licenses(site: Path, scratch: Path) -> tuple[str, str]:
    """license_info.csv and license.txt as pip-licenses itself writes them for the packages of a folder, called as s2i does but with setuptools."""
    program = "import sys, piplicenses; sys.path[:] = [sys.argv.pop(1)]; piplicenses.main()"
    table, texts = scratch / "license_info.csv", scratch / "license.txt"
    for options in (
        ("--format=csv", f"--output-file={table}"),
        (
            "--format=plain-vertical",
            "--with-license-file",
            "--no-license-path",
            f"--output-file={texts}",
        ),
    ):
        words = [
            sys.executable,
            "-c",
            program,
            str(site),
            "--from=mixed",
            "--with-system",
            *options,
        ]
        subprocess.run(words, check=True, capture_output=True, cwd=scratch)
    return table.read_text(), texts.read_text()
