"""Where conda's packages come from: whose channel wins, who may read it, and that nothing of that is left in the image."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.images.conftest import Pack
from tests.support import conda_builds, faults, packages, servers
from tests.support.bindings import bind, bind_as_kubelet, mounted
from tests.support.canaries import Credentials, assert_nowhere, of_phases
from tests.support.conda import packing
from tests.support.conda_builds import CONDA_LAYER, FORGE, MOUNTED, environment, inside
from tools.dev.container import started

IMAGE = "seldon-test-channels"
SHARE = f"{CONDA_LAYER}/envs/microservice/share"
Source = Callable[..., Path]


@dataclass(frozen=True)
class Private:
    """Servers each of which has a channel `team` with one package, and who may read them: by a token, a password, a netrc, over https."""

    token: str
    password: str
    netrc: str
    https: str
    tokens: tuple[str, str]
    users: tuple[Credentials, Credentials]
    authority: Path


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Private]:
    folder = tmp_path_factory.mktemp("private")
    tokens = ("canary-token-of-a-channel", "canary-token-over-https")
    users = (
        Credentials.planted("channel"),
        Credentials("canary-user-channel-netrc", "canary-password-channel-netrc"),
    )
    for name in ("by-token", "by-password", "by-netrc", "by-https"):
        packing.tiny(folder / name / "team", name, "1.0", files={f"share/{name}": f"{name} 1.0\n"})
        packing.index(folder / name / "team", modern=name != "by-password")
    context, authority = servers.of_authority(folder)
    with contextlib.ExitStack() as running:
        enter = running.enter_context
        yield Private(
            enter(servers.files_with_token(folder / "by-token", tokens[0])),
            enter(
                servers.files_with_password(
                    folder / "by-password", users[0].user, users[0].password
                )
            ),
            # Another host, by its name: a netrc knows no ports. It is for https only.
            enter(
                servers.files_with_password(
                    folder / "by-netrc", users[1].user, users[1].password, context
                )
            ).replace("127.0.0.1", "localhost"),
            enter(servers.files_with_token(folder / "by-https", tokens[1], context)),
            tokens,
            users,
            authority,
        )


def _secrets(private: Private) -> list[str]:
    return [*private.tokens, *(word for one in private.users for word in one.words())]


def _host(channels: Path) -> tuple[str, ...]:
    return ("--network", "host", "-v", "--volume", f"{channels}:{MOUNTED}:ro")


def _serves(image: str) -> None:
    with started(image) as container:
        container.wait_ready()


def test_bound_private_channels_leave_nothing_behind(
    pack: Pack, channels: Path, source: Source, private: Private, tmp_path: Path
) -> None:
    root = tmp_path / "bindings"
    bind_as_kubelet(
        root,
        "tokened",
        {
            "type": "conda",
            "uri": f"{private.token}/team",
            "token": f"{private.tokens[0]}\n",
            "role": "extra",
        },
    )
    user = private.users[0]
    entries = {
        "type": "conda",
        "uri": f"{private.password}/team",
        "username": user.user,
        "password": user.password,
        "role": "extra",
    }
    bind_as_kubelet(root, "passworded", entries)
    netrc = (
        f"machine localhost login {private.users[1].user} password {private.users[1].password}\n"
    )
    bind(root, "home", {"type": "netrc", ".netrc": netrc})
    bind(root, "authority", {"type": "ca-certificates", "one.pem": private.authority.read_text()})
    # The file names this channel itself: the binding only says who may read it.
    bind(root, "secured", {"type": "conda", "uri": private.https, "token": private.tokens[1]})
    text = environment(
        "python=3.12",
        "by-token",
        "by-password",
        "by-netrc",
        "by-https",
        channels=(FORGE, f"{private.netrc}/team", f"{private.https}/team"),
    )
    app = source({**packages.model(), "environment.yml": text})
    built = pack.must_build(IMAGE, app, *_host(channels), *mounted(root))
    assert inside(IMAGE, f"cat {SHARE}/by-*").splitlines() == [
        "by-https 1.0",
        "by-netrc 1.0",
        "by-password 1.0",
        "by-token 1.0",
    ]
    _serves(IMAGE)
    assert_nowhere(IMAGE, built.log, _secrets(private))


def test_channel_url_credentials_leave_nothing_behind(
    pack: Pack, channels: Path, source: Source, private: Private
) -> None:
    user = private.users[0]
    by_url = f"{servers.with_user(private.password, user.user, user.password)}/team"
    text = environment(
        "python=3.12",
        "by-token",
        "by-password",
        channels=(FORGE, "$TEAM_CHANNEL", f"{private.token}/t/{private.tokens[0]}/team"),
    )
    app = source({**packages.model(), "environment.yml": text})
    built = pack.must_build(IMAGE, app, *_host(channels), env={"TEAM_CHANNEL": by_url})
    assert inside(IMAGE, f"cat {SHARE}/by-*").splitlines() == ["by-password 1.0", "by-token 1.0"]
    assert_nowhere(IMAGE, of_phases(built.log), _secrets(private))
    # The copy in the image says as much as can be said.
    assert "  - $TEAM_CHANNEL" in packages.read_file(IMAGE, "/workspace/environment.yml")


def test_channels_variable_replaces_all_other_channels(
    pack: Pack, channels: Path, source: Source, private: Private
) -> None:
    text = environment(
        "python=3.12", "by-token", channels=("http://127.0.0.1:9/nobody", "defaults")
    )
    app = source({**packages.model(), "environment.yml": text})
    env = {
        "BP_CONDA_CHANNELS": f"{FORGE} {private.token}/t/{private.tokens[0]}/team",
        "CONDA_CHANNELS": "http://127.0.0.1:9/neither",
    }
    built = pack.must_build(IMAGE, app, *_host(channels), env=env)
    assert inside(IMAGE, f"cat {SHARE}/by-token") == "by-token 1.0\n"
    assert "from BP_CONDA_CHANNELS" in built.ours
    assert "terms of service" not in built.ours
    assert_nowhere(IMAGE, of_phases(built.log), private.tokens)


def test_a_condarc_says_what_names_of_channels_stand_for(
    pack: Pack, channels: Path, source: Source, private: Private, tmp_path: Path
) -> None:
    user = private.users[0]
    root, theirs = tmp_path / "bindings", tmp_path / "theirs"
    packing.tiny(
        theirs / "theirs", "of-theirs", "1.0", files={"share/of-theirs": "of-theirs 1.0\n"}
    )
    packing.index(theirs / "theirs")
    with servers.files_with_password(theirs, user.user, user.password) as url:
        # A custom channel's address is the one above it, as with conda.
        condarc = (
            f"default_channels:\n  - {FORGE}\nchannel_alias: {private.token}/t/{private.tokens[0]}\n"
            f"custom_channels:\n  theirs: {servers.with_user(url, user.user, user.password)}\n"
        )
        bind(root, "condarc", {"type": "conda", ".condarc": condarc})
        text = environment(
            "python=3.12", "by-token", "of-theirs", channels=("defaults", "team", "theirs")
        )
        built = pack.must_build(
            IMAGE,
            source({**packages.model(), "environment.yml": text}),
            *_host(channels),
            *mounted(root),
        )
    assert inside(IMAGE, f"cat {SHARE}/by-token {SHARE}/of-theirs").splitlines() == [
        "by-token 1.0",
        "of-theirs 1.0",
    ]
    assert built.ours.count("terms of service") == 1
    assert_nowhere(IMAGE, built.log, _secrets(private))


@pytest.mark.parametrize(
    ("named", "dependency", "taken"),
    [
        (("forge", "extra"), "in-both", "2.0 of forge"),
        (("extra", "forge"), "in-both", "1.0 of extra"),
        (("forge", "extra"), f"{MOUNTED}/extra::in-both", "1.0 of extra"),
    ],
    ids=["the-first", "the-first-though-older", "the-one-that-is-named"],
)
def test_of_channels_that_have_the_same_package_one_wins(
    named: tuple[str, str], dependency: str, taken: str, pack: Pack, channels: Path, source: Source
) -> None:
    dependency = dependency.replace(MOUNTED, f"file://{MOUNTED}")
    text = environment(
        "python=3.12", f"'{dependency}'", channels=[f"file://{MOUNTED}/{name}" for name in named]
    )
    pack.must_build(
        IMAGE,
        source({**packages.model(), "environment.yml": text}),
        *conda_builds.mounted(channels),
    )
    assert inside(IMAGE, f"cat {SHARE}/in-both") == f"{taken}\n"


def test_channel_in_the_source_is_read_offline(
    pack: Pack, channels: Path, source: Source, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    packing.tiny(own, "of-the-source", "1.0", files={"share/of-the-source": "of the source\n"})
    packing.index(own, modern=False)
    files = {
        f"conda/own/{path.relative_to(own)}": path.read_bytes()
        for path in own.rglob("*")
        if path.is_file()
    }
    text = environment("python=3.12", "of-the-source", channels=("./conda/own", FORGE))
    pack.must_build(
        IMAGE,
        source({**packages.model(), **files, "environment.yml": text}),
        *conda_builds.mounted(channels),
    )
    assert inside(IMAGE, f"cat {SHARE}/of-the-source") == "of the source\n"


def test_a_name_is_looked_up_below_the_alias(pack: Pack, channels: Path, source: Source) -> None:
    with servers.plain_http(channels) as url:
        text = environment(
            "python=3.12", "extra::in-both", channels=("forge", "extra", "nodefaults")
        )
        app = source({**packages.model(), "environment.yml": text})
        built = pack.must_build(
            IMAGE, app, "--network", "host", env={"BP_CONDA_CHANNEL_ALIAS": url}
        )
    assert inside(IMAGE, f"cat {SHARE}/in-both") == "1.0 of extra\n"
    assert f"{url}/forge" in built.ours


def test_a_proxy_is_gone_through_and_its_password_left_nowhere(
    pack: Pack, channels: Path, source: Source, private: Private, tmp_path: Path
) -> None:
    proxying, server = Credentials.planted("conda-proxy"), private.https.removeprefix("https://")
    root = tmp_path / "bindings"
    bind(root, "authority", {"type": "ca-certificates", "one.pem": private.authority.read_text()})
    bind(root, "secured", {"type": "conda", "uri": private.https, "token": private.tokens[1]})
    text = environment("python=3.12", "by-https", channels=(FORGE, f"{private.https}/team"))
    app = source({**packages.model(), "environment.yml": text})
    with faults.tunnelling_proxy(
        lambda host: host == server, servers.basic(proxying.user, proxying.password)
    ) as proxy:
        env = {"HTTPS_PROXY": servers.with_user(proxy.url, proxying.user, proxying.password)}
        built = pack.must_build(IMAGE, app, *_host(channels), *mounted(root), env=env)
    assert inside(IMAGE, f"cat {SHARE}/by-https") == "by-https 1.0\n"
    assert {host for host, _ in proxy.requests} == {server}
    assert_nowhere(IMAGE, of_phases(built.log), [*proxying.words(), private.tokens[1]])


def test_locked_packages_come_from_the_mirror(pack: Pack, channels: Path, source: Source) -> None:
    forge = channels / "forge"
    listed = conda_builds.records(forge)
    paths = conda_builds.files_of(forge, "python-3.12", "python_abi-3.12", "hello-conda-1.0")
    lines = [f"https://conda.example.com/forge/{path}#{listed[path]['md5']}" for path in paths]
    app = source(
        {
            **packages.model("hello_conda"),
            "conda-linux-64.lock": "\n".join(["@EXPLICIT", *lines]) + "\n",
        }
    )
    pack.must_build(IMAGE, app, *conda_builds.mounted(channels), env={"BP_CONDA_CHANNELS": FORGE})
    assert packages.said(IMAGE) == ["hello_conda 1.0"]
