"""Which options and variables of uv do pip's settings become?"""

from collections.abc import Iterator
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.manifests.requirements_txt import IndexLines
from seldon_buildpack.manifests.s2i_paths import resolve_s2i_path
from seldon_buildpack.messages.errors.indexes import ConstraintsOutside
from seldon_buildpack.package_sources.connection_settings import (
    ConnectionSettings,
    is_by_source,
)
from seldon_buildpack.settings.settings import Settings

_FALSE = {"0", "false", "no", "off", "f", "n"}
_EVERY = ":all:"
_CONSTRAINTS = {"PIP_CONSTRAINT": "--constraints", "PIP_BUILD_CONSTRAINT": "--build-constraints"}


def constraint_files(settings: Settings, app: Path) -> Iterator[Path]:
    """Yield the constraints files. What uv cannot read of them, it prints.

    Raises:
        ConstraintsOutside: The source names a file outside.
    """
    for name in _CONSTRAINTS:
        for word in settings.words(name):
            path = Path(absolute(app, word))
            if "://" in word:
                continue
            if is_by_source(settings, name) and not user_files.is_inside(app, path):
                raise ConstraintsOutside(name, word)
            yield path


def absolute(app: Path, link: str) -> str:
    """Return a path in the source as an absolute path, and any URL unchanged."""
    place = resolve_s2i_path(app, link)
    return place if "://" in place or Path(place).is_absolute() else str(app / place)


def uv_options(settings: Settings, lines: IndexLines, app: Path) -> tuple[str, ...]:
    """Return the command line options for what is installed, apart from the indexes."""
    options = (
        ["--require-hashes"] if settings.flag("PIP_REQUIRE_HASHES") or lines.require_hashes else []
    )
    options += _releases(settings, lines)
    for names, option in ((lines.no_binary, "--no-binary"), (lines.only_binary, "--only-binary")):
        options += [word for name in names for word in (option, name)]
    # pip's switch is inverted: PIP_NO_BUILD_ISOLATION=0 disables isolation (pip: Environment
    # Variables).
    options += (
        ["--no-build-isolation"]
        if settings.text("PIP_NO_BUILD_ISOLATION").lower() in _FALSE
        else []
    )
    for name, option in (("PIP_NO_BINARY", "--no-binary"), ("PIP_ONLY_BINARY", "--only-binary")):
        options += [
            word
            for package in settings.text(name).replace(",", " ").split()
            for word in (option, package)
        ]
    for name, option in _CONSTRAINTS.items():
        options += [word for path in settings.words(name) for word in (option, absolute(app, path))]
    return tuple(options)


def _releases(settings: Settings, lines: IndexLines) -> list[str]:
    """Return uv's options that allow pre-releases or exclude them."""
    if settings.flag("PIP_PRE") or lines.pre or _EVERY in lines.all_releases:
        options = ["--prerelease", "allow"]
    else:
        options = ["--prerelease", "disallow"] if _EVERY in lines.only_final else []
    for names, mode in ((lines.all_releases, "allow"), (lines.only_final, "disallow")):
        options += [
            word
            for name in names
            if name != _EVERY
            for word in ("--prerelease-package", f"{name}={mode}")
        ]
    return options


def uv_variables(
    settings: Settings, connections: ConnectionSettings, app: Path
) -> tuple[tuple[str, str], ...]:
    """Return the variables that say how uv and its child processes connect."""
    certificates, client = connections.certificates, connections.client_certificate
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
    variables = {
        **dict.fromkeys(proxies, connections.proxy),
        "SSL_CERT_FILE": absolute(app, certificates) if certificates else "",
        "SSL_CLIENT_CERT": absolute(app, client) if client else "",
        "UV_HTTP_TIMEOUT": settings.text("PIP_DEFAULT_TIMEOUT") or settings.text("PIP_TIMEOUT"),
        "UV_HTTP_RETRIES": settings.text("PIP_RETRIES"),
    }
    return tuple((name, value) for name, value in variables.items() if value)
