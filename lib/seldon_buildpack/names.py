"""Names of Python packages.

``packaging.utils`` and ``packaging.requirements`` do the same, but take 46 ms and more to import, in each build: what they cannot
be spared for imports them where it is needed.
"""

import re
from pathlib import Path


def canonical(name: str) -> str:
    """The name in the form that the same packages share: `Flask_Cors` is `flask-cors` (PyPA: Names and normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirement_name(requirement: str) -> str:
    """The name in a requirement as it is written there: `Flask_Cors` of `Flask_Cors[x]>=3; python_version < "3.9"`."""
    return re.split(r"[\[<>=!~;@(\s]", requirement.strip(), maxsplit=1)[0]


def of_dist_info(path: Path) -> tuple[str, str]:
    """Name and version of an installed package, given by its folder `Flask_Cors-3.0.dist-info` (PyPA: Recording installed projects)."""
    name, _, version = path.name.removesuffix(".dist-info").rpartition("-")
    return name, version
