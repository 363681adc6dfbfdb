"""File names of the supported manifests, and detection of misspelt ones."""

import re
from collections.abc import Iterable
from pathlib import Path

from seldon_buildpack.manifests.conda import select as conda_files

# In order of precedence.
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
    """Return whether a file that has a manifest's name is a manifest.

    Conda's explicit package lists have names that are also used for unrelated text files.
    """
    return path.name not in conda_files.EXPLICIT or conda_files.is_one(path)


def misspelt_manifest(names: Iterable[str]) -> str | None:
    """Return the first file name that looks like a misspelt manifest, or None."""
    return next(
        (name for name in sorted(names) if _MISSPELT.fullmatch(name) and name not in MANIFESTS),
        None,
    )
