"""What uv 0.13.9 printed when an index, a proxy or a download failed (tests/support/faults.py), and the error that is made of it."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from seldon_buildpack.commands.uv import Outcome
from seldon_buildpack.diagnosis import install as diagnosis
from seldon_buildpack.diagnosis import server_probe
from seldon_buildpack.diagnosis.uv_output import Attempt
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.indexes import ProxyRefuses
from seldon_buildpack.package_sources import http as requesting
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.package_sources.network_errors import plainly
from tests.support import servers

INDEX = "https://inside/simple"
PROXIED = Index(default=INDEX, variables=(("HTTPS_PROXY", "http://bob:secret@proxy:3128"),))


def explained(output: str, index: Index) -> BuildError:
    return diagnosis.explain(
        Outcome(1, tuple(output.splitlines())),
        Attempt(index=index, python="3.12.1", wrapper="1.17.1"),
    )


def failed(*causes: str, url: str = f"{INDEX}/mine/") -> str:
    lines = [f"Failed to fetch: {url}", f"error sending request for url ({url})", *causes]
    return "\n".join(
        ["error: Request failed after 1 retry in 1.5s", *(f"  cause: {line}" for line in lines)]
    )


@pytest.mark.parametrize(
    ("causes", "title", "cause"),
    [
        (
            ("client error (Connect)", "tunnel error: unsuccessful"),
            "The proxy `proxy:3128` does not let the build reach inside",
            "It does not let inside through.",
        ),
        (
            ("client error (Connect)", "tunnel error: proxy authorization required"),
            "The proxy `proxy:3128` does not let the build reach inside",
            "It rejected the user and password (407).",
        ),
        (
            (
                "client error (Connect)",
                "tunnel error: failed to create underlying connection",
                "tcp connect error",
                "Connection refused (os error 111)",
            ),
            "The proxy `proxy:3128` cannot be reached",
            "The build uses it to reach inside, and connecting to the proxy failed: proxy:3128 refused the connection.",
        ),
        (
            (
                "client error (Connect)",
                "tunnel error: failed to create underlying connection",
                "dns error",
                "failed to lookup address information: Name does not resolve",
            ),
            "The proxy `proxy:3128` cannot be reached",
            "The build uses it to reach inside, and connecting to the proxy failed: the name proxy:3128 does not resolve.",
        ),
    ],
)
def test_a_proxy_is_told_from_the_index_behind_it(
    causes: tuple[str, ...], title: str, cause: str
) -> None:
    error = explained(failed(*causes), PROXIED)
    assert (error.title, error.cause) == (title, cause)
    assert "secret" not in "".join(error.lines())


def test_a_proxy_that_asks_for_a_password_says_so_over_http_too() -> None:
    url = "http://inside/simple/mine/"
    output = f"error: Failed to fetch: {url}\n  cause: HTTP status client error (407 Proxy Authentication Required) for url ({url})"
    error = explained(
        output,
        Index(default="http://inside/simple", variables=(("http_proxy", "http://proxy:3128"),)),
    )
    assert isinstance(error, ProxyRefuses)
    assert error.cause == "It requires a user and password (407)."


def test_a_proxy_that_is_not_asked_is_not_blamed() -> None:
    exempt = Index(default=INDEX, variables=(*PROXIED.variables, ("NO_PROXY", "inside,localhost")))
    assert requesting.proxies(INDEX, exempt) == {}
    error = explained(
        failed("client error (Connect)", "tcp connect error", "Connection refused (os error 111)"),
        exempt,
    )
    assert error.title == f"The package index `{INDEX}` cannot be reached"


def test_a_proxy_for_http_may_be_who_refuses() -> None:
    said = (
        "error: No solution found when resolving dependencies\n"
        "  cause: Because mine was not found in the package registry and you require mine, we can conclude that your requirements are unsatisfiable.\n"
        "hint: An index (http://inside/simple) returned a 403 Forbidden error. Check that the index URL is correct and the credentials are valid."
    )
    error = explained(
        said,
        Index(default="http://inside/simple", variables=(("HTTP_PROXY", "http://proxy:3128"),)),
    )
    assert error.cause.endswith(
        "The request went through the proxy http://proxy:3128, which may be the one that denied it."
    )


def test_an_index_that_is_too_slow_is_said_to_be_slow() -> None:
    error = explained(
        failed("operation timed out"), Index(default=INDEX, variables=(("UV_HTTP_TIMEOUT", "60"),))
    )
    assert error.title == f"The package index `{INDEX}` does not respond in time"
    assert error.cause.startswith("Each attempt timed out after 60 s")


def test_files_on_another_host_are_told_from_the_index() -> None:
    elsewhere = "https://files.example/mine-1.0-py3-none-any.whl"
    error = explained(
        failed(
            "dns error",
            "failed to lookup address information: Name does not resolve",
            url=elsewhere,
        ),
        Index(default=INDEX),
    )
    assert (
        error.title
        == f"The package index `{INDEX}` stores its files at `https://files.example`, which cannot be reached"
    )


def test_redirect_target_is_the_host_that_failed() -> None:
    lines = failed(
        "dns error",
        "failed to lookup address information: Name does not resolve",
        url="http://files.invalid/x.whl",
    )
    error = explained(
        lines.replace(
            "Failed to fetch: http://files.invalid/x.whl", f"Failed to fetch: {INDEX}/x.whl"
        ),
        Index(default=INDEX),
    )
    assert (
        error.cause
        == "Connecting to http://files.invalid failed: the name files.invalid does not resolve."
    )


def test_a_download_that_breaks_off_is_said_to() -> None:
    error = explained(
        "error: Failed to download `mine==1.0`\n  cause: Failed to write to the distribution cache\n  cause: error decoding response body\n"
        "  cause: request or response body error\n  cause: error reading a body from connection\n  cause: end of file before message length reached",
        Index(default=INDEX),
    )
    assert error.title == "The download of `mine==1.0` was interrupted"


def test_indexes_on_one_host_are_told_apart() -> None:
    index = Index(extra=("https://inside/team/simple", "https://inside/all/simple"))
    error = explained(failed("operation timed out", url="https://inside/all/simple/mine/"), index)
    assert error.title == "The package index `https://inside/all/simple` does not respond in time"


BROKEN = """\
error: No solution found when resolving dependencies
  cause: Because mine==1.0 has an invalid package format and only mine==1.0 is available, we can conclude that all versions of mine cannot be used.
         And because you require mine, we can conclude that your requirements are unsatisfiable.

hint: The structure of `mine` (v1.0) was invalid:
  Failed to read from zip file"""


def test_a_damaged_file_is_no_conflict_of_versions() -> None:
    error = explained(BROKEN, Index(default=INDEX))
    assert error.title == "The file of `mine 1.0` is damaged"
    assert (
        error.cause == "The file from the index cannot be unpacked: Failed to read from zip file."
    )


HELD = """\
error: No solution found when resolving dependencies
  cause: Because only mine==1.0 is available and you require mine>=2,<3, we can conclude that your requirements are unsatisfiable.

hint: `mine` was found on http://inside/simple, but not at the requested version (mine>=2,<3). A compatible version may be available on a \
subsequent index (e.g., http://127.0.0.1:42749/simple). By default, uv will only consider versions that are published on the first index that \
contains a given package, to avoid dependency confusion attacks. If all indexes are equally trusted, use `--index-strategy unsafe-best-match` to \
consider all versions from all indexes, regardless of the order in which they were defined."""


def test_name_held_by_the_first_index_offers_the_setting() -> None:
    error = explained(HELD, Index(extra=("http://u:p@inside/simple", "http://more/simple")))
    assert (
        error.title == "`http://inside/simple` has mine, but no version that matches `mine>=2,<3`"
    )
    assert error.cause.startswith(
        "Only the first index that has a package is searched for it. Not searched for mine: http://more/simple, PyPI."
    )
    assert "BP_PIP_INDEX_STRATEGY=unsafe-best-match" in error.fixes[1]


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Connection refused", "h refused the connection"),
        ("[Errno -2] Name or service not known", "the name h does not resolve"),
        ("Read timed out. (read timeout=5)", "h did not respond in time"),
        ("OSError: Tunnel connection failed: 403 Forbidden", "the proxy does not let h through"),
        (
            "OSError: Tunnel connection failed: 407 Proxy Authentication Required",
            "the proxy requires a user and password (407)",
        ),
        ("something new", ""),
    ],
)
def test_what_libraries_say_is_said_in_plain_words(text: str, plain: str) -> None:
    assert plainly(text, "h") == plain


@pytest.mark.parametrize(("password", "status"), [("p@s/s é", 200), ("wrong", 401)])
def test_probe_sends_the_url_password_as_uv_does(
    tmp_path: Path, password: str, status: int
) -> None:
    with (
        servers.files_with_password(tmp_path, "bob", "p@s/s é") as url,
        requesting.get(servers.with_user(url, "bob", password), Index()) as answer,
    ):
        assert answer.status_code == status
        assert "bob" not in answer.url


@pytest.fixture(scope="module")
def https(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("https")
    with servers.https_of_authority(folder, folder) as (url, _):
        yield url


def test_whose_certificate_was_refused_and_who_signed_it_is_seen(https: str) -> None:
    told = server_probe.certificate(f"{https}/simple", Index())
    assert told.startswith(
        "The certificate is for 127.0.0.1, localhost, signed by Tests, and valid until "
    )


def test_an_expired_certificate_is_seen_too(tmp_path: Path) -> None:
    context, _ = servers.of_authority(tmp_path, days=-1)
    assert isinstance(context, ssl.SSLContext)
    with servers.serving(servers.Files, context) as url:
        assert "signed by Tests" in server_probe.certificate(url, Index())


def test_where_nothing_answers_nothing_is_said_of_a_certificate() -> None:
    assert server_probe.certificate("https://127.0.0.1:9/simple", Index()) == ""
    assert server_probe.certificate("https://[bad/simple", Index()) == ""
