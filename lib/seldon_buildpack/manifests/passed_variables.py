"""The variables of a requirements file that the installer gets in its environment."""

import re

from seldon_buildpack.manifests.requirements_txt import Requirements
from seldon_buildpack.settings.variable_kinds import leads_tools_astray

_OF_INSTALLERS = re.compile(r"(?:PIP|UV)_", re.IGNORECASE)


def passed_on(requirements: Requirements) -> frozenset[str]:
    """Return the variables that the file uses, without those that configure the build's tools."""
    return frozenset(
        name
        for name in requirements.variables
        if not leads_tools_astray(name) and not _OF_INSTALLERS.match(name)
    )
