from pathlib import Path

import pytest

from seldon_buildpack.manifests.s2i_paths import resolve_s2i_path, resolve_s2i_paths_in_value


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


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        ("/microservice", "{app}"),
        ("/microservice/src", "{app}/src"),
        ("/microservice/src/:/elsewhere:/microservice", "{app}/src/:/elsewhere:{app}"),
        ("a=/microservice/src,b", "a={app}/src,b"),
        ("'/microservice/src' /microservice/src;", "'{app}/src' {app}/src;"),
        ("/microservice/gone", "/microservice/gone"),
        ("/microservices/src", "/microservices/src"),
        ("/x/microservice/src", "/x/microservice/src"),
        ("https://h/microservice/src", "https://h/microservice/src"),
        (f"/microservice/{'x' * 5000}", f"/microservice/{'x' * 5000}"),
        ("", ""),
    ],
)
def test_existing_paths_in_a_value_are_resolved(tmp_path: Path, value: str, resolved: str) -> None:
    (tmp_path / "src").mkdir()
    assert resolve_s2i_paths_in_value(tmp_path, value) == resolved.replace("{app}", str(tmp_path))
