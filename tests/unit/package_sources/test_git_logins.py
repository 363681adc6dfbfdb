"""Real git: which login it gets for which repository."""

import os
import subprocess
from pathlib import Path

import pytest

from seldon_buildpack.cnb import bindings as cnb_bindings
from seldon_buildpack.package_sources import bindings, network
from seldon_buildpack.package_sources.bindings import TYPES
from seldon_buildpack.package_sources.git_logins import (
    GitLogin,
    helper_variables,
    logins_of_servers,
    logins_of_urls,
    write_helper,
)
from seldon_buildpack.package_sources.indexes import Index
from tests.support.bindings import bind

URLS = (
    "git+https://bob:one@h.example/org/a.git@main#egg=a",
    "git+https://bob:two@h.example/org/b",
    "git+http://tok%40en:@plain.example:8080/c.git",
    "git+https://h.example/public.git",
    "https://eve:wheel@w.example/x-1.0-py3-none-any.whl",
    "git+ssh://git@s.example/d.git",
)
NASTY = "p'a$(touch /tmp/pwned)\"`x`\\ *?;&|#%"


def login(folder: Path, url: str, logins: list[GitLogin]) -> tuple[str, str] | None:
    write_helper(logins, folder / "helper")
    protocol, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    done = subprocess.run(
        ["git", "credential", "fill"],
        input=f"protocol={protocol}\nhost={host}\npath={path}\n\n",
        capture_output=True,
        text=True,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "GIT_CONFIG_GLOBAL": "/dev/null",
            "GIT_CONFIG_SYSTEM": "/dev/null",
            "GIT_TERMINAL_PROMPT": "0",
            **helper_variables(folder / "helper"),
        },
    )
    values = dict(line.partition("=")[::2] for line in done.stdout.splitlines())
    return (values["username"], values["password"]) if done.returncode == 0 else None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://h.example/org/a.git", ("bob", "one")),
        ("https://h.example/org/b", ("bob", "two")),
        ("https://h.example/org/submodule.git", ("bob", "one")),
        ("http://plain.example:8080/c.git", ("tok@en", "")),
        ("http://h.example/org/a.git", None),
        ("https://h.example.evil/org/a.git", None),
        ("https://h.example:444/org/a.git", None),
        ("http://plain.example/c.git", None),
        ("https://w.example/x", None),
        ("https://s.example/d.git", None),
    ],
)
def test_login_of_a_url_is_for_its_server(
    tmp_path: Path, url: str, expected: tuple[str, str] | None
) -> None:
    named = logins_of_urls(URLS)
    assert login(tmp_path, url, [*named, *logins_of_servers(named)]) == expected


def test_login_for_every_port_is_for_its_scheme(tmp_path: Path) -> None:
    logins = [
        GitLogin(
            scheme="https", host="h.example", path="", user="bob", password="pw", every_port=True
        )
    ]
    for url, expected in (
        ("https://h.example/a.git", ("bob", "pw")),
        ("https://h.example:8443/a.git", ("bob", "pw")),
        ("http://h.example/a.git", None),
        ("https://h.example.evil/a.git", None),
        ("https://other.example/a.git", None),
    ):
        assert login(tmp_path, url, logins) == expected


def test_characters_of_the_shell_are_text(tmp_path: Path) -> None:
    logins = [
        GitLogin(scheme="https", host="h.example", path="a'b$(x)*.git", user=NASTY, password=NASTY)
    ]
    assert login(tmp_path, "https://h.example/a'b$(x)*.git", logins) == (NASTY, NASTY)
    assert login(tmp_path, "https://h.example/a'b$(x)anything.git", logins) is None
    assert not Path("/tmp/pwned").exists()
    assert (tmp_path / "helper").stat().st_mode & 0o077 == 0


def test_netrc_comes_before_logins_of_other_repositories(tmp_path: Path) -> None:
    netrc = f"machine h.example login netrc password {'x' * 8}\n"
    bind(tmp_path / "bindings", "home", {"type": "netrc", ".netrc": netrc})
    bound = bindings.read(cnb_bindings.read(tmp_path / "bindings", TYPES))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    joined = network.joined(Index(), bound, {}, scratch, urls=URLS)
    assert dict(joined.variables)["GIT_CONFIG_VALUE_0"].endswith("/git-credentials")
    helper = (scratch / "git-credentials").read_text()
    order = [
        "https://h.example/org/a.git",
        "https://h.example/org/b",
        "netrc",
        "https://h.example/*",
    ]
    cases = [line for line in helper.splitlines() if "h.example" in line and "plain" not in line]
    assert [
        ("netrc" if "netrc" in line else line.partition(")")[0].replace("'", "")) for line in cases
    ] == order
