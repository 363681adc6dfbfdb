"""Which variables of pip, uv and the buildpack does nothing read?"""

import re

from seldon_buildpack.messages.warnings import settings as settings_warnings
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.settings.settings import Settings
from seldon_buildpack.settings.variable_kinds import is_read
from seldon_buildpack.settings.variables import DECLARED

# The prefixes of pip, uv and the buildpack. Other variables that the build reads have no common
# prefix by which a misspelt one could be recognized.
_OF_TOOLS = re.compile(r"(?:PIP|UV|BP)_", re.IGNORECASE)
# Variables that change what pip and uv print, prompt for or store, but not what they install.
_WITHOUT_EFFECT = {
    "PIP_CACHE_DIR",
    "PIP_DISABLE_PIP_VERSION_CHECK",
    "PIP_NO_CACHE_DIR",
    "PIP_NO_COLOR",
    "PIP_NO_INPUT",
    "PIP_NO_PYTHON_VERSION_WARNING",
    "PIP_NO_WARN_SCRIPT_LOCATION",
    "PIP_PROGRESS_BAR",
    "PIP_QUIET",
    "PIP_ROOT_USER_ACTION",
    "PIP_VERBOSE",
    "UV_CACHE_DIR",
    "UV_COMPILE_BYTECODE",
    "UV_LINK_MODE",
    "UV_NO_CACHE",
    "UV_NO_PROGRESS",
    "UV_PYTHON_DOWNLOADS",
}
# uv's variables and what to use instead, if the names differ in more than the prefix.
_INSTEAD = {
    "UV_DEFAULT_INDEX": "PIP_INDEX_URL",
    "UV_INDEX": "PIP_EXTRA_INDEX_URL",
    "UV_INSECURE_HOST": "PIP_TRUSTED_HOST",
    "UV_HTTP_TIMEOUT": "PIP_DEFAULT_TIMEOUT",
    "UV_HTTP_RETRIES": "PIP_RETRIES",
    "UV_INDEX_STRATEGY": "BP_PIP_INDEX_STRATEGY",
    "UV_PYTHON": "BP_PYTHON_VERSION",
    "UV_PYTHON_DOWNLOADS_JSON_URL": "BP_PYTHON_DOWNLOADS_JSON_URL",
    "UV_PRERELEASE": "PIP_PRE",
    "UV_BUILD_CONSTRAINT": "PIP_BUILD_CONSTRAINT",
}


def find_unread(known: Settings) -> tuple[Advice, ...]:
    """Return a warning for each variable of pip, uv or the buildpack that nothing reads.

    The warning suggests the closest name that is read.
    """
    return tuple(
        settings_warnings.variable_not_read(value.source.describe(), name, _nearest(name))
        for name, value in sorted(known.values.items())
        if value.value.strip()
        and value.source.is_user_env
        and _OF_TOOLS.match(name)
        and not is_read(name)
        and name not in _WITHOUT_EFFECT
    )


def _nearest(name: str) -> str:
    """Return the variable that is most likely meant, or an empty string."""
    upper = name.upper()
    rest = upper.partition("_")[2]
    for one in (upper, _INSTEAD.get(upper, ""), f"PIP_{rest}", f"BP_{rest}"):
        if one and is_read(one):
            return one
    import difflib

    names = [setting.name for setting in DECLARED if "*" not in setting.name]
    return next(iter(difflib.get_close_matches(upper, names, 1, 0.85)), "")
