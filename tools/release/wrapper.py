"""The bundled wrapper: one installed tree per pin set and Python, and wheels PyPI lacks."""

import hashlib
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from tools.core.steps import ToolError, Workspace, digest_paths, run, run_once
from tools.core.trees import compile_tree, digest_tree, make_world_readable, public_files
from tools.release import locks
from tools.release.interpreters import Interpreter
from tools.release.locks import parse_entries

# For reproducible wheels: the earliest time that a zip can store, a fixed order of sets, and no
# bytecode. Without a compiler, all of them are built as pure Python.
_BUILD_ENVIRONMENT = {
    "SOURCE_DATE_EPOCH": "315532800",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "CC": "/bin/false",
    "CXX": "/bin/false",
}

# The packages' own tests are never imported when serving, but would be half of NumPy's bytecode.
_NOT_COMPILED = ("tests",)

# Built here from source, because no wheel is published for every supported Python. All are pure
# Python without their optional C code. The versions are upstream's; the current pin set uses a
# newer flask-opentracing, which has a wheel.
BUILT_HERE = ("flask-opentracing", "jaeger-client", "opentracing", "threadloop", "thrift")


@dataclass(frozen=True, kw_only=True)
class PrebuiltWrapper:
    """The wrapper, installed for one Python from one pin set.

    ``tree`` has bin and lib/pythonX.Y/site-packages.
    """

    minor: str
    pins: str
    seldon_core: str
    tree: Path
    digest: str


def build_wheels(ws: Workspace, interpreter: Interpreter) -> Path:
    """Build the pure-Python wheels that PyPI lacks and return their folder, $WORK/wheels.

    The sources are pinned by hash. The build is reproducible and uses the lock's own setuptools.
    """
    folder = ws.work / "wheels"
    locked = parse_entries(locks.wrapper_lock_path(ws, "upstream", interpreter.minor).read_text())
    wanted = "".join(locked[name] for name in BUILT_HERE)

    def make() -> None:
        scratch = ws.work / "tmp/wheels"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        (scratch / "sources.txt").write_text(wanted)
        (scratch / "setuptools.txt").write_text(locked["setuptools"])
        _run_uv(ws, "venv", "--python", interpreter.python, scratch / "venv")
        _run_uv(
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
                f"{', '.join(impure)} would work on one Python only.",
                "Build it without C code, or lock a release with wheels.",
            )
        shutil.rmtree(folder, ignore_errors=True)
        (scratch / "built").rename(folder)
        shutil.rmtree(scratch)

    key = {
        "wanted": wanted,
        "setuptools": locked["setuptools"],
        "python": interpreter.version,
        "recipe": _digest_recipe(ws),
    }
    run_once(ws, "Wheels that are not on PyPI", "wheels", key, [folder], make)
    return folder


def pin_built_wheels(text: str, folder: Path) -> str:
    """Add the hashes of the wheels built here to a lock."""
    for path in sorted(folder.glob("*.whl")):
        name, version = path.name.split("-")[:2]
        entry = parse_entries(text)[name.replace("_", "-").lower()]
        # The current pin set has another release of some packages, which has a wheel.
        if entry.split()[0].endswith(f"=={version}"):
            text = text.replace(
                entry,
                f"{entry.rstrip()} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n",
            )
    return text


def prebuild_wrappers(
    ws: Workspace, interpreter: Interpreter, built: Path
) -> list[PrebuiltWrapper]:
    """Install every pin set for this Python into $WORK/wrappers.

    ``built`` is the folder of the wheels built here. Everything is checked against the lock's
    hashes, and nothing is built.
    """
    return [
        _prebuild_wrapper(ws, interpreter, built, pins)
        for pins, minors in locks.list_pin_sets(ws).items()
        if interpreter.minor in minors
    ]


def _prebuild_wrapper(
    ws: Workspace, interpreter: Interpreter, built: Path, pins: str
) -> PrebuiltWrapper:
    minor, release = interpreter.minor, ws.versions["wrapper"]["seldon_core"]
    target, facts = ws.work / f"wrappers/{pins}/{minor}", ws.work / f"wrappers/{pins}/{minor}.json"
    text = pin_built_wheels(locks.wrapper_lock_path(ws, pins, minor).read_text(), built)

    def make() -> None:
        staging = ws.work / f"tmp/wrapper-{pins}-{minor}"
        shutil.rmtree(staging, ignore_errors=True)
        _install(ws, interpreter, text, built, staging)
        _drop_own_tests(staging / f"lib/python{minor}/site-packages", release)
        for file in _list_added_files(ws):
            shutil.copyfile(file, staging / f"lib/python{minor}/site-packages" / file.name)
        compile_tree(
            interpreter.python, staging / f"lib/python{minor}/site-packages", _NOT_COMPILED
        )
        make_world_readable(staging)
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        staging.rename(target)
        facts.write_text(json.dumps({"digest": digest_tree(target)}) + "\n")

    key = {"lock": text, "python": interpreter.digest, "recipe": _digest_recipe(ws)}
    title = f"The wrapper, seldon-core {release} on its {pins} pins, for Python {minor}"
    run_once(ws, title, f"wrapper-{pins}-{minor}", key, [target, facts], make)
    return PrebuiltWrapper(
        minor=minor,
        pins=pins,
        seldon_core=release,
        tree=target,
        digest=json.loads(facts.read_text())["digest"],
    )


def _install(
    ws: Workspace, interpreter: Interpreter, text: str, built: Path, staging: Path
) -> None:
    """Install a relocatable venv without pyvenv.cfg and interpreter, which the build adds."""
    _run_uv(ws, "venv", "--relocatable", "--python", interpreter.python, staging)
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
    _run_uv(ws, "pip", "install", "--python", staging / "bin/python", *flags, "-r", requirements)
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
        drop_records(path.parent / "RECORD", f"{path.parent.name}/{path.name},")
    without_namespace_files(packages)


def without_namespace_files(packages: Path) -> None:
    """Remove protobuf 3.20's nspkg.pth, which binds the package google to one folder.

    Without an ``__init__.py``, Python finds all of google's folders by itself (PEP 420).
    """
    for path in packages.glob("protobuf-*-nspkg.pth"):
        if not (packages / "google/__init__.py").exists():
            path.unlink()
            for record in packages.glob("protobuf-*.dist-info/RECORD"):
                drop_records(record, f"{path.name},")


def _drop_own_tests(packages: Path, release: str) -> None:
    """Remove seldon-core's top-level package ``tests``, which would shadow the model's own."""
    shutil.rmtree(packages / "tests")
    drop_records(packages / f"seldon_core-{release}.dist-info/RECORD", "tests/")


def drop_records(record: Path, start: str) -> None:
    """Remove entries with this prefix from a package's RECORD."""
    record.write_text(
        "".join(
            line
            for line in record.read_text().splitlines(keepends=True)
            if not line.startswith(start)
        )
    )


def _digest_recipe(ws: Workspace) -> str:
    return digest_paths(
        ws.checkout / "tools/release/wrapper.py",
        ws.checkout / "tools/core/trees.py",
        *_list_added_files(ws),
    )


def _list_added_files(ws: Workspace) -> list[Path]:
    """List the files that lib/seldon_buildpack/python_env/protobuf.py adds to an environment."""
    return sorted((ws.checkout / "lib/seldon_buildpack/launch/site_packages").glob("_seldon_*.p*"))


def _run_uv(ws: Workspace, *words: str | Path) -> None:
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
