"""The bundled Pythons.

They come from a configured catalogue, the public one, or this machine's own interpreters.
"""

import hashlib
import json
import os
import platform
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from tools.core.steps import ToolError, Workspace, digest_paths, run, run_once
from tools.core.trees import compile_tree, digest_tree, make_world_readable, write_archive
from tools.release.relocate import abi_name, make_relocatable, neutralize_sysconfig, trim_python


@dataclass(frozen=True, kw_only=True)
class Interpreter:
    """A relocatable CPython: ``prefix`` holds bin, lib and include; ``digest`` covers all of it."""

    minor: str
    version: str
    prefix: Path
    digest: str

    @property
    def python(self) -> Path:
        """The path of the program."""
        return self.prefix / f"bin/python{self.minor}"


@dataclass(frozen=True)
class InstalledPython:
    """A CPython on this machine that has its own prefix."""

    version: str
    prefix: Path


def provide_pythons(ws: Workspace, minors: tuple[str, ...]) -> dict[str, Interpreter]:
    """Return the interpreters of these minor versions in $WORK/pythons.

    An interpreter is only rebuilt if its inputs changed.

    Raises:
        ToolError: A version is neither in a catalogue that responds nor on this machine.
    """
    return {minor: _provide_python(ws, minor) for minor in minors}


def make_catalogue(ws: Workspace, minors: tuple[str, ...]) -> Path:
    """Pack this machine's interpreters into $WORK/catalogue; return its catalogue.json.

    ``minors`` are the minor versions to pack. catalogue.json has file URLs, and still lists what
    was packed before.

    Raises:
        ToolError: This machine has no interpreter of a version.
    """
    folder = ws.work / "catalogue"
    for minor in minors:
        _pack_python(ws, minor)
    listing = folder / "catalogue.json"
    listing.write_text(catalogue_for(ws, folder.as_uri()))
    return listing


def catalogue_for(ws: Workspace, base_url: str) -> str:
    """Return the JSON catalogue of $WORK/catalogue, with download URLs below ``base_url``.

    It has the format that ``uv python install --python-downloads-json-url`` reads.
    """
    entries = {}
    for path in sorted((ws.work / "catalogue").glob("cpython-*.tar.gz")):
        name = path.name.removesuffix(".tar.gz")
        major, minor, patch = name.split("-")[1].split(".")
        entries[name] = {
            "name": "cpython",
            "arch": {"family": platform.machine(), "variant": None},
            "os": "linux",
            "libc": "gnu",
            "major": int(major),
            "minor": int(minor),
            "patch": int(patch),
            "prerelease": "",
            "url": f"{base_url.rstrip('/')}/{path.name}",
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "variant": None,
            "build": None,
        }
    return json.dumps(entries, indent=1, sort_keys=True) + "\n"


def find_installed(minor: str) -> InstalledPython | None:
    """Return this machine's newest CPython of a minor version that has its own prefix.

    Prefixes in SELDON_BUILDPACK_PYTHONS_FROM take precedence.
    """
    named = [
        Path(name)
        for name in os.environ.get("SELDON_BUILDPACK_PYTHONS_FROM", "").split(os.pathsep)
        if name
    ]
    for candidates in (named, list(_list_prefixes(minor))):
        matches = [match for prefix in candidates if (match := _probe_prefix(prefix, minor))]
        if matches:
            return max(matches, key=lambda match: [int(part) for part in match.version.split(".")])
    return None


def _list_prefixes(minor: str) -> Iterator[Path]:
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted((pyenv / "versions").glob(f"{minor}.*"))
    for folder in os.get_exec_path():
        program = Path(folder) / f"python{minor}"
        if program.is_file():
            yield program.resolve().parent.parent


def _probe_prefix(prefix: Path, minor: str) -> InstalledPython | None:
    """Return the CPython in a prefix, or None if it can't be packed.

    That is a distribution's Python, which shares its prefix, or one without headers.
    """
    wanted = (
        f"bin/python{minor}",
        f"lib/python{minor}/os.py",
        f"include/{abi_name(minor)}/Python.h",
    )
    if prefix in (Path("/usr"), Path("/usr/local")) or not all(
        (prefix / name).is_file() for name in wanted
    ):
        return None
    program = "import platform; print(platform.python_implementation(), platform.python_version())"
    kind, version = run(prefix / wanted[0], "-I", "-c", program).split()
    return (
        InstalledPython(version, prefix)
        if kind == "CPython" and re.fullmatch(r"[\d.]+", version)
        else None
    )


def _digest_recipe(ws: Workspace) -> str:
    return digest_paths(
        *(
            ws.checkout / f"tools/{name}.py"
            for name in ("release/interpreters", "release/relocate", "core/trees")
        )
    )


def _pack_python(ws: Workspace, minor: str) -> None:
    installed = find_installed(minor)
    if installed is None:
        raise ToolError(
            f"No Python catalogue responds, and this machine has no Python {minor} to pack.",
            f"Set SELDON_BUILDPACK_PYTHON_CATALOGUE to the URL of one, install Python {minor} with pyenv, or set "
            "SELDON_BUILDPACK_PYTHONS_FROM to its prefix.",
        )
    target = (
        ws.work / f"catalogue/cpython-{installed.version}-linux-{platform.machine()}-gnu.tar.gz"
    )
    staging = ws.work / f"tmp/pack-{minor}"

    def make() -> None:
        shutil.rmtree(staging, ignore_errors=True)
        make_relocatable(installed.prefix, minor, staging)
        for older in target.parent.glob(f"cpython-{minor}.*.tar.gz"):
            older.unlink()
        write_archive(staging, "python", target)
        shutil.rmtree(staging)

    key = {
        "prefix": str(installed.prefix),
        "version": installed.version,
        "recipe": _digest_recipe(ws),
    }
    run_once(
        ws,
        f"Packing this machine's Python {installed.version}",
        f"pack-{minor}",
        key,
        [target],
        make,
    )


def _provide_python(ws: Workspace, minor: str) -> Interpreter:
    target, facts = ws.work / f"pythons/{minor}", ws.work / f"pythons/{minor}.json"
    key = {
        "catalogue": os.environ.get("SELDON_BUILDPACK_PYTHON_CATALOGUE", ""),
        "from": os.environ.get("SELDON_BUILDPACK_PYTHONS_FROM", ""),
        "uv": run(find_uv_bin(), "--version").strip(),
        "recipe": _digest_recipe(ws),
    }
    run_once(
        ws,
        f"Python {minor}",
        f"python-{minor}",
        key,
        [target, facts],
        lambda: _make_python(ws, minor, target, facts),
    )
    known = json.loads(facts.read_text())
    return Interpreter(minor=minor, version=known["version"], prefix=target, digest=known["digest"])


def _make_python(ws: Workspace, minor: str, target: Path, facts: Path) -> None:
    folder = ws.work / f"tmp/python-{minor}"
    shutil.rmtree(folder, ignore_errors=True)
    tree = _install_python(ws, minor, folder)
    version = tree.name.split("-")[1]
    trim_python(tree, minor)
    neutralize_sysconfig(tree, minor, str(tree))
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    tree.rename(target)
    shutil.rmtree(folder)
    compile_tree(target / f"bin/python{minor}", target / f"lib/python{minor}")
    make_world_readable(target)
    facts.write_text(json.dumps({"version": version, "digest": digest_tree(target)}) + "\n")


def _install_python(ws: Workspace, minor: str, folder: Path) -> Path:
    """Install a Python from the first source that has it.

    That is the configured catalogue; otherwise the public one, tried once; otherwise this machine's
    interpreters.
    """
    if url := os.environ.get("SELDON_BUILDPACK_PYTHON_CATALOGUE"):
        return _uv_install(ws, minor, folder, url)
    if not os.environ.get("SELDON_BUILDPACK_PYTHONS_FROM"):
        try:
            return _uv_install(ws, minor, folder, None)
        except ToolError:
            print(
                "    uv's Python catalogue does not respond; packing this machine's",
                flush=True,
            )
    return _uv_install(ws, minor, folder, make_catalogue(ws, (minor,)).as_uri())


def _uv_install(ws: Workspace, minor: str, folder: Path, url: str | None) -> Path:
    command = [
        find_uv_bin(),
        "python",
        "install",
        "--no-config",
        "--no-bin",
        "--no-progress",
        "--system-certs",
        "--install-dir",
        str(folder),
    ]
    command += ["--cache-dir", str(ws.work / "cache/uv")]
    if url:
        command += ["--python-downloads-json-url", url]
    run(
        *command,
        f"cpython-{minor}",
        env={"UV_HTTP_RETRIES": "0", "UV_HTTP_TIMEOUT": "20"},
        timeout=300,
    )
    return next(
        path
        for path in folder.glob(f"cpython-{minor}.*")
        if path.is_dir() and not path.is_symlink()
    )
