"""Packages from indexes that ask who you are: installed, served, and nothing of it left anywhere."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.images.conftest import Pack
from tests.support import packages, servers
from tests.support.canaries import Credentials, assert_nowhere, found, of_phases

IMAGE = "seldon-test-index"
Source = Callable[..., Path]


@dataclass(frozen=True)
class PrivateIndex:
    """An index of one package, ``name``, in versions 1.0 and 2.0, and who may read it."""

    name: str
    url: str
    allowed: Credentials

    @property
    def with_user(self) -> str:
        """Its URL as a user writes it."""
        return servers.with_user(self.url, self.allowed.user, self.allowed.password)


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, PrivateIndex]]:
    folder = tmp_path_factory.mktemp("indexes")
    made: dict[str, PrivateIndex] = {}
    with contextlib.ExitStack() as running:
        for place in ("first", "second", "third", "fourth"):
            for version in ("1.0", "2.0"):
                packages.wheel(folder / place, f"{place}_private", version)
            allowed = Credentials.planted(place)
            url = running.enter_context(
                servers.private_index(folder / place, allowed.user, allowed.password)
            )
            made[place] = PrivateIndex(f"{place}_private", url, allowed)
        # One that has its package as a source only.
        packages.sdist(folder / "fifth", "fifth_private", "1.0")
        allowed = Credentials.planted("fifth")
        made["fifth"] = PrivateIndex(
            "fifth_private",
            running.enter_context(
                servers.private_index(folder / "fifth", allowed.user, allowed.password)
            ),
            allowed,
        )
        yield made


def words(*planted: Credentials) -> list[str]:
    return [word for one in planted for word in one.words()]


def with_lines(files: Mapping[str, str], **variables: str) -> dict[str, str]:
    """The files with further lines of .s2i/environment."""
    lines = "".join(f"{name}={value}\n" for name, value in variables.items())
    return {**files, ".s2i/environment": files[".s2i/environment"] + lines}


def test_indexes_of_s2i_environment_leave_nothing_behind(
    pack: Pack, source: Source, indexes: Mapping[str, PrivateIndex], tmp_path: Path
) -> None:
    first, second = indexes["first"], indexes["second"]
    linked = packages.wheel(tmp_path, "linked", "1.0")
    files = with_lines(
        packages.model(first.name, second.name, "linked"),
        EXTRA_INDEX_URL=f"{first.with_user} {second.with_user}",
        PIP_TRUSTED_HOST="127.0.0.1",
        PIP_FIND_LINKS="wheels",
        PIP_CONSTRAINT="constraints.txt",
    )
    app = source(
        {
            **files,
            "requirements.txt": f"{first.name}\n{second.name}\nlinked\n",
            "constraints.txt": f"{first.name}<2\n",
            f"wheels/{linked.name}": linked.read_bytes(),
        }
    )
    built = pack.must_build(IMAGE, app, "--network", "host", "-v")
    assert packages.said(IMAGE) == [f"{first.name} 1.0", f"{second.name} 2.0", "linked 1.0"]
    assert f"  Index         {first.url}\n" in built.ours
    assert (
        "  .s2i/environment is copied to the image without its index settings and credentials.\n"
        in built.ours
    )
    assert_nowhere(IMAGE, built.log, words(first.allowed, second.allowed))
    kept = packages.read_file(IMAGE, "/workspace/.s2i/environment")
    assert kept == packages.model()[".s2i/environment"]


def test_indexes_of_env_and_requirements_leave_nothing_behind(
    pack: Pack, source: Source, indexes: Mapping[str, PrivateIndex]
) -> None:
    first, second, third, fourth = (
        indexes[place] for place in ("first", "second", "third", "fourth")
    )
    token, password = (
        servers.encoded(one) for one in (third.allowed.password, fourth.allowed.password)
    )
    files = with_lines(
        packages.model(*(one.name for one in (first, second, third, fourth))),
        FOURTH_PASSWORD=password,
        COLOUR="blue",
    )
    requirements = [
        f"--extra-index-url {second.with_user}",
        f"--extra-index-url http://{servers.encoded(third.allowed.user)}:${{TOKEN}}@{third.url.removeprefix('http://')}",
        f"--extra-index-url http://{servers.encoded(fourth.allowed.user)}:${{FOURTH_PASSWORD}}@{fourth.url.removeprefix('http://')}",
        *(one.name for one in (first, second, third, fourth)),
    ]
    app = source({**files, "requirements.txt": "\n".join(requirements)})
    env = {"EXTRA_INDEX_URL": first.with_user, "PIP_TRUSTED_HOST": "127.0.0.1", "TOKEN": token}
    built = pack.must_build(IMAGE, app, "--network", "host", "-v", env=env)
    assert packages.said(IMAGE) == [f"{one.name} 2.0" for one in (first, second, third, fourth)]
    assert_nowhere(
        IMAGE,
        of_phases(built.log),
        words(first.allowed, second.allowed, third.allowed, fourth.allowed),
    )
    environment = packages.environment(IMAGE)
    assert environment["COLOUR"] == "blue"
    assert not {"FOURTH_PASSWORD", "TOKEN", *env} & environment.keys()


def test_project_secrets_of_every_kind_leave_nothing_behind(
    pack: Pack, source: Source, indexes: Mapping[str, PrivateIndex], tmp_path: Path
) -> None:
    fifth, files_of = indexes["fifth"], Credentials("canary-user-vcs", "canary-token-in-a-vcs-url")
    packages.repository(tmp_path / "served", packages.project("from_git", "1.0"), "v1")
    private = {
        name: f"canary-in-{name.strip('.')}"
        for name in (".env", ".netrc", "pip.conf", ".git/config", "lib/.env")
    }
    by_env = {"MY_DEPLOY_TOKEN": "canary-by-env-token", "DB_PASSWORD": "canary-by-env-password"}
    with servers.files_with_password(tmp_path / "served", files_of.user, files_of.password) as url:
        git = f"from-git @ git+{servers.with_user(url, files_of.user, files_of.password)}/repository.git@v1"
        setup = f"from setuptools import setup\n\nsetup(name='mine', version='1.0', py_modules=[], install_requires=[{fifth.name!r}, {git!r}])\n"
        files = with_lines(
            packages.model(fifth.name, "from_git"),
            EXTRA_INDEX_URL=fifth.with_user,
            STORE_PASSWORD="baked-as-asked",
        )
        app = source({**files, "setup.py": setup, **private})
        built = pack.must_build(IMAGE, app, "--network", "host", "-v", env=by_env)
    assert packages.said(IMAGE) == [f"{fifth.name} 1.0", "from_git 1.0"]
    # The cache layer is there, for the index has no wheel of it.
    assert "Adding cache layer 'seldon/python:cache'" in built.log
    assert_nowhere(
        IMAGE, of_phases(built.log), [*words(fifth.allowed), *private.values(), *by_env.values()]
    )
    assert (
        "  Warning: .s2i/environment: STORE_PASSWORD looks like a credential, and everyone who has the image can read it.\n"
        "           Remove it from the file. If the model needs it, set it when you run the image: docker run -e, or a Kubernetes Secret.\n"
        "           To download packages, use a binding of type pypi or netrc (docs/private-indexes.md).\n"
    ) in built.ours
    assert packages.environment(IMAGE)["STORE_PASSWORD"] == "baked-as-asked"
    assert (
        "  Not in the image, because it may contain credentials: .env, .git, .netrc, pip.conf, lib/.env (to keep a file, set BP_KEEP_FILES).\n"
        in built.ours
    )
    assert (
        "  setup.py is copied to the image without its index settings and credentials.\n"
        in built.ours
    )


def test_replaced_public_index_is_the_only_one_asked(
    pack: Pack, source: Source, indexes: Mapping[str, PrivateIndex]
) -> None:
    first = indexes["first"]
    # A line in the file loses against the variable.
    files = {
        **packages.model(first.name),
        "requirements.txt": f"-i http://127.0.0.1:1/simple\n{first.name}==1.0\n",
    }
    built = pack.must_build(
        IMAGE, source(files), "--network", "host", env={"PIP_INDEX_URL": first.with_user}
    )
    assert packages.said(IMAGE) == [f"{first.name} 1.0"]
    assert_nowhere(None, built.log, words(first.allowed))


def test_a_wrong_password_fails_and_is_not_shown(
    pack: Pack, source: Source, indexes: Mapping[str, PrivateIndex]
) -> None:
    first, wrong = indexes["first"], Credentials.planted("wrong")
    url = servers.with_user(first.url, wrong.user, wrong.password)
    app = source({**packages.model(first.name), "requirements.txt": f"{first.name}\n"})
    built = pack.build(
        "seldon-test-wrong-password", app, "--network", "host", "-v", env={"EXTRA_INDEX_URL": url}
    )
    assert built.code != 0
    assert f"ERROR: The package index `{first.url}` denied access (403)" in built.ours
    assert_nowhere(None, of_phases(built.log), words(wrong))


def test_a_password_that_is_not_encoded_is_not_shown(pack: Pack, source: Source) -> None:
    raw = "http://canary-user-raw:canary-password-raw/x#y?z@127.0.0.1/simple"
    app = source({**packages.model("six"), "requirements.txt": "six<1\n"})
    for env, text in (
        ({"EXTRA_INDEX_URL": raw}, "six<1\n"),
        ({}, f"--extra-index-url {raw}\nsix<1\n"),
    ):
        (app / "requirements.txt").write_text(text)
        built = pack.build("seldon-test-wrong-password", app, "--network", "none", "-v", env=env)
        assert built.code != 0
        assert_nowhere(None, of_phases(built.log), ["canary-user-raw", "canary-password-raw"])


@pytest.mark.parametrize("trusted", ["127.0.0.1", "127.0.0.1:PORT"])
def test_unsigned_index_is_used_only_if_its_host_is_trusted(
    pack: Pack, source: Source, tmp_path: Path, trusted: str
) -> None:
    packages.wheel(tmp_path / "simple/unsigned-tls", "unsigned_tls", "1.0")
    app = source({**packages.model("unsigned_tls"), "requirements.txt": "unsigned-tls\n"})
    with servers.https_self_signed(tmp_path, tmp_path) as url:
        env = {"PIP_INDEX_URL": f"{url}/simple"}
        if "PORT" not in trusted:
            built = pack.build(IMAGE, app, "--network", "host", env=env)
            assert built.code != 0
            assert f"ERROR: The TLS certificate of `{url}/simple` is not trusted" in built.ours
        pack.must_build(
            IMAGE,
            app,
            "--network",
            "host",
            env={**env, "PIP_TRUSTED_HOST": trusted.replace("PORT", url.rpartition(":")[2])},
        )
    assert packages.said(IMAGE) == ["unsigned_tls 1.0"]


def test_certificate_authority_in_the_source_is_trusted(
    pack: Pack, source: Source, tmp_path: Path
) -> None:
    packages.wheel(tmp_path / "simple/signed-tls", "signed_tls", "1.0")
    with servers.https_of_authority(tmp_path, tmp_path) as (url, authority):
        files = {
            "requirements.txt": "signed-tls\n",
            "certificates/ours.pem": authority.read_bytes(),
        }
        app = source({**packages.model("signed_tls"), **files})
        env = {"PIP_INDEX_URL": f"{url}/simple", "PIP_CERT": "certificates/ours.pem"}
        pack.must_build(IMAGE, app, "--network", "host", env=env)
    assert packages.said(IMAGE) == ["signed_tls 1.0"]


def test_the_search_for_secrets_finds_one_that_is_there(pack: Pack, source: Source) -> None:
    planted = Credentials.planted("on-purpose")
    app = source(
        {**packages.model(), "notes/password.txt": f"the password is {planted.password}\n"}
    )
    built = pack.must_build(IMAGE, app)
    places = found(IMAGE, built.log, planted.words())
    assert len(places) == 1
    assert "layer" in places[0]
    assert planted.password in places[0]
    with pytest.raises(AssertionError):
        assert_nowhere(
            None,
            f"HTTP header: Basic {servers.basic(planted.user, planted.password)}",
            planted.words(),
        )


def test_wheels_page_and_private_index_leave_nothing_behind(
    pack: Pack, source: Source, indexes: Mapping[str, PrivateIndex], tmp_path: Path
) -> None:
    first, page = indexes["first"], Credentials.planted("page")
    paged = packages.wheel(tmp_path / "served", "paged", "1.0")
    own = packages.wheel(tmp_path / "own", "own", "1.0", requires=(f"{first.name}<2",))
    app = source(
        {
            **with_lines(
                packages.model("own", first.name, "paged"),
                BP_PIP_FIND_LINKS="wheels",
                EXTRA_INDEX_URL=first.with_user,
            ),
            "requirements.txt": "own\npaged\n",
            f"wheels/{own.name}": own.read_bytes(),
        }
    )
    with servers.files_with_password(paged.parent, page.user, page.password) as url:
        env = {"PIP_FIND_LINKS": f"{servers.with_user(url, page.user, page.password)}/"}
        built = pack.must_build(IMAGE, app, "--network", "host", "-v", env=env)
    assert packages.said(IMAGE) == ["own 1.0", f"{first.name} 1.0", "paged 1.0"]
    assert_nowhere(IMAGE, of_phases(built.log), words(first.allowed, page))
