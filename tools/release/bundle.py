"""The buildpack's directory as builders get it: the checkout's code and, in bundle/, everything it would otherwise have to fetch."""

import json
import os
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from uv import find_uv_bin

from tools.core.steps import Workspace, digest, once, run
from tools.core.trees import compile_tree, tree_digest, world_readable
from tools.release import interpreters, locks, wrapper
from tools.release.interpreters import Interpreter
from tools.release.wrapper import Prebuilt

# Linked statically, so that it runs on an image with another C library than this machine's, or without libgcc.
_UV_PLATFORM = "x86_64-unknown-linux-musl"
_WHEELS_PLATFORM = "x86_64-manylinux_2_28"


def assemble(ws: Workspace, pythons: tuple[str, ...]) -> Path:
    """Make $WORK/buildpack with the default Python and these others (minor versions), and return it.

    What it is made of is fetched and built once; a change of the code copies the code alone.
    Raises ToolError when a Python is not to be had or an index does not answer.
    """
    default = ws.versions["python"]["default"]
    carried = interpreters.provide(ws, tuple(dict.fromkeys((default, *pythons))))
    built = wrapper.wheels(ws, carried[default])
    prebuilt = [
        one for interpreter in carried.values() for one in wrapper.prebuild(ws, interpreter, built)
    ]
    target = ws.work / "buildpack"
    _carry(ws, target / "bundle", carried, prebuilt, built)
    _copy_code(ws, target, carried[default])
    _write_manifest(ws, target, carried, prebuilt)
    return target


def _carry(
    ws: Workspace,
    bundle: Path,
    carried: Mapping[str, Interpreter],
    prebuilt: Sequence[Prebuilt],
    built: Path,
) -> None:
    libs, programs, watchers = _libs(ws, carried), _programs(ws), _watchers(ws)
    pinned = ws.checkout / "lib/seldon_buildpack/locks"

    def make() -> None:
        staging = ws.work / "tmp/bundle"
        shutil.rmtree(staging, ignore_errors=True)
        for minor in carried:
            shutil.copytree(carried[minor].prefix, staging / "pythons" / minor, symlinks=True)
        for one in prebuilt:
            shutil.copytree(one.tree, staging / "wrappers" / one.pins / one.minor, symlinks=True)
        for source, name in (
            (built, "wheels"),
            (libs, "libs"),
            (programs, "bin"),
            (watchers, "watchers"),
        ):
            shutil.copytree(source, staging / name, symlinks=True)
        for path in sorted(pinned.glob("*/*/*.txt")):
            copy = staging / "locks" / path.relative_to(pinned)
            copy.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_text()
            copy.write_text(
                wrapper.with_built_wheels(text, built) if path.name.startswith("py") else text
            )
        world_readable(staging)
        shutil.rmtree(bundle, ignore_errors=True)
        bundle.parent.mkdir(parents=True, exist_ok=True)
        staging.rename(bundle)

    key = {
        **{f"python {minor}": one.digest for minor, one in carried.items()},
        **{f"wrapper {one.pins} {one.minor}": one.digest for one in prebuilt},
        "wheels": tree_digest(built),
        "libs": tree_digest(libs),
        "programs": tree_digest(programs),
        "watchers": tree_digest(watchers),
        "locks": digest(pinned),
        "recipe": digest(
            ws.checkout / "tools/release/bundle.py", ws.checkout / "tools/release/wrapper.py"
        ),
    }
    once(ws, "What the buildpack carries", "bundle", key, [bundle / "bin/uv"], make)


def _libs(ws: Workspace, carried: Mapping[str, Interpreter]) -> Path:
    """The libraries the buildpack runs on, as lib/requirements.txt pins them; without the programs some of them bring."""
    interpreter = carried[ws.versions["python"]["default"]]
    requirements, folder = ws.checkout / "lib/requirements.txt", ws.work / "libs"

    def make() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        _install(ws, folder, requirements, "--python", str(interpreter.python))
        _without_programs(folder)
        compile_tree(interpreter.python, folder)

    key = {
        "requirements": requirements.read_text(),
        "python": interpreter.digest,
        "recipe": _recipe(ws),
    }
    once(ws, "The buildpack's own libraries", "libs", key, [folder], make)
    return folder


def _programs(ws: Workspace) -> Path:
    """uv, of the version the tools run with, and dumb-init with its licence, since the image gets it."""
    folder = ws.work / "programs"
    uv = locks.entries((ws.checkout / "tools/requirements.txt").read_text())["uv"]
    dumb_init = (ws.checkout / "tools/programs.txt").read_text()

    def make() -> None:
        scratch = ws.work / "tmp/programs"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, pinned, platform in (
            ("uv", uv, _UV_PLATFORM),
            ("dumb-init", dumb_init, _WHEELS_PLATFORM),
        ):
            requirements = scratch / f"{name}.txt"
            requirements.write_text(pinned)
            _install(
                ws,
                scratch / name,
                requirements,
                "--python-platform",
                platform,
                "--python-version",
                "3.12",
            )
            shutil.copy(scratch / name / "bin" / name, folder / name)
        [licence] = scratch.glob("dumb-init/dumb_init-*.dist-info/LICENSE")
        shutil.copy(licence, folder / "dumb-init.LICENSE")
        shutil.rmtree(scratch)

    key = {"uv": uv, "dumb-init": dumb_init, "recipe": _recipe(ws)}
    once(ws, "uv and dumb-init", "programs", key, [folder / "uv", folder / "dumb-init"], make)
    return folder


def _watchers(ws: Workspace) -> Path:
    """watchfiles and what it needs, in a folder for each supported Python, so that no build installs it, which would take time and might fail.

    Without bytecode, which is half as much again and saves nothing that could be measured: most of it is never imported.
    """
    folder, requirements = ws.work / "watchers", ws.checkout / "tools/watcher.txt"
    supported = ws.versions["python"]["supported"]

    def make() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        for minor in supported:
            _install(
                ws,
                folder / minor,
                requirements,
                "--python-platform",
                _WHEELS_PLATFORM,
                "--python-version",
                minor,
            )
            _without_programs(folder / minor)
        world_readable(folder)

    key = {
        "requirements": requirements.read_text(),
        "pythons": " ".join(supported),
        "recipe": _recipe(ws),
    }
    once(
        ws,
        "What watches files for the process dev",
        "watchers",
        key,
        [folder / minor for minor in supported],
        make,
    )
    return folder


def _without_programs(folder: Path) -> None:
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for record in folder.glob("*.dist-info/RECORD"):
        wrapper.forget(record, "bin/")


def _install(ws: Workspace, folder: Path, requirements: Path, *options: str) -> None:
    flags = (
        "--no-config",
        "--system-certs",
        "--quiet",
        "--require-hashes",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--link-mode",
        "copy",
    )
    run(
        find_uv_bin(),
        "pip",
        "install",
        *flags,
        *options,
        "--cache-dir",
        ws.work / "cache/uv",
        "--target",
        folder,
        "-r",
        requirements,
        timeout=600,
    )
    for path in [folder / ".lock", *folder.glob("*.dist-info/REQUESTED")]:
        path.unlink(missing_ok=True)


def _copy_code(ws: Workspace, target: Path, interpreter: Interpreter) -> None:
    left_out = shutil.ignore_patterns("__pycache__", "locks", ".*")
    sources = [ws.checkout / name for name in ("buildpack.toml", "bin", "lib")]

    def make() -> None:
        staging = ws.work / "tmp/code"
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        shutil.copy(sources[0], staging)
        for source in sources[1:]:
            shutil.copytree(source, staging / source.name, ignore=left_out)
        compile_tree(interpreter.python, staging / "lib")
        world_readable(staging)
        for path in staging.iterdir():
            shutil.rmtree(target / path.name, ignore_errors=True)
            path.rename(target / path.name)
        staging.rmdir()

    key = {"code": digest(*sources), "python": interpreter.digest, "recipe": _recipe(ws)}
    once(
        ws,
        "The buildpack's code",
        "buildpack-code",
        key,
        [target / name for name in ("buildpack.toml", "bin", "lib")],
        make,
    )


def _write_manifest(
    ws: Workspace, target: Path, carried: Mapping[str, Interpreter], prebuilt: Sequence[Prebuilt]
) -> None:
    """bundle.json: what is carried, by minor version, each with the digest of its whole tree."""
    manifest = {
        "buildpack_version": tomllib.loads((target / "buildpack.toml").read_text())["buildpack"][
            "version"
        ],
        "python_default": ws.versions["python"]["default"],
        "pythons": {
            minor: {"version": one.version, "digest": one.digest} for minor, one in carried.items()
        },
        "wrappers": {
            minor: {
                one.pins: {"seldon_core": one.seldon_core, "digest": one.digest}
                for one in prebuilt
                if one.minor == minor
            }
            for minor in carried
        },
        "watchers": {
            path.name: tree_digest(path) for path in sorted((target / "bundle/watchers").iterdir())
        },
        "python_downloads_json_url": os.environ.get("SELDON_BUILDPACK_PYTHON_CATALOGUE", ""),
    }
    path = target / "bundle/bundle.json"
    text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
    if not path.is_file() or path.read_text() != text:
        path.write_text(text)
        path.chmod(0o644)


def _recipe(ws: Workspace) -> str:
    return digest(ws.checkout / "tools/release/bundle.py", ws.checkout / "tools/core/trees.py")
