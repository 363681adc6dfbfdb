"""Fills a folder with the wheels that a model's build would fetch, on a machine that has the network, for builds that have none.

What is needed is found by the buildpack's own code, with the interpreter and the wrapper that the builder carries: uv resolves as in a build, and
installs nothing. Each file is then taken at the version and with a hash that uv saw on the index it would use, so that no other index can
put one in its place; what has no wheel is built here.
"""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from tools import builder, bundle, locks, wrapper
from tools.steps import ToolError, Workspace, announced, run

# Debian 12's, on which models run. pip wants every platform that goes there by name.
_GLIBC = 36
_PLATFORMS = (
    *(f"manylinux_2_{minor}_x86_64" for minor in range(_GLIBC, 4, -1)),
    "manylinux2014_x86_64",
    "manylinux2010_x86_64",
    "manylinux1_x86_64",
)
# What a build would be given by --env.
_GIVEN = re.compile(
    r"BP_.*|EXTRA_INDEX_URL|PIP_(INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST|CERT|CLIENT_CERT|PROXY|DEFAULT_TIMEOUT|RETRIES|CONFIG_FILE)"
)
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


def vendor(ws: Workspace, model: Path, folder: Path, pythons: Iterable[str]) -> None:
    """Fill ``folder`` for the model, and say how to build with it. Raises ToolError."""
    if not model.is_dir():
        raise ToolError(f"{model} is not a directory.", "Name the one that holds the model: MODEL=my-model")
    with builder.alone(ws):
        made = bundle.assemble(ws, builder.carried(ws, pythons))
    sys.path.insert(0, str(ws.checkout / "lib"))
    with announced(f"The wheels of {model.name}"), tempfile.TemporaryDirectory() as scratch:
        needed, minor = _needed(made, model, Path(scratch))
        download(ws, needed, minor, folder, Path(scratch))
    count = len(list(folder.glob("*.whl"))) if folder.is_dir() else 0
    print(f"{folder} holds {count} wheels. To build without a network, set in .s2i/environment or by --env:")
    inside = folder.is_relative_to(model)
    print(f"    PIP_FIND_LINKS={folder.relative_to(model) if inside else '/whl'}\n    PIP_NO_INDEX=1")
    if not inside:
        print(f"and mount the folder: pack build ... --volume {folder}:/whl")


def _needed(made: Path, model: Path, scratch: Path) -> tuple[tuple[str, ...], str]:
    """What a build would fetch, as pins, with the variables that say from where in the environment of this process; and the Python's minor."""
    from seldon_buildpack import build, errors
    from seldon_buildpack.bundle import Bundle
    from seldon_buildpack.cnb.platform import Platform
    from seldon_buildpack.install.network import joined
    from seldon_buildpack.layers import python, requirements
    from seldon_buildpack.layers import wrapper as wrapper_layer
    from seldon_buildpack.log import Log

    # The build takes files out of its copy of the source; the caches and layers of this run are nobody's.
    app = shutil.copytree(model, scratch / "app", symlinks=True)
    told = {name: value for name, value in os.environ.items() if _GIVEN.fullmatch(name)}
    base = {name: os.environ[name] for name in ("PATH", "HOME", *_PROXIES) if name in os.environ}
    platform = Platform(app, made, scratch / "layers", told, base, scratch / "bindings")
    carried = Bundle.read(made)
    out = Log(sys.stdout)
    try:
        project = build.read_project(platform, out)
        project = replace(project, index=joined(project.index, project.bound, platform.proxies(), scratch))
        interpreter = python.plan(project.python, carried, "")
        if not interpreter.carried:
            raise ToolError(f"No Python {interpreter.request} is carried here.", f'make vendor ... PYTHONS="{interpreter.minor}"')
        served_by = wrapper_layer.plan(build.wrapper_version(project, carried), interpreter, carried)
        stack = build.plan_layers(platform, project, interpreter, served_by, carried, out)
        (scratch / "layers").mkdir()
        found = requirements.would_install(stack.installation, scratch, interpreter.carried, stack.uv) if stack.installation else ()
        if served_by.lock and not served_by.carried:
            found = (*found, *locked(served_by.lock))
    except errors.BuildError as error:
        raise ToolError(error.title, "\n".join(error.lines()[2:])) from error
    os.environ.update(_for_pip(project.index.default, project.index.extra, project.index.trusted_hosts, dict(project.index.variables)))
    os.environ.update(project.index.environment())
    return _without_urls(found), interpreter.minor


def locked(lock: Path) -> tuple[str, ...]:
    """The pins of a wrapper's lock, less those whose wheels the builder carries."""
    return tuple(
        re.split(r"[ ;\\]", entry)[0].strip() for name, entry in locks.entries(lock.read_text()).items() if name not in wrapper.BUILT_HERE
    )


def _for_pip(default: str, extra: Iterable[str], trusted: Iterable[str], variables: dict[str, str]) -> dict[str, str]:
    """The index settings by pip's variables."""
    told = {
        "PIP_INDEX_URL": default,
        "PIP_EXTRA_INDEX_URL": " ".join(extra),
        "PIP_TRUSTED_HOST": " ".join(trusted),
        "PIP_CERT": variables.get("SSL_CERT_FILE", ""),
    }
    return {name: value for name, value in told.items() if value}


def _without_urls(lines: Iterable[str]) -> tuple[str, ...]:
    """The pins. What lies in the source is there already, but building it needs setuptools; what has another URL cannot be had from a folder."""
    pins = []
    for line in lines:
        pin, _, url = line.partition(" (from ")
        if not url:
            pins.append(pin)
        elif url.startswith("file:"):
            pins.append("setuptools<82")
        else:
            raise ToolError(f"{pin} is required by a URL.", "A build without a network cannot fetch it: require it by name and version.")
    return tuple(dict.fromkeys(pins))


def download(ws: Workspace, needed: tuple[str, ...], minor: str, folder: Path, scratch: Path) -> None:
    """Put the wheels of these requirements into the folder, from the indexes that the environment names. Raises ToolError."""
    if not needed:
        return
    from uv import find_uv_bin

    folder.mkdir(parents=True, exist_ok=True)
    pins, locked = scratch / "pins.in", scratch / "pins.txt"
    pins.write_text("".join(f"{pin}\n" for pin in needed))
    where = ("--python-version", minor, "--python-platform", f"x86_64-manylinux_2_{_GLIBC}")
    flags = ("--no-config", "--no-deps", "--generate-hashes", "--no-annotate", "--no-header", "--quiet", "--system-certs")
    run(find_uv_bin(), "pip", "compile", *flags, *where, "--cache-dir", ws.work / "cache/uv", "-o", locked, pins, timeout=300)
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    kinds = (*(f"--platform={one}" for one in _PLATFORMS), "--python-version", minor, "--implementation", "cp")
    abis = (f"--abi=cp{minor.replace('.', '')}", "--abi=abi3", "--abi=none")
    run(*pip, "download", "--no-deps", "--require-hashes", *kinds, *abis, "--dest", scratch / "files", "-r", locked, timeout=1200)
    for path in sorted((scratch / "files").iterdir()):
        if path.suffix == ".whl":
            shutil.copy(path, folder)
        else:
            run(
                *pip,
                "--python",
                ws.work / f"pythons/{minor}/bin/python{minor}",
                "wheel",
                "--no-deps",
                "--wheel-dir",
                folder,
                path,
                timeout=1200,
            )
