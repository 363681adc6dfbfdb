import base64
import io

import pytest

from seldon_buildpack.log import Log
from seldon_buildpack.masking import (
    Masker,
    Secret,
    url_secrets,
    without_credentials,
    without_queries,
)


def test_a_secret_never_prints_its_value() -> None:
    assert "hunter2" not in f"{Secret('hunter2')} {Secret('hunter2')!r} {[Secret('hunter2')]}"


@pytest.mark.parametrize(
    "form", ["p@ss/word", "p%40ss%2Fword", "p%40ss/word", base64.b64encode(b"p@ss/word").decode()]
)
def test_each_form_a_tool_may_print_is_masked(form: str) -> None:
    assert form not in Masker.of([Secret("p%40ss%2Fword")]).mask(f"login with {form} failed")


def test_the_user_part_of_any_url_is_masked() -> None:
    assert (
        Masker().mask("from https://bob:x@h/simple and git+https://tok@h/r.git")
        == "from https://****@h/simple and git+https://****@h/r.git"
    )


@pytest.mark.parametrize("password", ["p@ss", "p/a", "p#a", "p?a", "p:a", "it's", 'a"b', "%zz"])
def test_a_password_that_is_not_encoded_is_masked_whole(password: str) -> None:
    shown = Masker().mask(f"error: http://user:{password}@host/simple failed")
    assert shown == "error: http://****@host/simple failed"
    assert without_credentials(f"http://user:{password}@host/simple") == "http://host/simple"


@pytest.mark.parametrize(
    "url",
    [
        "git+https://h/r.git@v1",
        "https://h:8080/a@b",
        "https://[::1]:80/r.git@v1",
        "http://h/?mail=a@b",
        "https://h:80",
        "file:///a/b@c",
    ],
)
def test_an_at_sign_behind_the_host_is_no_password(url: str) -> None:
    assert Masker().mask(url) == url


def test_unencoded_url_password_is_known() -> None:
    known = {secret.reveal() for secret in url_secrets("http://user:p/a#ss@host/simple")}
    assert known == {"p/a#ss", "user:p/a#ss"}


def test_the_query_of_a_url_is_secret() -> None:
    assert [secret.reveal() for secret in url_secrets("https://h/x.whl?sig=abc#sha256=00")] == [
        "sig=abc"
    ]
    assert (
        without_queries("x @ https://h/x.whl?sig=abc#sha256=00 ; a")
        == "x @ https://h/x.whl?****#sha256=00 ; a"
    )


@pytest.mark.parametrize(
    "form", ["p%c3%a9%40", "p%C3%A9@", base64.urlsafe_b64encode("user:pé@".encode()).decode()]
)
def test_spellings_that_tools_differ_in_are_masked(form: str) -> None:
    assert form not in Masker.of(url_secrets("http://user:p%C3%A9%40@h/")).mask(f"say {form} again")


def test_the_customary_user_of_ssh_stays() -> None:
    assert Masker().mask("ssh://git@host/repo.git") == "ssh://git@host/repo.git"


def test_short_values_do_not_blank_the_log() -> None:
    assert Masker.of([Secret("a")]).mask("a cat") == "a cat"


def test_without_credentials_leaves_the_rest() -> None:
    assert without_credentials("https://u:p@h:8080/simple?x=1") == "https://h:8080/simple?x=1"


def test_a_url_that_cannot_be_parsed_is_secret_as_a_whole() -> None:
    assert [secret.reveal() for secret in url_secrets("http://u:p@[bad/simple")] == [
        "http://u:p@[bad/simple"
    ]


def test_a_proxy_without_a_scheme_has_a_password_too() -> None:
    assert {secret.reveal() for secret in url_secrets("bob:s3cr3t@proxy:3128")} == {
        "s3cr3t",
        "bob:s3cr3t",
    }


def test_the_customary_user_of_ssh_is_no_secret() -> None:
    assert url_secrets("git+ssh://git@host/r.git") == ()


@pytest.mark.parametrize(
    ("url", "masked", "bare"),
    [
        ("https://h/t/tk-123/conda-forge", "https://h/t/****/conda-forge", "https://h/conda-forge"),
        ("https://h/t/tk-123", "https://h/t/****", "https://h"),
        ("https://u:p@h/a/t/tk-123/b", "https://****@h/a/t/****/b", "https://h/a/b"),
    ],
)
def test_a_token_in_a_channels_path_is_a_secret(url: str, masked: str, bare: str) -> None:
    assert Masker().mask(f"GET {url} failed") == f"GET {masked} failed"
    assert without_credentials(url) == bare
    assert "tk-123" in {secret.reveal() for secret in url_secrets(url)}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[2Jb\rc\0", r"a\x1b[2Jb\rc\x00"),
        ("x\n  Index  https://forged.example", r"x\n  Index  https://forged.example"),
        ("half \ud800, turned \u202e, a\x85b", r"half \ud800, turned \u202e, a\x85b"),
        ("a\tb é 模型", "a\tb é 模型"),
    ],
)
def test_a_log_line_shows_control_characters_and_obeys_none(text: str, shown: str) -> None:
    stream = io.StringIO()
    Log(stream).line(text)
    assert stream.getvalue() == f"{shown}\n"
