"""The environment variables of each child program: an allow list, and nothing else.

docs/security-model.md has the same table. A variable of the user reaches a program only by its
name in this table, or as one of ``for_builds``, which package builds inherit from uv and pip.
"""

from collections.abc import Mapping
from enum import Enum

_PLACES = ("PATH", "HOME")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CLIENT_CERT")
# git, and the libraries that package builds download with.
_OF_CHILDREN = (
    "CURL_CA_BUNDLE",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_KEY_0",
    "GIT_CONFIG_KEY_1",
    "GIT_CONFIG_VALUE_0",
    "GIT_CONFIG_VALUE_1",
    "GIT_SSL_CAINFO",
    "GIT_TERMINAL_PROMPT",
    "REQUESTS_CA_BUNDLE",
)
_UV = (
    "NO_COLOR",
    "UV_CACHE_DIR",
    "UV_CONFIG_FILE",
    "UV_CREDENTIALS_DIR",
    "UV_DEFAULT_INDEX",
    "UV_FIND_LINKS",
    "UV_HTTP_RETRIES",
    "UV_HTTP_TIMEOUT",
    "UV_INDEX",
    "UV_INDEX_STRATEGY",
    "UV_INSECURE_HOST",
    "UV_LINK_MODE",
    "UV_NO_CONFIG",
    "UV_NO_PROGRESS",
    "UV_PYTHON_DOWNLOADS",
    "UV_PYTHON_DOWNLOADS_JSON_URL",
    "UV_PYTHON_INSTALL_MIRROR",
    "UV_SYSTEM_CERTS",
)
_PIP = (
    "NETRC",
    "PIP_CERT",
    "PIP_CLIENT_CERT",
    "PIP_CONFIG_FILE",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_NO_CACHE_DIR",
    "PIP_NO_INDEX",
    "PIP_NO_INPUT",
    "PIP_RETRIES",
    "PIP_TRUSTED_HOST",
    "PYTHONNOUSERSITE",
    "PYTHONPATH",
)


class Program(Enum):
    """A child program, with the variables that it may have."""

    UV = frozenset((*_PLACES, *_PROXIES, *_CERTIFICATES, *_OF_CHILDREN, *_UV))
    PIP = frozenset((*_PLACES, *_PROXIES, *_CERTIFICATES, *_OF_CHILDREN, *_PIP))
    RATTLER = frozenset((*_PLACES, *_PROXIES, *_CERTIFICATES, "TMPDIR"))
    PYTHON = frozenset(("PATH",))


def choose_variables(
    program: Program, env: Mapping[str, str], for_builds: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the variables that a program may have, and those for the package builds it starts."""
    allowed = {name: value for name, value in env.items() if name in program.value}
    return {**(for_builds or {}), **allowed}
