"""The top-level modules of installed packages, which hide modules of the source.

The list is stored as text in the metadata of the layer with the packages, since a reused layer is
not available to look into.
"""

import csv
import re
from collections.abc import Mapping
from pathlib import Path

METADATA = "modules"

_LONGEST = 5000
# A top-level module, or the start of a package. A directory without __init__ hides nothing (PEP
# 420).
_TOP = re.compile(r"(\w+)(?:/__init__)?\.(?:[\w-]+\.)?(?:py|so)")


def brought(site: Path, by_conda: bool = False) -> dict[str, str]:
    """Return the top-level modules, each with the name of its package.

    Packages that the user installed from a path or a URL (PEP 610) are omitted: they may be the
    source itself. With ``by_conda`` they are included, since most conda packages have that metadata
    too, for the folder in which they were built.
    """
    modules = {}
    for info in sorted(site.glob("*.dist-info")):
        if not (info / "RECORD").exists() or (not by_conda and (info / "direct_url.json").exists()):
            continue
        name = _name(info)
        with (info / "RECORD").open(encoding="utf-8", errors="replace", newline="") as record:
            # csv refuses a field of more than 128 kB, which no path is.
            lines = csv.reader(line for line in record if len(line) < _LONGEST)
            tops = (_TOP.fullmatch(line[0]) for line in lines if line)
            # RECORD still lists the wrapper's tests, which have been removed.
            modules.update({top[1]: name for top in tops if top and (site / top[0]).exists()})
    return modules


def _name(info: Path) -> str:
    headers = (info / "METADATA").read_text(encoding="utf-8", errors="replace")
    name = re.search(r"^Name: *(\S+)", headers, re.MULTILINE)
    return name[1] if name else info.name.partition("-")[0]


def as_text(modules: Mapping[str, str]) -> str:
    """Return the modules as words: ``module=package``, or just the name if both are the same."""
    return " ".join(
        module if module == package else f"{module}={package}"
        for module, package in sorted(modules.items())
    )


def from_text(text: str) -> dict[str, str]:
    """Return the modules that ``as_text`` was given."""
    pairs = (word.partition("=") for word in text.split())
    return {module: package or module for module, _, package in pairs}
