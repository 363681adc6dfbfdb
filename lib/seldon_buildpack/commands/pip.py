"""Index configuration for an environment's own pip, where uv cannot be used.

uv does not run on Python 3.6 and 3.7.
"""

from pathlib import Path

from seldon_buildpack.package_sources import certificates
from seldon_buildpack.package_sources.indexes import Index


def environment(index: Index, scratch: Path) -> dict[str, str]:
    """Return the environment variables that configure pip for an index.

    See "Configuration" in pip's documentation. Package builds inherit the variables, so URLs with
    credentials are in a file in ``scratch`` instead. pip trusts the CA certificates that the build
    trusts, not the ones bundled with its release.
    """
    told = dict(index.variables)
    trusted = told.get("SSL_CERT_FILE") or str(certificates.store() or "")
    variables = {
        "PIP_TRUSTED_HOST": " ".join(index.trusted_hosts),
        "PIP_NO_INDEX": "1" if index.no_index else "",
        "PIP_CERT": trusted,
        "PIP_CLIENT_CERT": told.get("SSL_CLIENT_CERT", ""),
        "PIP_DEFAULT_TIMEOUT": told.get("UV_HTTP_TIMEOUT", ""),
        "PIP_RETRIES": told.get("UV_HTTP_RETRIES", ""),
        "NETRC": index.netrc,
        "PIP_NO_CACHE_DIR": "1",
        "PIP_NO_INPUT": "1",
        "PIP_CONFIG_FILE": str(_write_sources(index, scratch / "pip.conf")),
    }
    return {name: value for name, value in variables.items() if value} | told


def _write_sources(index: Index, file: Path) -> Path:
    """Write pip's configuration file with the package sources, and return its path."""
    # pip splits values on spaces, which a folder name may contain but a file: URL does not.
    links = (*(folder.as_uri() for folder in index.folders), *map(_as_url, index.find_links))
    sources = {"index-url": [index.default], "extra-index-url": index.extra, "find-links": links}
    lines = [f"{name} = {' '.join(urls)}\n" for name, urls in sources.items() if any(urls)]
    file.touch(mode=0o600)
    file.write_text("".join(["[global]\n", *lines]))
    return file


def _as_url(link: str) -> str:
    return link if "://" in link else Path(link).as_uri()


def options(index: Index) -> list[str]:
    """Return the index's uv options translated for pip.

    Build constraints and pre-releases of single packages are dropped, because the pip of these
    Pythons has no such options.
    """
    words = list(index.options)
    while "--prerelease" in words:
        at = words.index("--prerelease")
        words[at : at + 2] = ["--pre"] if words[at + 1] == "allow" else []
    for option in ("--build-constraints", "--prerelease-package"):
        while option in words:
            at = words.index(option)
            del words[at : at + 2]
    return ["--constraint" if word == "--constraints" else word for word in words]
