"""Which top-level modules the packages of an environment have, kept with the layer that holds them: a module of the source by such a name is hidden.

A layer that is reused is not there to be looked into, so its list is part of its metadata, as text.
"""

import csv
import re
from collections.abc import Mapping
from pathlib import Path

METADATA = "modules"

# A module at the top, or the beginning of a package. A directory without __init__ hides nothing (PEP 420).
_TOP = re.compile(r"(\w+)(?:/__init__)?\.(?:[\w-]+\.)?(?:py|so)")


def brought(site: Path, by_conda: bool = False) -> dict[str, str]:
    """The modules, each with its package's name.

    Not those of packages that the user pointed at by a path or a URL (PEP 610): they may be the source itself. ``by_conda``: most of
    conda's packages have that note too, of the folder in which they were built.
    """
    found = {}
    for info in sorted(site.glob("*.dist-info")):
        if not (info / "RECORD").exists() or (not by_conda and (info / "direct_url.json").exists()):
            continue
        name = _name(info)
        with (info / "RECORD").open(encoding="utf-8", newline="") as record:
            tops = (_TOP.fullmatch(line[0]) for line in csv.reader(record) if line)
            # The wrapper's own tests are listed, and were taken away.
            found.update({top[1]: name for top in tops if top and (site / top[0]).exists()})
    return found


def _name(info: Path) -> str:
    headers = (info / "METADATA").read_text(encoding="utf-8", errors="replace")
    found = re.search(r"^Name: *(\S+)", headers, re.MULTILINE)
    return found[1] if found else info.name.partition("-")[0]


def as_text(modules: Mapping[str, str]) -> str:
    """``module=package``, or just the one name where they are the same, with spaces between."""
    return " ".join(
        module if module == package else f"{module}={package}"
        for module, package in sorted(modules.items())
    )


def from_text(text: str) -> dict[str, str]:
    """What ``as_text`` was given."""
    pairs = (word.partition("=") for word in text.split())
    return {module: package or module for module, _, package in pairs}
