import tomllib
from pathlib import Path

import pytest

from seldon_buildpack import origin
from seldon_buildpack.manifests.requirements_txt import IndexLines
from seldon_buildpack.package_sources.bindings import Bound
from seldon_buildpack.package_sources.credentials import Credential
from seldon_buildpack.package_sources.index_settings import configure
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.settings import settings

APP = Path("/workspace")


def test_s2i_and_pip_names_are_translated_for_uv(tmp_path: Path) -> None:
    env = {
        "EXTRA_INDEX_URL": "http://a:8080/simple\n https://b/simple",
        "PIP_EXTRA_INDEX_URL": "https://b/simple https://c/simple",
        "PIP_INDEX_URL": "https://main/simple",
        "PIP_TRUSTED_HOST": "a:8080 b",
        "PIP_FIND_LINKS": "wheels https://pages/x.html",
        "PIP_DEFAULT_TIMEOUT": "60",
        "PIP_RETRIES": "1",
    }
    assert configure(settings.read(env, []), IndexLines(), APP).environment(tmp_path) == {
        "UV_DEFAULT_INDEX": "https://main/simple",
        "UV_INDEX": "http://a:8080/simple https://b/simple https://c/simple",
        "UV_FIND_LINKS": "/workspace/wheels,https://pages/x.html",
        "UV_INSECURE_HOST": "a:8080 b",
        "UV_HTTP_TIMEOUT": "60",
        "UV_HTTP_RETRIES": "1",
    }


def test_a_variable_wins_over_the_manifests_line() -> None:
    lines = IndexLines(index_url="https://file/simple", extra_index_urls=("https://extra/simple",))
    index = configure(settings.read({"PIP_INDEX_URL": "https://env/simple"}, []), lines, APP)
    assert index.names() == ("https://extra/simple", "https://env/simple")


def test_options_of_pip_that_uv_has_are_passed_on() -> None:
    env = {
        "PIP_REQUIRE_HASHES": "1",
        "PIP_PRE": "true",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_NO_BINARY": "numpy,scipy",
        "PIP_ONLY_BINARY": ":all:",
        "PIP_CONSTRAINT": "c.txt",
    }
    options = configure(settings.read(env, []), IndexLines(), APP).options
    assert options == (
        *("--require-hashes", "--prerelease", "allow", "--no-build-isolation"),
        *("--no-binary", "numpy", "--no-binary", "scipy", "--only-binary", ":all:"),
        *("--constraints", "/workspace/c.txt"),
    )


def test_paths_of_s2i_are_paths_of_the_source() -> None:
    env = {
        "PIP_CONSTRAINT": "/microservice/c.txt",
        "PIP_FIND_LINKS": "/microservice/a file:///microservice/b",
        "BP_PIP_FIND_LINKS": "/microservice/wheels",
        "PIP_CERT": "/microservice/ca.pem",
    }
    index = configure(settings.read(env, []), IndexLines(), APP)
    assert index.constraints == (APP / "c.txt",)
    assert index.options == ("--constraints", "/workspace/c.txt")
    assert index.find_links == ("/workspace/a", "file:///workspace/b")
    assert index.folders == (APP / "wheels",)
    assert dict(index.variables)["SSL_CERT_FILE"] == "/workspace/ca.pem"


def test_index_key_changes_with_the_index_not_the_password() -> None:
    def key(url: str) -> str:
        return configure(settings.read({"PIP_INDEX_URL": url}, []), IndexLines(), APP).key()

    assert key("https://u:old@h/simple") == key("https://u:new@h/simple") == key("https://h/simple")
    assert key("https://h/simple") != key("https://other/simple")


def test_no_index_is_an_option_since_uv_has_no_variable_for_it(tmp_path: Path) -> None:
    for index in (
        configure(settings.read({"PIP_NO_INDEX": "1"}, []), IndexLines(), APP),
        configured(IndexLines(no_index=True)),
    ):
        assert index.source_options == ("--no-index",)
        assert "UV_NO_INDEX" not in index.environment(tmp_path)
    assert configured(IndexLines()).source_options == ()


def configured(lines: IndexLines) -> Index:
    return configure(settings.read({}, []), lines, APP)


def test_file_options_unknown_to_uv_are_passed_on() -> None:
    assert configured(IndexLines(pre=True, require_hashes=True)).options == (
        "--require-hashes",
        "--prerelease",
        "allow",
    )


def test_certificates_are_looked_for_in_the_source(tmp_path: Path) -> None:
    env = {"PIP_CERT": "certs/ca.pem", "PIP_CLIENT_CERT": "/etc/client.pem"}
    assert configure(settings.read(env, []), IndexLines(), APP).environment(tmp_path) == {
        "SSL_CERT_FILE": "/workspace/certs/ca.pem",
        "SSL_CLIENT_CERT": "/etc/client.pem",
    }


def test_constraints_are_files_whose_content_matters() -> None:
    env = {"PIP_CONSTRAINT": "c.txt https://h/c.txt", "PIP_BUILD_CONSTRAINT": "b.txt"}
    assert configure(settings.read(env, []), IndexLines(), APP).constraints == (
        APP / "c.txt",
        APP / "b.txt",
    )


def test_shown_places_hide_credentials_queries_and_the_source() -> None:
    env = {
        "PIP_INDEX_URL": "https://u:p@h/simple?token=t0k3n",
        "PIP_FIND_LINKS": "wheels https://u:p@h/links?x=y",
    }
    index = configure(settings.read(env, []), IndexLines(), APP)
    assert index.places(APP) == ("https://h/simple?****", "wheels", "https://h/links?****")
    assert "token=t0k3n" in {secret.reveal() for secret in index.secrets()}


def test_names_carry_no_credentials_and_secrets_do() -> None:
    index = configure(
        settings.read({"EXTRA_INDEX_URL": "http://bob:s3cr3t@h/simple"}, []), IndexLines(), APP
    )
    assert index.names() == ("http://h/simple",)
    assert "s3cr3t" in {secret.reveal() for secret in index.secrets()}


LOCK = IndexLines(
    index_url="https://a/simple",
    extra_index_urls=("https://b/simple",),
    find_links=("/workspace/wheels",),
    strategy="unsafe-first-match",
    of_lock=True,
)


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({}, ("https://a/simple", ("https://b/simple",), "unsafe-first-match")),
        (
            {"EXTRA_INDEX_URL": "https://u:p@a/simple/"},
            ("https://u:p@a/simple/", ("https://b/simple",), "unsafe-first-match"),
        ),
        (
            {"EXTRA_INDEX_URL": "https://u:p@b/simple"},
            ("https://a/simple", ("https://u:p@b/simple",), "unsafe-first-match"),
        ),
        ({"PIP_INDEX_URL": "https://c/simple"}, ("https://c/simple", (), "")),
        ({"PIP_NO_INDEX": "1"}, ("", (), "")),
        (
            {"BP_PIP_INDEX_STRATEGY": "unsafe-best-match"},
            ("https://a/simple", ("https://b/simple",), "unsafe-best-match"),
        ),
    ],
)
def test_locked_indexes_yield_to_a_named_one_with_its_login(
    env: dict[str, str], told: tuple[str, tuple[str, ...], str]
) -> None:
    index = configure(settings.read(env, []), LOCK, APP)
    assert (index.default, index.extra, index.strategy) == told
    assert index.find_links == ("/workspace/wheels",)


def test_binding_for_the_public_index_replaces_locked_ones() -> None:
    bound = Bound(default=("https://mirror/simple", origin.binding("corp")), credentials=())
    index = configure(settings.read({}, []), LOCK, APP, bound)
    assert (index.default, index.extra, index.find_links) == (
        "https://mirror/simple",
        (),
        ("/workspace/wheels",),
    )


def test_the_password_of_a_binding_is_for_an_index_of_a_lock_too() -> None:
    bound = Bound(
        credentials=(Credential.of_url("https://b/simple", "u", "p", origin.binding("corp")),)
    )
    index = configure(settings.read({}, []), LOCK, APP, bound)
    assert (index.default, index.extra) == ("https://a/simple", ("https://u:p@b/simple",))


def test_folders_of_wheels_come_before_every_index(tmp_path: Path) -> None:
    (tmp_path / "whl").mkdir()
    env = {
        "BP_PIP_FIND_LINKS": "wheels more/wheels",
        "PIP_EXTRA_INDEX_URL": "http://u:p@extra/simple",
        "PIP_INDEX_URL": "http://main/simple",
    }
    index = configure(settings.read(env, []), IndexLines(), APP, mounted=tmp_path / "whl")
    assert index.environment(tmp_path) == {"UV_CONFIG_FILE": f"{tmp_path}/uv.toml"}
    assert tomllib.loads((tmp_path / "uv.toml").read_text()) == {
        "index": [
            {"url": "file:///workspace/wheels", "format": "flat"},
            {"url": "file:///workspace/more/wheels", "format": "flat"},
            {"url": (tmp_path / "whl").as_uri(), "format": "flat"},
            {"url": "http://u:p@extra/simple"},
            {"url": "http://main/simple", "default": True},
        ]
    }
    alone = index.folders_alone()
    assert alone
    assert alone.source_options == ("--no-index",)
    assert (
        alone.environment(tmp_path)["UV_FIND_LINKS"]
        == f"/workspace/wheels,/workspace/more/wheels,{tmp_path / 'whl'}"
    )
    assert tomllib.loads(read_configuration(index.without_folders(), tmp_path)) == {
        "index": [
            {"url": "http://u:p@extra/simple"},
            {"url": "http://main/simple", "default": True},
        ]
    }


def read_configuration(index: Index, scratch: Path) -> str:
    """Return uv's configuration file, beside which no variable names an index."""
    assert index.environment(scratch) == {"UV_CONFIG_FILE": f"{scratch}/uv.toml"}
    return (scratch / "uv.toml").read_text()


def test_an_index_with_a_login_is_in_no_variable(tmp_path: Path) -> None:
    index = Index(extra=("https://u:p%22@h/simple",), find_links=("/a b", "https://t@h/l"))
    assert tomllib.loads(read_configuration(index, tmp_path)) == {
        "find-links": ["/a b", "https://t@h/l"],
        "index": [{"url": "https://u:p%22@h/simple"}],
    }
    assert (tmp_path / "uv.toml").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_is_not_mounted_does_not_count(tmp_path: Path) -> None:
    index = configure(settings.read({}, []), IndexLines(), APP, mounted=tmp_path / "whl")
    assert (index.folders, index.environment(tmp_path)) == ((), {})


def test_without_any_index_folders_are_all_there_is(tmp_path: Path) -> None:
    env = {"BP_PIP_FIND_LINKS": "wheels", "PIP_FIND_LINKS": "others", "PIP_NO_INDEX": "1"}
    index = configure(settings.read(env, []), IndexLines(), APP)
    assert index.environment(tmp_path) == {"UV_FIND_LINKS": "/workspace/others,/workspace/wheels"}
    assert index.source_options == ("--no-index",)


@pytest.mark.parametrize(
    "also", [{"PIP_NO_INDEX": "1"}, {"BP_PIP_INDEX_STRATEGY": "unsafe-best-match"}]
)
def test_folders_are_not_tried_alone_unless_first(also: dict[str, str]) -> None:
    assert (
        configure(
            settings.read({"BP_PIP_FIND_LINKS": "wheels", **also}, []), IndexLines(), APP
        ).folders_alone()
        is None
    )
    assert (
        configure(
            settings.read({"PIP_FIND_LINKS": "wheels"}, []), IndexLines(), APP
        ).folders_alone()
        is None
    )


def test_locked_packages_are_sought_in_the_folders_first() -> None:
    index = configure(settings.read({"BP_PIP_FIND_LINKS": "wheels"}, []), LOCK, APP)
    alone = index.folders_alone()
    assert alone
    assert (alone.urls, alone.no_index) == ((), True)


def test_a_folder_of_the_buildpacks_own_stands_beside_the_users(tmp_path: Path) -> None:
    index = Index(find_links=("/workspace/wheels",), no_index=True, folders=(Path("/whl"),))
    assert (
        index.with_links(Path("/bundle/wheels")).environment(tmp_path)["UV_FIND_LINKS"]
        == "/workspace/wheels,/bundle/wheels,/whl"
    )
    assert Index().with_links(Path("/bundle/wheels")).environment(tmp_path) == {
        "UV_FIND_LINKS": "/bundle/wheels"
    }
