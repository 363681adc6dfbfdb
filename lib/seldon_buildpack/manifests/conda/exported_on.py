"""Detection of the operating system on which an environment was exported.

The builds and packages of another platform are in no channel for this one.
"""

import re
from pathlib import PureWindowsPath

from seldon_buildpack.manifests.conda import match_spec
from seldon_buildpack.manifests.conda.match_spec import MatchSpec
from seldon_buildpack.manifests.conda.types import CondaEnvironment

# Packages that only the exports of a single platform contain.
_WINDOWS = re.compile(
    r"vc|vc14_runtime|vs20\d\d_.*|m2w64-.*|msys2-.*|ucrt|icc_rt|pywin32|pywinpty|winpty|wincertstore|win_inet_pton|menuinst|console_shortcut"
)
_MACOS = re.compile(r"libcxx|libcxxabi|appnope|python\.app|pyobjc.*|.*_osx-(64|arm64)")
_LINUX = re.compile(r"_libgcc_mutex|libgcc-ng|libstdcxx-ng|ld_impl_linux-64|.*_linux-64")


def exported_on(environment: CondaEnvironment) -> str:
    """Return `Windows` or `macOS` if the environment was exported there, or an empty string.

    The signs are packages that exist on that platform only, and the prefix.
    """
    parsed = (match_spec.parse(spec.text) for spec in environment.specs)
    names = [spec.name for spec in parsed if isinstance(spec, MatchSpec)]
    if any(_LINUX.fullmatch(name) for name in names):
        return ""
    if PureWindowsPath(environment.prefix).drive or any(_WINDOWS.fullmatch(name) for name in names):
        return "Windows"
    if environment.prefix.startswith("/Users/") or any(_MACOS.fullmatch(name) for name in names):
        return "macOS"
    return ""
