import json
from pathlib import Path

import pytest

from seldon_buildpack.messages.errors.bindings import MirrorInvalid
from seldon_buildpack.package_sources import mirror
from seldon_buildpack.package_sources.bindings import Bound
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.package_sources.mirror import Mirror
from seldon_buildpack.settings import settings

URL = "https://files.my-host.org/a/b.tar.gz?x=1"


def read(env: dict[str, str], *bound: tuple[str, str]) -> Mirror:
    return mirror.read(settings.read(env, []), Bound(mirrors=bound))


@pytest.mark.parametrize(
    ("env", "bound", "mirrored"),
    [
        ({}, [], URL),
        ({"BP_DEPENDENCY_MIRROR": "https://m"}, [], "https://m/a/b.tar.gz?x=1"),
        ({"BP_DEPENDENCY_MIRROR": "https://m/sub/"}, [], "https://m/sub/a/b.tar.gz?x=1"),
        (
            {"BP_DEPENDENCY_MIRROR": "https://m/{originalHost}"},
            [],
            "https://m/files.my-host.org/a/b.tar.gz?x=1",
        ),
        (
            {
                "BP_DEPENDENCY_MIRROR": "https://m",
                "BP_DEPENDENCY_MIRROR_FILES_MY__HOST_ORG": "file:///m",
            },
            [],
            "file:///m/a/b.tar.gz?x=1",
        ),
        ({"BP_DEPENDENCY_MIRROR_GITHUB_COM": "https://m"}, [], URL),
        ({}, [("default", "https://m")], "https://m/a/b.tar.gz?x=1"),
        (
            {},
            [("default", "https://m"), ("files.my-host.org", "https://own")],
            "https://own/a/b.tar.gz?x=1",
        ),
        (
            {"BP_DEPENDENCY_MIRROR": "https://env"},
            [("default", "https://m")],
            "https://env/a/b.tar.gz?x=1",
        ),
    ],
)
def test_a_mirror_stands_for_scheme_and_host(
    env: dict[str, str], bound: list[tuple[str, str]], mirrored: str
) -> None:
    assert read(env, *bound).of(URL) == mirrored


def test_uvs_own_catalogue_is_mirrored_by_uvs_variable() -> None:
    told = read({"BP_DEPENDENCY_MIRROR": "https://m/{originalHost}"}).variables()
    assert told == {
        "UV_PYTHON_INSTALL_MIRROR": "https://m/github.com/astral-sh/python-build-standalone/releases/download"
    }
    assert read({}).variables() == {}


def test_a_catalogue_leads_to_the_mirror(tmp_path: Path) -> None:
    entry = {"url": "https://origin/python.tar.gz", "sha256": "00"}
    (tmp_path / "named.json").write_text(json.dumps({"cpython": entry}))
    made = mirror.catalogue(
        f"file://{tmp_path}/named.json", Mirror({"default": "http://m"}), Index(), tmp_path
    )
    assert json.loads(Path(made).read_text()) == {
        "cpython": {**entry, "url": "http://m/python.tar.gz"}
    }
    assert (
        mirror.catalogue("https://origin/named.json", Mirror(), Index(), tmp_path)
        == "https://origin/named.json"
    )


@pytest.mark.parametrize("text", ["no JSON", "[]", '{"cpython": {}}'])
def test_what_is_no_catalogue_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "named.json").write_text(text)
    with pytest.raises(mirror.NoCatalogue, match="it is not a Python catalogue in uv's format"):
        mirror.catalogue(
            str(tmp_path / "named.json"), Mirror({"default": "http://m"}), Index(), tmp_path
        )


def test_an_address_without_a_scheme_is_refused_and_not_shown() -> None:
    with pytest.raises(MirrorInvalid) as raised:
        read({"BP_DEPENDENCY_MIRROR": "user:secret@mirror"})
    assert "secret" not in "".join(raised.value.lines())


def test_it_is_shown_without_its_password() -> None:
    assert read({}, ("default", "https://u:p@m/x?token=t")).shown() == ("https://m/x?****",)
