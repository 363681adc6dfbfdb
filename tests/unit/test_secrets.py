import base64

import pytest

from seldon_buildpack.secrets import Masker, Secret, url_secrets, without_credentials


def test_a_secret_never_prints_its_value() -> None:
    assert "hunter2" not in f"{Secret('hunter2')} {Secret('hunter2')!r} {[Secret('hunter2')]}"


@pytest.mark.parametrize("form", ["p@ss/word", "p%40ss%2Fword", "p%40ss/word", base64.b64encode(b"p@ss/word").decode()])
def test_each_form_a_tool_may_print_is_masked(form: str) -> None:
    assert form not in Masker.of([Secret("p%40ss%2Fword")]).mask(f"login with {form} failed")


def test_the_user_part_of_any_url_is_masked() -> None:
    assert (
        Masker().mask("from https://bob:x@h/simple and git+https://tok@h/r.git")
        == "from https://****@h/simple and git+https://****@h/r.git"
    )


def test_the_customary_user_of_ssh_stays() -> None:
    assert Masker().mask("ssh://git@host/repo.git") == "ssh://git@host/repo.git"


def test_short_values_do_not_blank_the_log() -> None:
    assert Masker.of([Secret("a")]).mask("a cat") == "a cat"


def test_without_credentials_leaves_the_rest() -> None:
    assert without_credentials("https://u:p@h:8080/simple?x=1") == "https://h:8080/simple?x=1"


def test_a_url_that_cannot_be_parsed_is_secret_as_a_whole() -> None:
    assert [secret.reveal() for secret in url_secrets("http://u:p@[bad/simple")] == ["http://u:p@[bad/simple"]
