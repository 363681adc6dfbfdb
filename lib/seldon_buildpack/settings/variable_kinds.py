"""Which variables reach the image, the build's tools or package builds, and which are credentials?"""

import re
from collections.abc import Iterable

from seldon_buildpack.origin import Kind
from seldon_buildpack.settings.variables import DECLARED, RUN, Setting

# Variables that configure an index or the build: used at build time, never baked into the image.
_BUILD_ONLY = re.compile(
    r"PIP_.*|UV_.*|BP_.*|EXTRA_INDEX_URL|INDEX_URL|TRUSTED_HOST|(HTTPS?|ALL|NO)_PROXY|CONDA_CHANNELS|CONDA_CHANNEL_ALIAS|CONDA_OVERRIDE_.*",
    re.IGNORECASE,
)
# Variables that would break the build's tools, or that are passed to them in another way.
_ASTRAY = re.compile(
    r"PATH|HOME|TMPDIR|NO_COLOR|NETRC|VIRTUAL_ENV|BASH_ENV|(LD|PYTHON|SSL|GIT|CNB|BPE|CONDA|MAMBA|XDG)_.*|PYTHON.*|.*_PROXY|.*_CA_BUNDLE",
    re.IGNORECASE,
)
# Names of credentials, but not of files that contain them, and values with the form of credentials.
_CREDENTIAL = re.compile(
    r"(?:.*_)?(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SECRET_?KEY|CREDENTIALS?)",
    re.IGNORECASE,
)
_CREDENTIAL_VALUE = re.compile(
    r"://[^/@\s:]*:[^/@\s]+@|-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bpypi-AgE\w+"
)
_SHORTEST = 6


class _Names:
    """The names of declared variables, and of families (`GRPC_*`).

    A pattern of all of them takes longer to compile than a build takes to look them up.
    """

    def __init__(self, settings: Iterable[Setting]) -> None:
        names = [name for setting in settings for name in setting.name.split(", ")]
        self._single = frozenset(name for name in names if not name.endswith("*"))
        self._prefixes = tuple(name[:-1] for name in names if name.endswith("*"))

    def __contains__(self, name: str) -> bool:
        return name in self._single or any(
            name.startswith(prefix) and name != prefix for prefix in self._prefixes
        )


# Variables that the wrapper reads at startup: the only ones of --env that are baked.
_WRAPPER = _Names(setting for setting in DECLARED if setting.in_image and RUN in setting.where)
_DECLARED = _Names(DECLARED)
# pip's alias for PIP_DEFAULT_TIMEOUT.
_TIMEOUT = "PIP_TIMEOUT"


def like_credential(name: str, value: str) -> bool:
    """Return whether a variable looks like a credential by its name or the form of its value."""
    return named_credential(name, value) or bool(_CREDENTIAL_VALUE.search(value))


def named_credential(name: str, value: str) -> bool:
    """Return whether the name is that of a credential and the value is long enough."""
    return bool(_CREDENTIAL.fullmatch(name)) and len(value) >= _SHORTEST


def is_read(name: str) -> bool:
    """Return whether the build or the wrapper reads a variable."""
    return name in _DECLARED or name == _TIMEOUT


def is_for_packages(name: str) -> bool:
    """Return whether package builds may read a variable: the build and its tools do not."""
    return not (leads_tools_astray(name) or configures_build(name) or is_read(name))


def configures_build(name: str) -> bool:
    """Return whether a variable configures the build, and so never reaches the image."""
    return bool(_BUILD_ONLY.fullmatch(name))


def leads_tools_astray(name: str) -> bool:
    """Return whether a variable configures the build's tools, which must not get the user's."""
    return bool(_ASTRAY.fullmatch(name))


def in_image(name: str, source: Kind) -> bool:
    """Return whether a variable is baked into the image as a launch default.

    This applies to all variables in ``.s2i/environment`` that do not configure the build, and to
    the wrapper's variables in --env.
    """
    if _BUILD_ONLY.fullmatch(name):
        return False
    return source is not Kind.PLATFORM_ENV or name in _WRAPPER
