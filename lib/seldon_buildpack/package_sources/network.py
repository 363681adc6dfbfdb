"""Proxy, CA certificate and credential settings for child processes.

Each tool (uv, git, requests, curl) gets them in its own environment variables. If bindings have CA
certificates or a netrc, files are written to the build's scratch folder, which is deleted when the
build ends, and the variables name these files.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from seldon_buildpack.package_sources import certificates
from seldon_buildpack.package_sources.bindings import Bound
from seldon_buildpack.package_sources.credentials import Credential
from seldon_buildpack.package_sources.git_logins import (
    GitLogin,
    helper_variables,
    logins_of_servers,
    logins_of_urls,
    write_helper,
)
from seldon_buildpack.package_sources.indexes import Index, quote

_HOST_AND_PORT = re.compile(r"https://(?:[^\s/@]*@)?([\w.-]+:\d+)")
# uv and OpenSSL, git, requests, curl.
_TRUST = ("SSL_CERT_FILE", "GIT_SSL_CAINFO", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def joined(
    index: Index,
    bound: Bound,
    proxies: Mapping[str, str],
    scratch: Path,
    texts: Iterable[str] = (),
    urls: Iterable[str] = (),
) -> Index:
    """Return a copy of the index with the network variables for child processes.

    These are the platform's proxies, and the variables that make tools trust the CA certificates
    and read the netrc of the bindings. ``texts`` are the manifests: a netrc has no ports, so those
    are taken from the URLs in them. ``urls`` are those of the requirements: git gets the logins in
    them in another way than by the URL.
    """
    told = {**proxies, **dict(index.variables)}
    if bound.certificates:
        base = Path(told["SSL_CERT_FILE"]) if "SSL_CERT_FILE" in told else certificates.store()
        path = _write(scratch / "trusted.pem", certificates.with_store(bound.certificates, base))
        told |= dict.fromkeys(_TRUST, str(path))
    in_urls = logins_of_urls(urls)
    logins = [*in_urls, *_logins_of_netrc(bound), *logins_of_servers(in_urls)]
    if logins:
        write_helper(logins, scratch / "git-credentials")
        told |= helper_variables(scratch / "git-credentials")
    if not bound.netrc:
        return replace(index, variables=tuple(told.items()))
    told["UV_CREDENTIALS_DIR"] = str(scratch / "uv-credentials")
    _write(scratch / "uv-credentials/credentials.toml", _for_uv(bound, texts))
    netrc = _write(scratch / "netrc", bound.netrc)
    return replace(index, variables=tuple(told.items()), netrc=str(netrc))


def _for_uv(bound: Bound, texts: Iterable[str]) -> str:
    """Return uv's store of credentials for the hosts of the netrc (uv: The uv credentials store).

    From a netrc, uv would take a password for any scheme and port, also over http.
    """
    places = [place.lower() for text in texts for place in _HOST_AND_PORT.findall(text)]
    fields = (
        (f"https://{place}/", credential.user, "basic", credential.password.reveal())
        for host, credential in _by_host(bound)
        for place in (host, *dict.fromkeys(each for each in places if each.startswith(f"{host}:")))
    )
    keys = ("service", "username", "scheme", "password")
    return "".join(
        "[[credential]]\n"
        + "".join(f"{key} = {quote(text)}\n" for key, text in zip(keys, values, strict=True))
        for values in fields
    )


def _by_host(bound: Bound) -> Iterable[tuple[str, Credential]]:
    """Return the first credential of a netrc for each host."""
    named = (each for each in reversed(bound.credentials) if each.host and not each.scheme)
    return {each.host: each for each in named}.items()


def _logins_of_netrc(bound: Bound) -> Iterable[GitLogin]:
    """Return the logins of a netrc for git: over https, whatever the port."""
    for host, each in _by_host(bound):
        yield GitLogin(
            scheme="https",
            host=host,
            path="",
            user=each.user,
            password=each.password.reveal(),
            every_port=True,
        )


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
    return path
