"""Conda packages made of an interpreter of this machine, and of wheels from the package index."""

import base64
import configparser
import csv
import hashlib
import io
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import Parser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import parse_wheel_filename

from tests.support.conda.packing import BUILT_AT, PLACEHOLDER, Recipe, pack
from tools.core.steps import ToolError, run
from tools.release import interpreters
from tools.release.relocate import make_relocatable

_PLATFORMS = ("manylinux_2_28", "manylinux_2_17", "manylinux2014", "manylinux2010", "manylinux1")

_SCRIPT = """#!{prefix}/bin/python{minor}
import re
import sys
from {module} import {top}
if __name__ == "__main__":
    sys.argv[0] = re.sub(r"(-script\\.pyw?|\\.exe)?$", "", sys.argv[0])
    sys.exit({attribute}())
"""


@dataclass(frozen=True)
class Wheel:
    """A release on the package index. ``also`` is what its metadata, being older than such metadata, does not say it depends on."""

    name: str
    version: str
    licence: str = "BSD-3-Clause"
    also: tuple[str, ...] = ()


def download(minor: str, wheels: tuple[Wheel, ...], folder: Path) -> None:
    """Fetch the wheels for a Python into a folder. Raises ToolError when the index has one of them not, or not as a wheel."""
    abis = (f"cp{minor.replace('.', '')}{'m' if minor in ('3.6', '3.7') else ''}", "abi3", "none")
    choice = [word for abi in abis for word in ("--abi", abi)]
    choice += [word for platform in _PLATFORMS for word in ("--platform", f"{platform}_x86_64")]
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "-q",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--implementation",
        "cp",
    ]
    run(
        *command,
        "--python-version",
        minor,
        *choice,
        "-d",
        folder,
        *(f"{one.name}=={one.version}" for one in wheels),
        timeout=300,
    )


def pack_python(minor: str, scratch: Path, channel: Path) -> Path:
    """Pack this machine's newest Python of a minor version and return the tree, which runs. Raises ToolError when it has none."""
    found = interpreters.find_installed(minor)
    if found is None:
        raise ToolError(
            f"This machine has no Python {minor}, of which the tests' conda channel is made.",
            "Install it with pyenv.",
        )
    root = scratch / f"python-{minor}"
    make_relocatable(found.prefix, minor, root)
    licence = root / f"lib/python{minor}/LICENSE.txt"
    (root / "info/licenses").mkdir(parents=True)
    shutil.copy(licence, root / "info/licenses/LICENSE")
    compile_as_conda_build(root / f"bin/python{minor}", root)
    # Only newer builds of Python say where their packages go (CEP 17).
    more = (
        {"python_site_packages_path": f"lib/python{minor}/site-packages"} if minor == "3.12" else {}
    )
    abi = abi_of(minor)
    recipe = Recipe(
        "python",
        found.version,
        f"h{_short(found.version)}_0_cpython",
        licence="Python-2.0",
        more=more,
    )
    pack(recipe, root, channel)
    empty = scratch / f"abi-{minor}"
    empty.mkdir()
    pack(
        Recipe(
            "python_abi", minor, f"5_{abi}", constrains=(f"python {minor}.*",), noarch="generic"
        ),
        empty,
        channel,
    )
    return root


def pack_wheel(
    path: Path, wheel: Wheel, minor: str, python: Path | None, scratch: Path, channel: Path
) -> Path:
    """Pack a wheel: for the Python ``minor``, with bytecode by ``python``; as a noarch package where that is None."""
    root = scratch / f"{path.stem}-{minor}"
    site = root / (f"lib/python{minor}/site-packages" if python else "site-packages")
    site.mkdir(parents=True)
    with zipfile.ZipFile(path) as archive:
        archive.extractall(site)
        for member in archive.infolist():
            if member.external_attr >> 16 & 0o111:
                (site / member.filename).chmod(0o755)
    info = next(site.glob("*.dist-info"))
    metadata = Parser().parsestr((info / "METADATA").read_text())
    _licences(info, root)
    scripts = _console_scripts(info)
    build, needs = "pyhd8ed1ab_0", (_python_of(metadata), *_depends(metadata, minor), *wheel.also)
    if python:
        needs = (_exactly(minor), f"python_abi {minor}.* *_{abi_of(minor)}", *needs[1:])
        build = f"py{minor.replace('.', '')}h{_short(*needs)}_0"
        for name, target in scripts.items():
            _write_script(root / "bin" / name, target, minor)
    _installed_by_conda(info, root)
    if python:
        compile_as_conda_build(python, site)
    entry_points = () if python else tuple(f"{name} = {target}" for name, target in scripts.items())
    noarch = "" if python else "python"
    recipe = Recipe(
        wheel.name,
        wheel.version,
        build,
        needs,
        licence=wheel.licence,
        noarch=noarch,
        entry_points=entry_points,
    )
    packed = pack(recipe, root, channel)
    shutil.rmtree(root)
    return packed


def is_pure(path: Path) -> bool:
    """Whether a wheel is for every platform."""
    return all(tag.platform == "any" for tag in parse_wheel_filename(path.name)[3])


def abi_of(minor: str) -> str:
    """The interpreter's interface as conda's build strings name it: cp312, cp36m."""
    return f"cp{minor.replace('.', '')}{'m' if minor in ('3.6', '3.7') else ''}"


def compile_as_conda_build(python: Path, root: Path) -> None:
    """Bytecode that is stale once a file's time changes, which is what conda's packages have."""
    for path in root.rglob("*.py"):
        os.utime(path, (BUILT_AT, BUILT_AT))
    # Templates and code of another Python do not compile, and need not.
    words: list[str | Path] = [
        python,
        "-I",
        "-m",
        "compileall",
        "-q",
        "-d",
        f"{PLACEHOLDER}/lib",
        root,
    ]
    subprocess.run(
        words, check=False, capture_output=True, timeout=300, env={"PATH": os.environ["PATH"]}
    )


def _python_of(metadata: Message) -> str:
    return (
        f"python {metadata['Requires-Python']}".replace(", ", ",")
        if metadata["Requires-Python"]
        else "python"
    )


def _exactly(minor: str) -> str:
    major, number = minor.split(".")
    return f"python >={minor},<{major}.{int(number) + 1}.0a0"


def _depends(metadata: Message, minor: str) -> list[str]:
    requirements = [Requirement(line) for line in metadata.get_all("Requires-Dist", [])]
    marked: Mapping[str, str] = {"python_version": minor, "extra": "", "sys_platform": "linux"}
    return [
        f"{one.name.lower()} {','.join(sorted(map(str, one.specifier)))}".strip()
        for one in requirements
        if one.marker is None or one.marker.evaluate(dict(marked))
    ]


def _console_scripts(info: Path) -> dict[str, str]:
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(info / "entry_points.txt")
    return dict(parser["console_scripts"]) if parser.has_section("console_scripts") else {}


def _write_script(path: Path, target: str, minor: str) -> None:
    module, _, attribute = target.split("[")[0].strip().partition(":")
    top = attribute.split(".")[0]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        _SCRIPT.format(prefix=PLACEHOLDER, minor=minor, module=module, top=top, attribute=attribute)
    )
    path.chmod(0o755)


def _licences(info: Path, root: Path) -> None:
    """The licence files of a wheel are also the package's."""
    target = root / "info/licenses"
    for path in info.rglob("*"):
        if path.is_file() and path.name.upper().startswith(("LICEN", "COPYING", "AUTHORS")):
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target / path.name)


def _installed_by_conda(info: Path, root: Path) -> None:
    """INSTALLER, and RECORD with what was installed, scripts among it."""
    (info / "INSTALLER").write_text("conda\n")
    site, record = info.parent, info / "RECORD"
    rows = []
    for path in sorted(
        path
        for path in root.rglob("*")
        if path.is_file() and path != record and root / "info" not in path.parents
    ):
        digest = (
            base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest())
            .rstrip(b"=")
            .decode()
        )
        rows.append((os.path.relpath(path, site), f"sha256={digest}", str(path.stat().st_size)))
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\n").writerows(
        [*rows, (os.path.relpath(record, site), "", "")]
    )
    record.write_text(lines.getvalue())


def _short(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:7]
