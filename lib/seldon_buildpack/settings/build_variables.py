"""Which of the user's variables package builds may read.

Package builds run code of the source and of package sources. Those of the source's own variables
reach them, as under s2i. Of the platform's, which may hold what only the platform may know, these
do: the variables of compilers and build backends, and those that BP_BUILD_VARIABLES names.
"""

import re
from collections.abc import Mapping

from seldon_buildpack.origin import Kind
from seldon_buildpack.settings.settings import Settings
from seldon_buildpack.settings.variable_kinds import is_for_packages, like_credential

_NAMES = "BP_BUILD_VARIABLES"
_OF_BUILDS = re.compile(
    r"CC|CXX|CPP|FC|F77|F90|AR|AS|LD|NM|RANLIB|STRIP|\w*FLAGS|MAX_JOBS|SOURCE_DATE_EPOCH|LANG|TZ"
    r"|(?:LC|CMAKE|SKBUILD|MESON|PKG_CONFIG|SETUPTOOLS|DISTUTILS|NPY|CARGO_BUILD)_\w+"
)


def select_build_variables(settings: Settings) -> Mapping[str, str]:
    """Return the variables that package builds may read."""
    named = _named_by_platform(settings)
    return {
        name: value
        for name, value in _own_variables(settings).items()
        if _is_of_source(settings, name)
        or name in named
        or (_OF_BUILDS.fullmatch(name) and not like_credential(name, value))
    }


def list_withheld_variables(settings: Settings) -> tuple[str, ...]:
    """Return the names of the platform's variables that package builds may not read."""
    return tuple(_own_variables(settings).keys() - select_build_variables(settings).keys())


def _own_variables(settings: Settings) -> dict[str, str]:
    """Return the user's variables that neither the buildpack nor its tools read."""
    return {
        name: value.value
        for name, value in sorted(settings.values.items())
        if value.source.is_user_env and is_for_packages(name)
    }


def _is_of_source(settings: Settings, name: str) -> bool:
    return settings.values[name].source.kind is not Kind.PLATFORM_ENV


def _named_by_platform(settings: Settings) -> frozenset[str]:
    """Return what BP_BUILD_VARIABLES names, unless the source sets it."""
    value = settings.values.get(_NAMES)
    if value is None or _is_of_source(settings, _NAMES):
        return frozenset()
    return frozenset(value.value.replace(",", " ").split())
