from pathlib import Path

import pytest

from seldon_buildpack.manifests.s2i_paths import resolve_s2i_path


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("/microservice", "/a b"),
        ("/microservice/", "/a b/"),
        ("/microservice/libs/x.whl", "/a b/libs/x.whl"),
        ("/microservice/libs[extra]", "/a b/libs[extra]"),
        ("/microservice[extra]", "/a b[extra]"),
        ("file:///microservice/libs", "file:///a%20b/libs"),
        ("file:/microservice", "file:/a%20b"),
        ("FILE://localhost/microservice#egg=x", "FILE://localhost/a%20b#egg=x"),
        ("git+file:///microservice/x.git@v1", "git+file:///a%20b/x.git@v1"),
        ("/microservices/x", "/microservices/x"),
        ("x/microservice", "x/microservice"),
        ("https://h/microservice/x", "https://h/microservice/x"),
        ("microservice", "microservice"),
        ("", ""),
    ],
)
def test_s2i_source_is_the_app_directory(text: str, resolved: str) -> None:
    assert resolve_s2i_path(Path("/a b"), text) == resolved
