"""Names of Python packages.

``packaging.utils`` and ``packaging.requirements`` do the same, but their import takes at least 46
ms in each build. Code that cannot do without them imports them where it needs them.
"""

import re
from pathlib import Path


def canonical(name: str) -> str:
    """Normalize a package name: `Flask_Cors` is `flask-cors` (PyPA: Names and normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirement_name(requirement: str) -> str:
    """Return the name in a requirement, as written.

    It is `Flask_Cors` in `Flask_Cors[x]>=3; python_version < "3.9"`.
    """
    return re.split(r"[\[<>=!~;@(\s]", requirement.strip(), maxsplit=1)[0]


def of_dist_info(path: Path) -> tuple[str, str]:
    """Return name and version of an installed package from its folder.

    The folder is, for example, `Flask_Cors-3.0.dist-info` (PyPA: Recording installed projects).
    """
    name, _, version = path.name.removesuffix(".dist-info").rpartition("-")
    return name, version
