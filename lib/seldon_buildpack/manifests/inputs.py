"""The manifests that a source may have, and what looks like one."""

import re
from collections.abc import Iterable
from pathlib import Path

from seldon_buildpack.manifests.conda import select as conda_files

# In the order in which they are taken.
MANIFESTS = (
    *(
        "requirements.txt",
        "setup.py",
        *conda_files.NAMES,
        "pylock.toml",
        "uv.lock",
        "pyproject.toml",
        "setup.cfg",
    ),
    *("poetry.lock", "Pipfile.lock", "Pipfile"),
)

_MISSPELT = re.compile(
    r"requi?re?i?ments?\.(txt|text|pip|in)|requirements|requirement\.txt|environments?\.(yml|yaml)",
    re.IGNORECASE,
)


def is_manifest(path: Path) -> bool:
    """Whether a file with a manifest's name is one: some texts of other purposes are called as conda's lists of packages."""
    return path.name not in conda_files.EXPLICIT or conda_files.is_one(path)


def misspelt_manifest(names: Iterable[str]) -> str | None:
    """The first of the file names that was likely meant to be a manifest's."""
    return next(
        (name for name in sorted(names) if _MISSPELT.fullmatch(name) and name not in MANIFESTS),
        None,
    )
