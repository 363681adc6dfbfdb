"""Seldon's Python wrapper: the wheels nobody publishes, and the trees that are installed beforehand, one for each set of pins and Python carried."""

import hashlib
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from tools.core.steps import ToolError, Workspace, digest, once, run
from tools.core.trees import compile_tree, public_files, tree_digest, world_readable
from tools.release import locks
from tools.release.interpreters import Interpreter
from tools.release.locks import entries

# The first time a zip can hold; no set in another order; no bytecode in the wheels; and no compiler, without which all of them come out pure.
_BUILD_ENVIRONMENT = {
    "SOURCE_DATE_EPOCH": "315532800",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "CC": "/bin/false",
    "CXX": "/bin/false",
}

# A folder that packages test themselves with is never imported while serving; half of NumPy's bytecode would be of these.
_NOT_COMPILED = ("tests",)

# Built here from source, because no wheel of them is published for every supported Python; all are pure without their optional C code. The versions
# are upstream's; the current set takes a newer flask-opentracing, which has a wheel.
BUILT_HERE = ("flask-opentracing", "jaeger-client", "opentracing", "threadloop", "thrift")


@dataclass(frozen=True)
class Prebuilt:
    """The wrapper installed for one Python from a set of pins: ``tree`` holds bin and lib/pythonX.Y/site-packages; ``digest`` is over all of it."""

    minor: str
    pins: str
    seldon_core: str
    tree: Path
    digest: str


def wheels(ws: Workspace, interpreter: Interpreter) -> Path:
    """Build the wheels that nobody publishes, for any Python 3, from sources whose hashes the lock names; returns their folder, $WORK/wheels.

    Built with the lock's own setuptools and so that they come out the same each time.
    """
    folder = ws.work / "wheels"
    locked = entries(locks.of_wrapper(ws, "upstream", interpreter.minor).read_text())
    wanted = "".join(locked[name] for name in BUILT_HERE)

    def make() -> None:
        scratch = ws.work / "tmp/wheels"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        (scratch / "sources.txt").write_text(wanted)
        (scratch / "setuptools.txt").write_text(locked["setuptools"])
        _uv(ws, "venv", "--python", interpreter.python, scratch / "venv")
        _uv(
            ws,
            "pip",
            "install",
            "--python",
            scratch / "venv/bin/python",
            "--require-hashes",
            "-r",
            scratch / "setuptools.txt",
        )
        flags = (
            "--no-deps",
            "--no-binary=:all:",
            "--no-build-isolation",
            "--require-hashes",
            "--no-cache-dir",
            "--disable-pip-version-check",
        )
        pip = (sys.executable, "-m", "pip", "--python", scratch / "venv/bin/python")
        with public_files():
            run(
                *pip,
                "wheel",
                *flags,
                "-r",
                scratch / "sources.txt",
                "-w",
                scratch / "built",
                env=_BUILD_ENVIRONMENT,
            )
        if impure := [
            path.name
            for path in (scratch / "built").iterdir()
            if not path.name.endswith("-none-any.whl")
        ]:
            raise ToolError(
                f"{', '.join(impure)} came out bound to one Python.",
                "Leave out the package's C code, or lock a release with wheels.",
            )
        shutil.rmtree(folder, ignore_errors=True)
        (scratch / "built").rename(folder)
        shutil.rmtree(scratch)

    key = {
        "wanted": wanted,
        "setuptools": locked["setuptools"],
        "python": interpreter.version,
        "recipe": _recipe(ws),
    }
    once(ws, "The wheels nobody publishes", "wheels", key, [folder], make)
    return folder


def with_built_wheels(text: str, folder: Path) -> str:
    """A lock that takes the wheels built here too: their hashes join those of the sources they were built from."""
    for path in sorted(folder.glob("*.whl")):
        name, version = path.name.split("-")[:2]
        entry = entries(text)[name.replace("_", "-").lower()]
        # The current set has another release of some, one with a wheel.
        if entry.split()[0].endswith(f"=={version}"):
            text = text.replace(
                entry,
                f"{entry.rstrip()} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n",
            )
    return text


def prebuild(ws: Workspace, interpreter: Interpreter, built: Path) -> list[Prebuilt]:
    """Install every set that is locked for this Python to $WORK/wrappers; ``built`` is the folder of the wheels built here.

    Everything is checked against the lock's hashes and nothing is built.
    """
    return [
        _prebuild(ws, interpreter, built, pins)
        for pins, minors in locks.sets(ws).items()
        if interpreter.minor in minors
    ]


def _prebuild(ws: Workspace, interpreter: Interpreter, built: Path, pins: str) -> Prebuilt:
    minor, release = interpreter.minor, ws.versions["wrapper"]["seldon_core"]
    target, facts = ws.work / f"wrappers/{pins}/{minor}", ws.work / f"wrappers/{pins}/{minor}.json"
    text = with_built_wheels(locks.of_wrapper(ws, pins, minor).read_text(), built)

    def make() -> None:
        staging = ws.work / f"tmp/wrapper-{pins}-{minor}"
        shutil.rmtree(staging, ignore_errors=True)
        _install(ws, interpreter, text, built, staging)
        _without_own_tests(staging / f"lib/python{minor}/site-packages", release)
        compile_tree(
            interpreter.python, staging / f"lib/python{minor}/site-packages", _NOT_COMPILED
        )
        world_readable(staging)
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        staging.rename(target)
        facts.write_text(json.dumps({"digest": tree_digest(target)}) + "\n")

    key = {"lock": text, "python": interpreter.digest, "recipe": _recipe(ws)}
    title = f"The wrapper, seldon-core {release} on its {pins} pins, for Python {minor}"
    once(ws, title, f"wrapper-{pins}-{minor}", key, [target, facts], make)
    return Prebuilt(minor, pins, release, target, json.loads(facts.read_text())["digest"])


def _install(
    ws: Workspace, interpreter: Interpreter, text: str, built: Path, staging: Path
) -> None:
    """A relocatable venv less all that makes it one: the build lays it where it is wanted and says there which Python it is of."""
    _uv(ws, "venv", "--relocatable", "--python", interpreter.python, staging)
    requirements = staging / "requirements.txt"
    requirements.write_text(text)
    flags = (
        "--require-hashes",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--find-links",
        built,
        "--link-mode",
        "copy",
    )
    _uv(ws, "pip", "install", "--python", staging / "bin/python", *flags, "-r", requirements)
    packages = staging / f"lib/python{interpreter.minor}/site-packages"
    for path in [*staging.iterdir(), *packages.glob("_virtualenv.*"), *(staging / "bin").iterdir()]:
        if path.name.startswith(("python", "activate", "deactivate", "pydoc", "_virtualenv")) or (
            path.parent == staging and path.name not in ("bin", "lib")
        ):
            path.unlink()
    for path in [
        *packages.glob("*.dist-info/direct_url.json"),
        *packages.glob("*.dist-info/REQUESTED"),
        *packages.glob("*.dist-info/uv_*"),
    ]:
        path.unlink()
        forget(path.parent / "RECORD", f"{path.parent.name}/{path.name},")
    without_namespace_files(packages)


def without_namespace_files(packages: Path) -> None:
    """protobuf 3.20's nspkg.pth ties google to one folder for good; without an ``__init__.py`` Python finds all of it by itself (PEP 420)."""
    for path in packages.glob("protobuf-*-nspkg.pth"):
        if not (packages / "google/__init__.py").exists():
            path.unlink()
            for record in packages.glob("protobuf-*.dist-info/RECORD"):
                forget(record, f"{path.name},")


def _without_own_tests(packages: Path, release: str) -> None:
    """seldon-core installs its tests as a top-level package ``tests``, which would hide the model's own."""
    shutil.rmtree(packages / "tests")
    forget(packages / f"seldon_core-{release}.dist-info/RECORD", "tests/")


def forget(record: Path, start: str) -> None:
    """Take the files whose names begin so out of a package's RECORD."""
    record.write_text(
        "".join(
            line
            for line in record.read_text().splitlines(keepends=True)
            if not line.startswith(start)
        )
    )


def _recipe(ws: Workspace) -> str:
    return digest(ws.checkout / "tools/release/wrapper.py", ws.checkout / "tools/core/trees.py")


def _uv(ws: Workspace, *words: str | Path) -> None:
    run(
        find_uv_bin(),
        *words,
        "--quiet",
        "--no-config",
        "--system-certs",
        "--cache-dir",
        ws.work / "cache/uv",
        timeout=600,
    )
