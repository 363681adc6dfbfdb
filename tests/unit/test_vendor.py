from pathlib import Path

import pytest

from tools import vendor
from tools.steps import ToolError


def test_what_lies_in_the_source_is_not_fetched_but_what_builds_it_is() -> None:
    lines = ("joblib==1.4.2", "mine==1.0 (from file:///tmp/app)", "scipy==1.14.1", "more==1.0 (from file:///tmp/app/libs/more)")
    assert vendor._without_urls(lines) == ("joblib==1.4.2", "setuptools<82", "scipy==1.14.1")


def test_what_has_a_url_of_its_own_cannot_be_had_from_a_folder() -> None:
    with pytest.raises(ToolError, match=r"mine==1\.0 is required by a URL"):
        vendor._without_urls(["mine==1.0 (from git+https://h/r.git@v1)"])


def test_the_pins_of_a_lock_less_what_the_builder_carries(tmp_path: Path) -> None:
    (tmp_path / "lock.txt").write_text(
        "attrs==26.1.0 \\\n    --hash=sha256:00\nthrift==0.16.0 \\\n    --hash=sha256:00\nsix==1.16.0 ; python_version >= '3' \\\n    --hash=sha256:00\n"
    )
    assert vendor.locked(tmp_path / "lock.txt") == ("attrs==26.1.0", "six==1.16.0")


def test_pip_is_told_the_indexes_of_the_model() -> None:
    told = vendor._for_pip("https://main", ("https://a", "https://b"), (), {"SSL_CERT_FILE": "/ca.pem", "UV_HTTP_RETRIES": "1"})
    assert told == {"PIP_INDEX_URL": "https://main", "PIP_EXTRA_INDEX_URL": "https://a https://b", "PIP_CERT": "/ca.pem"}
