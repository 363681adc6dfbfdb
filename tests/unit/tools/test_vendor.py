from pathlib import Path

import pytest

from tools.core.steps import ToolError
from tools.dev import vendor


def test_what_lies_in_the_source_is_not_fetched_but_what_builds_it_is() -> None:
    lines = (
        "joblib==1.4.2",
        "mine==1.0 (from file:///tmp/app)",
        "scipy==1.14.1",
        "more==1.0 (from file:///tmp/app/libs/more)",
    )
    assert vendor._without_urls(lines) == ("joblib==1.4.2", "setuptools<82", "scipy==1.14.1")


def test_what_has_a_url_of_its_own_cannot_be_had_from_a_folder() -> None:
    with pytest.raises(ToolError, match=r"mine==1\.0 is required by a URL"):
        vendor._without_urls(["mine==1.0 (from git+https://h/r.git@v1)"])


def test_the_pins_of_a_lock_less_what_the_builder_carries(tmp_path: Path) -> None:
    (tmp_path / "lock.txt").write_text(
        "attrs==26.1.0 \\\n    --hash=sha256:00\nthrift==0.16.0 \\\n    --hash=sha256:00\nsix==1.16.0 ; python_version >= '3' \\\n    --hash=sha256:00\n"
    )
    assert vendor.locked(tmp_path / "lock.txt") == ("attrs==26.1.0", "six==1.16.0")


def test_each_file_comes_from_the_place_that_uv_would_take_it_from() -> None:
    text = "mine==1.0\n    # from http://inside/simple\nlocal==1.0\n    # from file:///tmp/wheels\nsix==1.16.0 ; python_version < '4'\n    # from http://inside/simple\n"
    assert vendor.by_source(text) == {
        "http://inside/simple": ["mine==1.0", "six==1.16.0"],
        "file:///tmp/wheels": ["local==1.0"],
    }


def test_pip_is_told_one_place_at_a_time_with_its_password() -> None:
    needed = vendor.Needed(
        (),
        "3.12",
        {"SSL_CERT_FILE": "/ca.pem", "UV_HTTP_RETRIES": "1"},
        ("http://u:p@inside/simple/", "https://main/simple"),
    )
    inside = vendor._for_pip("http://inside/simple", needed)
    assert inside == {
        "PIP_CERT": "/ca.pem",
        "PIP_INDEX_URL": "http://u:p@inside/simple/",
        "PIP_EXTRA_INDEX_URL": "",
    }
    folder = vendor._for_pip("file:///tmp/wheels", needed)
    assert folder == {
        "PIP_CERT": "/ca.pem",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": "file:///tmp/wheels",
    }
    assert "u:p" not in repr(needed)
