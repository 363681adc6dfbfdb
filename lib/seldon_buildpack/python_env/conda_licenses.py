"""The licenses of conda packages.

The name comes from the record of the package, and the text from files that the package contains in
addition to what it installs.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from seldon_buildpack.commands.rattler import Package
from seldon_buildpack.python_env.licenses import Licensed

_UNKNOWN = "UNKNOWN"


def read(packages: Iterable[Package], extracted: Path) -> list[Licensed]:
    """Return the license of each package.

    ``extracted`` is the folder of the extracted packages, each named after its file.
    """
    return [
        _licensed(package, extracted / f"{package.name}-{package.version}-{package.build}" / "info")
        for package in packages
    ]


def _licensed(package: Package, info: Path) -> Licensed:
    try:
        index = json.loads((info / "index.json").read_text(encoding="utf-8", errors="replace"))
    except (OSError, ValueError):
        index = {}
    name = index.get("license") or ""
    files = sorted(path for path in (info / "licenses").rglob("*") if path.is_file())
    texts = "\n".join(path.read_text(encoding="utf-8", errors="backslashreplace") for path in files)
    subdir = package.url.rsplit("/", 2)[-2]
    about = (("build", package.build), ("subdir", subdir))
    return Licensed(
        name=package.name,
        version=package.version,
        licences=(name,) if name else (),
        text=texts or _UNKNOWN,
        kind="conda",
        about=about,
    )
