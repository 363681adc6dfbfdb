"""The buildpack's directory: the code and, in bundle/, what it would otherwise download."""

import json
import os
import shutil
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from uv import find_uv_bin

from tools.core.steps import Workspace, digest_paths, run, run_once
from tools.core.trees import compile_tree, digest_tree, make_world_readable
from tools.release import interpreters, locks, wrapper
from tools.release.interpreters import Interpreter
from tools.release.wrapper import PrebuiltWrapper

# The static build runs on images with another C library than this machine's, or without libgcc.
_UV_PLATFORM = "x86_64-unknown-linux-musl"
_WHEELS_PLATFORM = "x86_64-manylinux_2_28"


def assemble_buildpack(ws: Workspace, pythons: tuple[str, ...]) -> Path:
    """Create $WORK/buildpack with the default Python and ``pythons``, and return its path.

    ``pythons`` are minor versions. The parts are downloaded and built once; after a change of the
    code, only the code is copied.

    Raises:
        ToolError: An interpreter is unavailable or an index does not respond.
    """
    default = ws.versions["python"]["default"]
    carried = interpreters.provide_pythons(ws, tuple(dict.fromkeys((default, *pythons))))
    built = wrapper.build_wheels(ws, carried[default])
    prebuilt = [
        tree
        for interpreter in carried.values()
        for tree in wrapper.prebuild_wrappers(ws, interpreter, built)
    ]
    target = ws.work / "buildpack"
    _fill_bundle(ws, target / "bundle", carried, prebuilt, built)
    _copy_code(ws, target, carried[default])
    _write_manifest(ws, target, carried, prebuilt)
    return target


def _fill_bundle(
    ws: Workspace,
    bundle: Path,
    carried: Mapping[str, Interpreter],
    prebuilt: Sequence[PrebuiltWrapper],
    built: Path,
) -> None:
    libs, programs, watchers = _make_libs(ws, carried), _make_programs(ws), _make_watchers(ws)
    pinned = ws.checkout / "lib/seldon_buildpack/locks"

    def make() -> None:
        staging = ws.work / "tmp/bundle"
        shutil.rmtree(staging, ignore_errors=True)
        for minor in carried:
            shutil.copytree(carried[minor].prefix, staging / "pythons" / minor, symlinks=True)
        for tree in prebuilt:
            shutil.copytree(tree.tree, staging / "wrappers" / tree.pins / tree.minor, symlinks=True)
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
                wrapper.pin_built_wheels(text, built) if path.name.startswith("py") else text
            )
        make_world_readable(staging)
        shutil.rmtree(bundle, ignore_errors=True)
        bundle.parent.mkdir(parents=True, exist_ok=True)
        staging.rename(bundle)

    key = {
        **{f"python {minor}": python.digest for minor, python in carried.items()},
        **{f"wrapper {tree.pins} {tree.minor}": tree.digest for tree in prebuilt},
        "wheels": digest_tree(built),
        "libs": digest_tree(libs),
        "programs": digest_tree(programs),
        "watchers": digest_tree(watchers),
        "locks": digest_paths(pinned),
        "recipe": digest_paths(
            ws.checkout / "tools/release/bundle.py", ws.checkout / "tools/release/wrapper.py"
        ),
    }
    run_once(ws, "The buildpack's bundle", "bundle", key, [bundle / "bin/uv"], make)


def _make_libs(ws: Workspace, carried: Mapping[str, Interpreter]) -> Path:
    """Install the libraries of lib/requirements.txt, without their console scripts."""
    interpreter = carried[ws.versions["python"]["default"]]
    requirements, folder = ws.checkout / "lib/requirements.txt", ws.work / "libs"

    def make() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        _install(ws, folder, requirements, "--python", str(interpreter.python))
        _drop_programs(folder)
        compile_tree(interpreter.python, folder)

    key = {
        "requirements": requirements.read_text(),
        "python": interpreter.digest,
        "recipe": _digest_recipe(ws),
    }
    run_once(ws, "The buildpack's own libraries", "libs", key, [folder], make)
    return folder


def _make_programs(ws: Workspace) -> Path:
    """Install the tools' version of uv, and dumb-init.

    dumb-init is copied into the image, so its license is included.
    """
    folder = ws.work / "programs"
    uv = locks.parse_entries((ws.checkout / "tools/requirements.txt").read_text())["uv"]
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

    key = {"uv": uv, "dumb-init": dumb_init, "recipe": _digest_recipe(ws)}
    run_once(ws, "uv and dumb-init", "programs", key, [folder / "uv", folder / "dumb-init"], make)
    return folder


def _make_watchers(ws: Workspace) -> Path:
    """Install watchfiles and its dependencies for each supported Python, so no build has to.

    There is no bytecode: it would add half as much again and saves no measurable time, because most
    of it is never imported.
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
            _drop_programs(folder / minor)
        make_world_readable(folder)

    key = {
        "requirements": requirements.read_text(),
        "pythons": " ".join(supported),
        "recipe": _digest_recipe(ws),
    }
    run_once(
        ws,
        "The file watcher of the process dev",
        "watchers",
        key,
        [folder / minor for minor in supported],
        make,
    )
    return folder


def _drop_programs(folder: Path) -> None:
    shutil.rmtree(folder / "bin", ignore_errors=True)
    for record in folder.glob("*.dist-info/RECORD"):
        wrapper.drop_records(record, "bin/")


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
        make_world_readable(staging)
        for path in staging.iterdir():
            shutil.rmtree(target / path.name, ignore_errors=True)
            path.rename(target / path.name)
        staging.rmdir()

    key = {
        "code": digest_paths(*sources),
        "python": interpreter.digest,
        "recipe": _digest_recipe(ws),
    }
    run_once(
        ws,
        "The buildpack's code",
        "buildpack-code",
        key,
        [target / name for name in ("buildpack.toml", "bin", "lib")],
        make,
    )


def _write_manifest(
    ws: Workspace,
    target: Path,
    carried: Mapping[str, Interpreter],
    prebuilt: Sequence[PrebuiltWrapper],
) -> None:
    """Write bundle.json: the bundled trees by minor version, each with its digest."""
    manifest = {
        "buildpack_version": tomllib.loads((target / "buildpack.toml").read_text())["buildpack"][
            "version"
        ],
        "python_default": ws.versions["python"]["default"],
        "pythons": {
            minor: {"version": python.version, "digest": python.digest}
            for minor, python in carried.items()
        },
        "wrappers": {
            minor: {
                tree.pins: {"seldon_core": tree.seldon_core, "digest": tree.digest}
                for tree in prebuilt
                if tree.minor == minor
            }
            for minor in carried
        },
        "watchers": {
            path.name: digest_tree(path) for path in sorted((target / "bundle/watchers").iterdir())
        },
        "python_downloads_json_url": os.environ.get("SELDON_BUILDPACK_PYTHON_CATALOGUE", ""),
    }
    path = target / "bundle/bundle.json"
    text = json.dumps(manifest, indent=1, sort_keys=True) + "\n"
    if not path.is_file() or path.read_text() != text:
        path.write_text(text)
        path.chmod(0o644)


def _digest_recipe(ws: Workspace) -> str:
    return digest_paths(
        ws.checkout / "tools/release/bundle.py", ws.checkout / "tools/core/trees.py"
    )
