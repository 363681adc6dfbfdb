"""Proxy, CA certificate and credential settings for child processes.

Each tool (uv, git, requests, curl) gets them in its own environment variables. If bindings have CA
certificates or a netrc, files are written to the build's scratch folder, which is deleted when the
build ends, and the variables name these files.
"""

import shlex
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from seldon_buildpack.package_sources import certificates
from seldon_buildpack.package_sources.bindings import Bound
from seldon_buildpack.package_sources.indexes import Index

# uv and OpenSSL, git, requests, curl.
_TRUST = ("SSL_CERT_FILE", "GIT_SSL_CAINFO", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def joined(index: Index, bound: Bound, proxies: Mapping[str, str], scratch: Path) -> Index:
    """Return a copy of the index with the network variables for child processes.

    These are the platform's proxies, and the variables that make tools trust the CA certificates
    and read the netrc of the bindings.
    """
    told = {**proxies, **dict(index.variables)}
    if bound.certificates:
        base = Path(told["SSL_CERT_FILE"]) if "SSL_CERT_FILE" in told else certificates.store()
        path = _written(scratch / "trusted.pem", certificates.with_store(bound.certificates, base))
        told |= dict.fromkeys(_TRUST, str(path))
    if bound.netrc:
        told["NETRC"] = str(_written(scratch / "netrc", bound.netrc))
        told |= _git_credentials(_written(scratch / "git-credentials", _for_git(bound)))
    return replace(index, variables=tuple(told.items()))


def _for_git(bound: Bound) -> str:
    """Return a git credential helper for the hosts of the netrc.

    See "Custom helpers" in git's documentation of gitcredentials. git itself only looks for a
    netrc in HOME, and its own credential store treats a host on another port as a different host.
    """
    hosts = {one.host: one for one in reversed(bound.credentials) if one.host and not one.scheme}
    answers = [
        f"{shlex.quote(host)}) printf 'username=%s\\npassword=%s\\n' {shlex.quote(one.user)} {shlex.quote(one.password.reveal())} ;;\n"
        for host, one in hosts.items()
    ]
    return (
        'test "$1" = get || exit 0\n'
        "while IFS= read -r line; do case $line in host=*) host=${line#host=} ;; esac; done\n"
        f"case ${{host%%:*}} in\n{''.join(answers)}esac\n"
    )


def _git_credentials(path: Path) -> dict[str, str]:
    """Return the variables that configure git's helper (git-config: GIT_CONFIG_COUNT)."""
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "credential.helper",
        "GIT_CONFIG_VALUE_0": f"!sh {shlex.quote(str(path))}",
    }


def _written(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text)
    return path
