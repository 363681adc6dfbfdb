"""Which channels are asked, in which order, and who may read them."""

from pathlib import Path

import pytest

from seldon_buildpack.cnb import bindings as cnb_bindings
from seldon_buildpack.manifests.conda.types import CondaEnvironment, Kind, Locked
from seldon_buildpack.masking import Masker
from seldon_buildpack.messages.errors.bindings import BindingInvalid
from seldon_buildpack.messages.errors.conda_channels import (
    ChannelAliasInvalid,
    ChannelFolderMissing,
    ChannelFolderNotIndexed,
)
from seldon_buildpack.messages.errors.conda_files import CudaInvalid
from seldon_buildpack.package_sources import bindings, conda_channel_settings
from seldon_buildpack.package_sources.conda_channels import Channels
from seldon_buildpack.settings import settings
from tests.support.bindings import bind

FORGE = "https://conda.corp/forge"


def configured(
    root: Path,
    *names: str,
    env: dict[str, str] | None = None,
    nodefaults: bool = True,
    kind: Kind = "environment",
    packages: tuple[str, ...] = (),
    **given: dict[str, str],
) -> Channels:
    """The channels of an environment that names these, with bindings."""
    for name, entries in given.items():
        bind(root / "bindings", name, {"type": "conda", **entries})
    path = root / {"environment": "environment.yml"}.get(kind, "conda-lock.yml")
    found = CondaEnvironment(
        path=path,
        kind=kind,
        channels=names,
        nodefaults=nodefaults,
        packages=tuple(map(Locked, packages)),
    )
    read = bindings.read(cnb_bindings.read(root / "bindings", bindings.TYPES))
    return conda_channel_settings.configure(settings.read(env or {}, ()), found, read, root)


def sources(found: Channels) -> list[tuple[str, str]]:
    return [(channel.url, channel.source.describe_from()) for channel in found.channels]


def channel_folder(path: Path) -> Path:
    (path / "noarch").mkdir(parents=True)
    (path / "noarch/repodata.json").write_text("{}")
    return path


def test_channels_of_the_file_keep_order_and_names(tmp_path: Path) -> None:
    found = configured(
        tmp_path,
        "conda-forge",
        "bioconda/label/dev",
        f"{FORGE}/",
        f"{FORGE}/linux-64",
        "conda-forge",
    )
    assert found.urls == ("conda-forge", "bioconda/label/dev", FORGE)
    assert {channel.source.describe_from() for channel in found.channels} == {
        "from environment.yml"
    }
    assert (found.alias, found.cuda, found.credentials, found.advice) == ("", "", (), ())


@pytest.mark.parametrize(
    ("env", "source", "urls"),
    [
        (
            {"BP_CONDA_CHANNELS": "one, two", "CONDA_CHANNELS": "three"},
            "from BP_CONDA_CHANNELS",
            ("one", "two"),
        ),
        ({"CONDA_CHANNELS": "one two,nodefaults"}, "from CONDA_CHANNELS", ("one", "two")),
    ],
)
def test_a_variable_takes_the_place_of_the_files_channels(
    tmp_path: Path, env: dict[str, str], source: str, urls: tuple[str, ...]
) -> None:
    found = configured(tmp_path, "conda-forge", env=env, corp={"uri": FORGE})
    assert sources(found) == [(url, source) for url in urls]


def test_binding_replaces_channels_and_an_extra_one_goes_first(
    tmp_path: Path,
) -> None:
    found = configured(
        tmp_path,
        "conda-forge",
        a={"uri": FORGE},
        b={"uri": "https://conda.corp/own", "role": "extra"},
    )
    assert sources(found) == [
        ("https://conda.corp/own", "from the binding b"),
        (FORGE, "from the binding a"),
    ]


@pytest.mark.parametrize("named", [FORGE, f"{FORGE}/", f"{FORGE}/label/dev"])
def test_binding_for_a_named_channel_is_only_a_login(tmp_path: Path, named: str) -> None:
    found = configured(tmp_path, named, "conda-forge", corp={"uri": FORGE, "token": "t0k3n"})
    assert sources(found) == [
        (named.rstrip("/"), "from environment.yml"),
        ("conda-forge", "from environment.yml"),
    ]
    credential = found.credential_of(f"{named}/linux-64/repodata.json")
    assert credential
    assert (credential.token.reveal(), credential.source.describe()) == (
        "t0k3n",
        "the binding corp",
    )


@pytest.mark.parametrize(
    ("entries", "user", "password", "token"),
    [
        ({"uri": FORGE, "username": "bob", "password": "s3cr3t"}, "bob", "s3cr3t", ""),
        ({"uri": FORGE, "token": "s3cr3t\n"}, "", "", "s3cr3t"),
        ({"uri": "https://bob:s3cr3t@conda.corp/forge"}, "bob", "s3cr3t", ""),
        ({"uri": "https://conda.corp/t/s3cr3t/forge"}, "", "", "s3cr3t"),
    ],
)
def test_who_may_read_is_known_apart_from_the_address(
    tmp_path: Path, entries: dict[str, str], user: str, password: str, token: str
) -> None:
    found = configured(tmp_path, corp=entries)
    assert found.urls == (FORGE,)
    credential = found.credential_of(f"{FORGE}/noarch/repodata.json")
    assert credential
    assert (credential.user, credential.password.reveal(), credential.token.reveal()) == (
        user,
        password,
        token,
    )
    assert found.credential_of("https://conda.corp/forgery/x") is None
    assert found.credential_of("http://conda.corp/forge/x") is None
    assert Masker.of(found.secrets()).mask("the server said s3cr3t") == "the server said ****"
    assert "s3cr3t" not in repr(found)


def test_password_of_file_or_variable_beats_a_binding(
    tmp_path: Path,
) -> None:
    found = configured(
        tmp_path,
        env={"BP_CONDA_CHANNELS": "https://me:mine@conda.corp/forge"},
        corp={"uri": FORGE, "token": "x"},
    )
    credential = found.credential_of(FORGE)
    assert credential
    assert (credential.user, credential.password.reveal(), credential.source.describe()) == (
        "me",
        "mine",
        "BP_CONDA_CHANNELS",
    )
    assert sources(found) == [(FORGE, "from BP_CONDA_CHANNELS")]


def test_the_nearest_login_counts(tmp_path: Path) -> None:
    found = configured(
        tmp_path,
        FORGE,
        a={"uri": "https://conda.corp", "token": "far"},
        b={"uri": FORGE, "token": "near"},
    )
    credential, other = (
        found.credential_of(f"{FORGE}/noarch"),
        found.credential_of("https://conda.corp/own"),
    )
    assert credential and other
    assert (credential.token.reveal(), other.token.reveal()) == ("near", "far")


def test_a_netrc_says_who_may_read_a_host(tmp_path: Path) -> None:
    bind(
        tmp_path / "bindings",
        "credentials",
        {"type": "netrc", ".netrc": "machine conda.corp login bob password s3cr3t\n"},
    )
    found = configured(tmp_path, FORGE)
    credential = found.credential_of(f"{FORGE}/noarch/x.conda")
    assert credential
    assert (credential.user, credential.password.reveal(), credential.source.describe()) == (
        "bob",
        "s3cr3t",
        "the netrc of the binding credentials",
    )


def test_no_channel_at_all_is_conda_forge_and_the_log_says_why(tmp_path: Path) -> None:
    assert sources(configured(tmp_path, nodefaults=False)) == [
        ("conda-forge", "environment.yml lists none")
    ]


@pytest.mark.parametrize(
    ("names", "nodefaults", "urls"),
    [
        (("pytorch",), False, ("pytorch", "conda-forge")),
        (("pytorch",), True, ("pytorch",)),
        (("pytorch", "conda-forge"), False, ("pytorch", "conda-forge")),
        (("pytorch", "defaults"), False, ("pytorch", "main", "r")),
        (("pytorch", FORGE), False, ("pytorch", FORGE)),
    ],
)
def test_conda_forge_stands_in_for_the_defaults(
    tmp_path: Path, names: tuple[str, ...], nodefaults: bool, urls: tuple[str, ...]
) -> None:
    assert configured(tmp_path, *names, nodefaults=nodefaults).urls == urls


def test_defaults_are_two_channels_and_their_terms_are_said_once(tmp_path: Path) -> None:
    found = configured(tmp_path, "defaults", "main")
    assert [(channel.url, channel.name) for channel in found.channels] == [
        ("main", "defaults"),
        ("r", "defaults"),
    ]
    (piece,) = found.advice
    assert (
        piece.found
        == "The packages of `defaults` are under Anaconda's terms of service: organisations with more than 200 people need a licence."
    )


@pytest.mark.parametrize(
    "env",
    [
        {
            "BP_CONDA_CHANNEL_ALIAS": "https://mirror.corp/conda/",
            "CONDA_CHANNEL_ALIAS": "https://no",
        },
        {"CONDA_CHANNEL_ALIAS": "https://mirror.corp/conda"},
    ],
)
def test_names_are_looked_up_below_an_alias(tmp_path: Path, env: dict[str, str]) -> None:
    found = configured(
        tmp_path,
        "conda-forge",
        "defaults",
        FORGE,
        env=env,
        corp={"uri": "https://bound.corp", "role": "alias"},
    )
    top = "https://mirror.corp/conda"
    assert (found.alias, found.urls) == (
        top,
        (f"{top}/conda-forge", f"{top}/main", f"{top}/r", FORGE),
    )
    assert [channel.name for channel in found.channels] == [
        "conda-forge",
        "defaults",
        "defaults",
        FORGE,
    ]


def test_a_binding_may_be_the_alias_with_its_login(tmp_path: Path) -> None:
    found = configured(
        tmp_path,
        "conda-forge",
        corp={"uri": "https://mirror.corp/conda", "role": "alias", "token": "t"},
    )
    credential = found.credential_of("https://mirror.corp/conda/conda-forge/noarch")
    assert (found.urls, credential and credential.token.reveal()) == (
        ("https://mirror.corp/conda/conda-forge",),
        "t",
    )


CONDARC = """\
channels:
  - https://u:s3cr3t@conda.corp/own
  - defaults
  - bioconda
  - team
channel_alias: https://mirror.corp/conda
default_channels:
  - https://mirror.corp/main
custom_channels:
  team: https://team.corp/t/t0k3n/conda
ssl_verify: /etc/ssl/corp.pem
auto_update_conda: false
"""


def test_a_whole_condarc_is_taken(tmp_path: Path) -> None:
    found = configured(tmp_path, "conda-forge", corp={".condarc": CONDARC})
    assert found.urls == (
        "https://conda.corp/own",
        "https://mirror.corp/main",
        "https://mirror.corp/conda/bioconda",
        "https://team.corp/conda/team",
    )
    own, team = (
        found.credential_of("https://conda.corp/own"),
        found.credential_of("https://team.corp/conda/team"),
    )
    assert own and team
    assert (own.password.reveal(), team.token.reveal()) == ("s3cr3t", "t0k3n")
    assert found.advice[0].found == "The binding corp: ssl_verify in its .condarc is ignored."
    read = bindings.read(cnb_bindings.read(tmp_path / "bindings", bindings.TYPES))
    assert read.facts == (
        ("corp", "conda, .condarc with channels, channel_alias, default_channels, custom_channels"),
    )
    assert {"s3cr3t", "t0k3n"} <= {secret.reveal() for secret in read.secrets()}
    assert "s3cr3t" not in repr(read) and "t0k3n" not in repr(read)


@pytest.mark.parametrize(
    ("entries", "fault"),
    [
        ({}, "it has no entry uri."),
        ({"uri": "conda.corp"}, "its entry uri is not a URL."),
        ({"uri": FORGE, "role": "main"}, "its role is not valid."),
        ({"uri": FORGE, "password": "x"}, "it has a password without a username."),
        ({"uri": FORGE, "username": "x", "token": "y"}, "it has both a token and a username."),
        ({".condarc": "channels: [a\n"}, "its .condarc has an error in line 1."),
        ({".condarc": "- a\n"}, "its .condarc is not a table."),
        ({".condarc": "channels: conda-forge\n"}, "in its .condarc channels is not a list."),
        (
            {".condarc": "custom_channels: [a]\n"},
            "its .condarc has an invalid custom_channels or channel_alias.",
        ),
    ],
)
def test_a_binding_that_cannot_be_used_is_named(
    tmp_path: Path, entries: dict[str, str], fault: str
) -> None:
    with pytest.raises(BindingInvalid) as raised:
        configured(tmp_path, corp=entries)
    assert raised.value.cause == f"Its type is conda, and {fault}"


def test_only_one_binding_can_be_the_alias(tmp_path: Path) -> None:
    alias = {"uri": FORGE, "role": "alias"}
    with pytest.raises(BindingInvalid) as raised:
        configured(tmp_path, a=alias, b=alias)
    assert raised.value.title == "The binding `b` cannot be used"


@pytest.mark.parametrize(
    "written",
    [
        "./channel",
        "channel/",
        "file://channel",
        "./channel/noarch",
        "../{app}/channel",
        "{root}/channel",
        "file://{root}/channel",
    ],
)
def test_a_folder_of_the_source_is_a_channel(tmp_path: Path, written: str) -> None:
    folder = channel_folder(tmp_path / "channel")
    found = configured(tmp_path, written.format(root=tmp_path, app=tmp_path.name))
    assert found.urls == (folder.as_uri(),)


@pytest.mark.parametrize("written", ["./channel", "file:///no/such/channel", "/no/such/channel"])
def test_a_folder_that_is_not_there_is_named(tmp_path: Path, written: str) -> None:
    with pytest.raises(ChannelFolderMissing) as raised:
        configured(tmp_path, written)
    assert raised.value.title == f"The channel `{written}` does not exist"
    assert raised.value.cause.startswith("It is a folder, and comes from environment.yml.")


def test_a_folder_without_a_list_of_its_packages_is_named(tmp_path: Path) -> None:
    (tmp_path / "channel/noarch").mkdir(parents=True)
    with pytest.raises(ChannelFolderNotIndexed):
        configured(tmp_path, "./channel")


def test_a_password_does_not_change_what_is_asked(tmp_path: Path) -> None:
    first, second, third = (
        configured(tmp_path, f"https://u:{word}@conda.corp/{name}")
        for word, name in (("a", "x"), ("b", "x"), ("a", "y"))
    )
    assert first.key() == second.key() != third.key()
    assert configured(tmp_path, "a", "b").key() != configured(tmp_path, "b", "a").key()
    assert (
        configured(tmp_path, "a").key()
        != configured(tmp_path, "a", env={"BP_CONDA_OVERRIDE_CUDA": "12.4"}).key()
    )


def test_the_version_of_cuda_is_one(tmp_path: Path) -> None:
    assert (
        configured(
            tmp_path, "a", env={"BP_CONDA_OVERRIDE_CUDA": "12.4", "CONDA_OVERRIDE_CUDA": "11"}
        ).cuda
        == "12.4"
    )
    assert configured(tmp_path, "a", env={"CONDA_OVERRIDE_CUDA": "11.8"}).cuda == "11.8"
    with pytest.raises(CudaInvalid) as raised:
        configured(tmp_path, "a", env={"BP_CONDA_OVERRIDE_CUDA": "yes"})
    assert raised.value.title == "`BP_CONDA_OVERRIDE_CUDA=yes` is not a CUDA version"


def test_an_alias_is_an_address(tmp_path: Path) -> None:
    with pytest.raises(ChannelAliasInvalid) as raised:
        configured(tmp_path, "a", env={"CONDA_CHANNEL_ALIAS": "mirror.corp"})
    assert raised.value.cause == "It comes from CONDA_CHANNEL_ALIAS."


PACKAGE = "https://u:s3cr3t@conda.example.com/conda-forge/linux-64/python-3.10.13-h1_0.conda"


def test_locked_urls_use_the_login_of_their_address(tmp_path: Path) -> None:
    found = configured(
        tmp_path, "conda-forge", kind="conda-lock", packages=(PACKAGE,), nodefaults=False
    )
    assert found.located(PACKAGE) == PACKAGE.replace("u:s3cr3t@", "")
    credential = found.credential_of(found.located(PACKAGE))
    assert credential
    assert (credential.user, credential.url) == ("u", "https://conda.example.com/conda-forge")
    assert found.urls == ("conda-forge",)


@pytest.mark.parametrize(
    "env",
    [
        {"BP_CONDA_CHANNELS": "https://mirror.corp/conda-forge"},
        {"BP_CONDA_CHANNEL_ALIAS": "https://mirror.corp"},
    ],
)
def test_mirror_of_the_same_name_replaces_the_locked_channel(
    tmp_path: Path, env: dict[str, str]
) -> None:
    found = configured(tmp_path, "conda-forge", kind="conda-lock", packages=(PACKAGE,), env=env)
    assert (
        found.located(PACKAGE)
        == "https://mirror.corp/conda-forge/linux-64/python-3.10.13-h1_0.conda"
    )
    other = PACKAGE.replace("/conda-forge/", "/bioconda/")
    assert found.located(other) == other.replace("u:s3cr3t@", "")
