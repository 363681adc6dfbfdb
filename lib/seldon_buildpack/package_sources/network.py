"""How everything that fetches reaches other hosts: whom it trusts and who it says it is, told to each tool in its own variables.

Only where bindings say something of it: files are written to the build's scratch folder, which goes when the build ends, and the tools
(uv, git, and what a package's own build may use) are told their names.
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
    """The index with the platform's proxies and the variables that make tools trust the bound authorities and read the bound netrc."""
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
    """A credential helper (gitcredentials: Custom helpers) that knows the hosts of a netrc: git itself looks for one in HOME only, and its
    own store takes a host on another port for another host.
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
    """git's configuration by variables (git-config: GIT_CONFIG_COUNT)."""
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "credential.helper",
        "GIT_CONFIG_VALUE_0": f"!sh {shlex.quote(str(path))}",
    }


def _written(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text)
    return path
