"""Download the wheels that a model's build needs into a folder, for offline builds.

The buildpack's own code determines what is needed, with the bundled interpreter and wrapper: uv
resolves as in a build, and installs nothing. Each file is then downloaded only from the index that
uv would use, so a package of the same name on another index is never downloaded. What has no wheel
is built here.
"""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zipfile import ZipFile

from tools.core.steps import ToolError, Workspace, announce, run
from tools.dev.build_requires import read_build_requires
from tools.release import builder, bundle, locks, relocate

# pip needs the name of every platform that runs in the image.
_GLIBC = relocate.GLIBC[1]
_PLATFORMS = (
    *(f"manylinux_2_{minor}_x86_64" for minor in range(_GLIBC, 4, -1)),
    "manylinux2014_x86_64",
    "manylinux2010_x86_64",
    "manylinux1_x86_64",
)
# Variables that a build would get from --env.
_GIVEN = re.compile(
    r"BP_.*|EXTRA_INDEX_URL|PIP_(INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST|CERT|CLIENT_CERT|PROXY|DEFAULT_TIMEOUT|RETRIES|CONFIG_FILE)"
)
_PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


@dataclass(frozen=True, kw_only=True)
class VendorRequest:
    """The packages to download, and where from."""

    pins: tuple[str, ...]
    minor: str
    # uv's variables, with the package sources.
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    # The URLs of the indexes among them, which may contain passwords.
    indexes: tuple[str, ...] = field(default=(), repr=False)
    # The build requirements of each local package; uv builds each in its own environment.
    builds: tuple[tuple[str, ...], ...] = ()


def vendor(ws: Workspace, model: Path, folder: Path, pythons: Iterable[str]) -> None:
    """Fill ``folder`` for the model, and print how to build with it.

    Raises:
        ToolError: The wheels can't be determined, downloaded or built.
    """
    if not model.is_dir():
        raise ToolError(
            f"{model} is not a directory.", "Set the directory of the model: MODEL=my-model"
        )
    inside = folder.is_relative_to(model)
    folder.mkdir(parents=True, exist_ok=True)
    with builder.lock_work_folder(ws):
        made = bundle.assemble_buildpack(ws, builder.choose_pythons(ws, pythons))
    sys.path.insert(0, str(ws.checkout / "lib"))
    with announce(f"The wheels of {model.name}"), tempfile.TemporaryDirectory() as scratch:
        download(ws, _find_needed(made, model, folder, Path(scratch)), folder, Path(scratch))
    count = len(list(folder.glob("*.whl")))
    print(
        f"{folder} holds {count} wheel{'' if count == 1 else 's'}. To build without a network, set this in .s2i/environment or with --env:"
    )
    print(
        f"    BP_PIP_FIND_LINKS={folder.relative_to(model)}\n    PIP_NO_INDEX=1"
        if inside
        else "    PIP_NO_INDEX=1"
    )
    if not inside:
        print(f"and mount the folder: pack build ... --volume {folder}:/whl")


def _find_needed(made: Path, model: Path, folder: Path, scratch: Path) -> VendorRequest:
    """Return what a build would download; ``folder`` takes precedence, as in the build.

    Raises:
        ToolError: The model can't be built, or can't be built from wheels alone.
    """
    from seldon_buildpack import planning
    from seldon_buildpack.build import read_project
    from seldon_buildpack.bundle import Bundle
    from seldon_buildpack.cnb.platform import Platform
    from seldon_buildpack.context import BuildContext
    from seldon_buildpack.layers import dry_run, python
    from seldon_buildpack.log import Log
    from seldon_buildpack.messages.errors.base import BuildError

    # The build removes files from its copy of the source. The caches and layers of this run are
    # discarded.
    app = shutil.copytree(model, scratch / "app", symlinks=True)
    base = {name: os.environ[name] for name in ("PATH", "HOME", *_PROXIES) if name in os.environ}
    carried, out = Bundle.read(made), Log(sys.stdout)
    try:
        platform = Platform(
            app=app,
            buildpack=made,
            layers=scratch / "layers",
            env=_read_settings(app, model, folder),
            base_env=base,
            bindings=scratch / "bindings",
        )
        context = BuildContext(platform=platform, bundle=carried, log=out, scratch=scratch)
        project = read_project(context)
        if project.environment:
            raise ToolError(
                f"{project.environment.path.name} is for conda, but make vendor downloads only wheels.",
                "Provide the conda packages as a channel in a folder (docs/conda.md), and download the wheels of its pip: section with pip download.",
            )
        interpreter = python.plan(project.python, carried, "", platform.target)
        if not interpreter.carried:
            raise ToolError(
                f"Python {interpreter.request} is not included here.",
                f'make vendor ... PYTHONS="{interpreter.minor}"',
            )
        stack = planning.plan_layers(context, project)
        (scratch / "layers").mkdir()
        planned = (
            dry_run.list_downloads(stack.installation, scratch, interpreter.carried, stack.uv)
            if stack.installation
            else ()
        )
        first = stack.wrappers[0]
        if first.lock and not first.carried:
            planned = (*planned, *read_lock_pins(first.lock, made / "bundle/wheels"))
    except BuildError as error:
        raise ToolError(error.title, "\n".join(error.lines()[2:])) from error
    pins, local = split_plan(planned)
    editable = stack.installation and stack.installation.requirements
    in_place = {path.resolve() for path in editable.editable} if editable else set()
    builds = (read_build_requires(path, path.resolve() in in_place) for path in local)
    return VendorRequest(
        pins=pins,
        minor=interpreter.minor,
        environment=project.index.environment(scratch),
        indexes=project.index.urls,
        builds=tuple(dict.fromkeys(filter(None, builds))),
    )


def _read_settings(app: Path, model: Path, folder: Path) -> dict[str, str]:
    """Return the --env settings of a build, without those for offline builds."""
    from seldon_buildpack.settings import s2i_environment, settings

    variables = {name: value for name, value in os.environ.items() if _GIVEN.fullmatch(name)}
    here = str(folder.relative_to(model) if folder.is_relative_to(model) else folder)
    folders = settings.read(variables, s2i_environment.read(app).pairs()).words("BP_PIP_FIND_LINKS")
    first = [
        *(name for name in folders if name not in (here, "/whl")),
        *([here] if any(folder.iterdir()) else []),
    ]
    return variables | {"PIP_NO_INDEX": "", "BP_PIP_FIND_LINKS": " ".join(first)}


def read_lock_pins(lock: Path, bundled: Path) -> tuple[str, ...]:
    """Return the pins of a wrapper's lock, without those whose wheels are in ``bundled``."""
    wheels = {tuple(path.name.split("-")[:2]) for path in bundled.glob("*.whl")}
    entries = locks.parse_entries(lock.read_text()).values()
    pins = (re.split(r"[ ;\\]", entry)[0].strip() for entry in entries)
    return tuple(pin for pin in pins if tuple(pin.replace("-", "_").split("==")) not in wheels)


def split_plan(lines: Iterable[str]) -> tuple[tuple[str, ...], tuple[Path, ...]]:
    """Split the plan of `uv pip install --dry-run` into pins and local packages.

    Local packages are already available to the build. uv 0.13 writes `NAME==VERSION` or `NAME @
    URL`; its `--output-format json` omits the URL.

    Raises:
        ToolError: A package is at another URL.
    """
    pins, local = [], []
    for line in lines:
        name, _, url = line.partition(" @ ")
        if not url:
            pins.append(name)
        elif url.startswith("file:"):
            local.append(Path(unquote(urlsplit(url).path)))
        else:
            raise ToolError(
                f"{name} is required by URL.",
                "A build without a network cannot fetch it: require it by name and version.",
            )
    return tuple(dict.fromkeys(pins)), tuple(dict.fromkeys(local))


def download(ws: Workspace, needed: VendorRequest, folder: Path, scratch: Path) -> None:
    """Download or build the wheels of these requirements into the folder.

    Raises:
        ToolError: A wheel can't be downloaded or built.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if needed.pins:
        _download_pins(
            ws, needed, _resolve_pins(ws, needed, needed.pins, scratch, "--no-deps"), folder
        )
    for requires in needed.builds:
        _download_pins(ws, needed, _resolve_pins(ws, needed, requires, scratch), folder)


def _resolve_pins(
    ws: Workspace, needed: VendorRequest, requirements: Iterable[str], scratch: Path, *options: str
) -> str:
    """Return uv's pins for these requirements, each with the index that it comes from."""
    from uv import find_uv_bin

    asked, placed = scratch / "pins.in", scratch / "pins.txt"
    asked.write_text("".join(f"{line}\n" for line in requirements))
    placed.unlink(missing_ok=True)
    where = ("--python-version", needed.minor, "--python-platform", f"x86_64-manylinux_2_{_GLIBC}")
    flags = (
        "--no-config",
        "--emit-index-annotation",
        "--no-annotate",
        "--no-header",
        "--quiet",
        "--system-certs",
        *options,
    )
    words: tuple[str | Path, ...] = (
        find_uv_bin(),
        "pip",
        "compile",
        *flags,
        *where,
        "--cache-dir",
        ws.work / "cache/uv",
        "-o",
        placed,
        asked,
    )
    run(*words, env=needed.environment, timeout=300)
    return placed.read_text()


def _download_pins(ws: Workspace, needed: VendorRequest, resolved: str, folder: Path) -> None:
    """Download the wheels of uv's pins, and build those that don't exist."""
    without = [
        pin
        for source, names in group_by_source(resolved).items()
        for pin in _download_wheels(source, names, needed, folder)
    ]
    if without:
        with tempfile.TemporaryDirectory() as scratch:
            _build_wheels(ws, without, needed, folder, Path(scratch))


def _download_wheels(
    source: str, names: list[str], needed: VendorRequest, folder: Path
) -> list[str]:
    """Download the wheels of these pins from one source; return the pins without a wheel."""
    words: tuple[str | Path, ...] = (
        *_PIP,
        "download",
        "--no-deps",
        "--only-binary=:all:",
        *_pip_platform_options(needed.minor),
        "--dest",
        folder,
    )
    try:
        run(*words, *names, env=_make_pip_environment(source, needed), timeout=1200)
    except ToolError:
        return (
            names
            if len(names) == 1
            else [pin for name in names for pin in _download_wheels(source, [name], needed, folder)]
        )
    return []


def _build_wheels(
    ws: Workspace, pins: list[str], needed: VendorRequest, folder: Path, scratch: Path
) -> None:
    """Build the wheels of these pins with uv, as a build would, and copy them from its cache."""
    from uv import find_uv_bin

    python = ws.work / f"pythons/{needed.minor}/bin/python{needed.minor}"
    where = (
        "--no-config",
        "--no-deps",
        "--system-certs",
        "--python",
        python,
        "--cache-dir",
        scratch / "built",
        "--target",
        scratch / "target",
    )
    run(
        find_uv_bin(),
        "pip",
        "install",
        "--quiet",
        *where,
        *pins,
        env=needed.environment,
        timeout=1800,
    )
    for path in (scratch / "built").glob("sdists-*/**/*.whl"):
        check_glibc(path)
        shutil.copy(path, folder)


def check_glibc(wheel: Path) -> None:
    """Check that a wheel is not linked against a newer glibc than the image has.

    Raises:
        ToolError: It is.
    """
    with ZipFile(wheel) as archive:
        for name in archive.namelist():
            if not re.search(r"\.so(\.\d+)*$", name):
                continue
            linked = relocate.find_newest_glibc(archive.read(name))
            if linked > relocate.GLIBC:
                raise ToolError(
                    f"{wheel.name} was built here against glibc {_format_version(linked)}; the image has {_format_version(relocate.GLIBC)}.",
                    "Run make vendor on Debian 12, or require a version that has a wheel.",
                )


def _format_version(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def group_by_source(text: str) -> dict[str, list[str]]:
    """Group the pins of uv's annotated output by index or folder."""
    groups: dict[str, list[str]] = {}
    for pin, source in re.findall(r"(?m)^(\S+==[^\s;]+).*\n\s+# from (\S+)$", text):
        groups.setdefault(source, []).append(pin)
    return groups


def _make_pip_environment(source: str, needed: VendorRequest) -> dict[str, str]:
    """Return pip's variables for one source, with the password that uv's output omits."""
    from seldon_buildpack.masking import without_credentials

    variables = needed.environment
    common = {
        "PIP_TRUSTED_HOST": variables.get("UV_INSECURE_HOST", ""),
        "PIP_CERT": variables.get("SSL_CERT_FILE", ""),
        "PIP_CLIENT_CERT": variables.get("SSL_CLIENT_CERT", ""),
        **{name: value for name, value in variables.items() if name in _PROXIES},
    }
    if not source.startswith(("http://", "https://")):
        return _drop_empty({**common, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": source})
    url = next(
        (
            url
            for url in needed.indexes
            if without_credentials(url).rstrip("/") == source.rstrip("/")
        ),
        source,
    )
    return _drop_empty({**common, "PIP_INDEX_URL": url}) | {"PIP_EXTRA_INDEX_URL": ""}


def _pip_platform_options(minor: str) -> tuple[str, ...]:
    """Return pip's options for the image's Python and platform."""
    abis = (f"--abi=cp{minor.replace('.', '')}", "--abi=abi3", "--abi=none")
    return (
        *(f"--platform={name}" for name in _PLATFORMS),
        "--python-version",
        minor,
        "--implementation",
        "cp",
        *abis,
    )


def _drop_empty(values: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
