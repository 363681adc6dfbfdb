"""User names and passwords for git, in a credential helper that only the build's user can read.

git itself only looks for a netrc in HOME, and uv would put the password in a requirement's URL on
git's command line, which other processes can read. See "Custom helpers" in git's documentation of
gitcredentials.
"""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

_PREFIX = "git+"
_SCHEMES = ("http", "https")


@dataclass(frozen=True, kw_only=True)
class GitLogin:
    """A login for a repository, or for each on its server."""

    # The scheme of the server's URLs.
    scheme: str
    # With the port, if the URL has one.
    host: str
    # Empty for any repository of the server.
    path: str
    user: str
    password: str = field(repr=False)
    # Whether the login is for every port of the host.
    every_port: bool = False


def logins_of_urls(urls: Iterable[str]) -> tuple[GitLogin, ...]:
    """Return the logins in the URLs of requirements that name a git repository."""
    return tuple(login for url in urls if (login := _login_of_url(url)))


def logins_of_servers(logins: Iterable[GitLogin]) -> Iterator[GitLogin]:
    """Yield the first login for each server for all its repositories, such as submodules."""
    servers = set[tuple[str, str]]()
    for login in logins:
        if (login.scheme, login.host) not in servers:
            servers.add((login.scheme, login.host))
            yield replace(login, path="")


def _login_of_url(url: str) -> GitLogin | None:
    try:
        parts = urlsplit(url.removeprefix(_PREFIX))
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
    except ValueError:
        return None
    if not url.startswith(_PREFIX) or parts.scheme not in _SCHEMES or not (user or password):
        return None
    folder, slash, name = parts.path.rpartition("/")
    path = f"{folder}{slash}{name.partition('@')[0]}"
    host = parts.netloc.rpartition("@")[2].lower()
    return GitLogin(
        scheme=parts.scheme, host=host, path=path.strip("/"), user=user, password=password
    )


def write_helper(logins: Iterable[GitLogin], file: Path) -> None:
    """Write a helper for `git credential` that answers with these logins, the first that fits."""
    cases = "".join(f"{_pattern(login)}) {_answer(login)} ;;\n" for login in logins)
    file.touch(mode=0o600)
    file.write_text(
        'test "$1" = get || exit 0\n'
        "while IFS= read -r line; do case $line in host=*) host=${line#host=} ;; "
        "path=*) path=${line#path=} ;; protocol=*) protocol=${line#protocol=} ;; esac; done\n"
        f'case "$protocol://$host/$path" in\n{cases}esac\n',
        errors="surrogateescape",
    )


def helper_variables(file: Path) -> Mapping[str, str]:
    """Return the variables that make git use a helper (git-config: GIT_CONFIG_COUNT)."""
    return {
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "credential.helper",
        "GIT_CONFIG_VALUE_0": f"!sh {shlex.quote(str(file))}",
        # Without this, git does not tell the helper the path.
        "GIT_CONFIG_KEY_1": "credential.useHttpPath",
        "GIT_CONFIG_VALUE_1": "true",
    }


def _pattern(login: GitLogin) -> str:
    server = f"{login.scheme}://{login.host}/"
    if login.every_port:
        return f"{shlex.quote(server)}*|{shlex.quote(f'{server[:-1]}:')}*"
    return shlex.quote(f"{server}{login.path}") if login.path else f"{shlex.quote(server)}*"


def _answer(login: GitLogin) -> str:
    words = f"{shlex.quote(login.user)} {shlex.quote(login.password)}"
    return f"printf 'username=%s\\npassword=%s\\n' {words}"
