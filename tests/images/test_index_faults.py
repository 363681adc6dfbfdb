"""Indexes and proxies that misbehave: what can be mended is, what cannot is explained (the whole texts are in index_faults/)."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.images.conftest import Pack
from tests.support import faults, packages, servers
from tests.support.canaries import Credentials, assert_nowhere, of_phases

TEXTS = Path(__file__).parent / "index_faults"
IMAGE = "seldon-test-faults"
HOST = ("--network", "host")
Source = Callable[..., Path]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheels that the indexes of this module serve, each large enough to break off in."""
    folder = tmp_path_factory.mktemp("wheels")
    for name in ("mine", "flaky", "moved"):
        packages.wheel(folder, name, "1.0", says=f"{name} 1.0", extras={"padding": "x" * 4000})
    return folder


def test_index_faults_are_retried_and_planted_files_rejected(
    pack: Pack, source: Source, wheels: Path, tmp_path: Path
) -> None:
    allowed, proxying = Credentials.planted("redirected"), Credentials.planted("proxy")
    packages.wheel(tmp_path / "own/simple/confused", "confused", "1.0")
    packages.wheel(tmp_path / "public/simple/confused", "confused", "99.0", says="planted")
    packages.wheel(tmp_path / "tls/simple/tunnelled", "tunnelled", "1.0")
    context, _ = servers.of_authority(tmp_path)
    with contextlib.ExitStack() as running:
        enter = running.enter_context
        own, public = (enter(servers.plain_http(tmp_path / name)) for name in ("own", "public"))
        flaky = enter(faults.index(faults.FailsTwice, wheels / "flaky-1.0-py3-none-any.whl"))
        other = enter(faults.index(faults.Handler, wheels / "moved-1.0-py3-none-any.whl"))
        # Another host, by its name: a port alone makes none.
        moved = enter(
            faults.index(
                faults.redirecting(other.url.replace("127.0.0.1", "localhost")),
                wheels / "moved-1.0-py3-none-any.whl",
            )
        )
        tls = enter(
            servers.files_with_password(tmp_path / "tls", allowed.user, allowed.password, context)
        )
        word = servers.basic(proxying.user, proxying.password)
        proxy = enter(
            faults.tunnelling_proxy(lambda host: host == tls.removeprefix("https://"), word)
        )
        extra = [
            own,
            flaky.url,
            servers.with_user(moved.url, allowed.user, allowed.password),
            servers.with_user(tls, allowed.user, allowed.password),
        ]
        env = {
            "PIP_EXTRA_INDEX_URL": " ".join(f"{url}/simple" for url in extra),
            "PIP_INDEX_URL": f"{public}/simple",
            "PIP_TRUSTED_HOST": tls.removeprefix("https://"),
            "HTTPS_PROXY": servers.with_user(proxy.url, proxying.user, proxying.password),
        }
        names = ("confused", "flaky", "moved", "tunnelled")
        app = source({**packages.model(*names), "requirements.txt": "\n".join(names)})
        built = pack.must_build(IMAGE, app, *HOST, "-v", env=env)
    assert packages.said(IMAGE) == ["confused 1.0", "flaky 1.0", "moved 1.0", "tunnelled 1.0"]
    assert len(flaky.paths("/simple/flaky/")) >= 3
    sent = {path: header for path, header in moved.requests if path.endswith(".whl")}
    assert sent == {
        "/files/moved-1.0-py3-none-any.whl": f"Basic {servers.basic(allowed.user, allowed.password)}"
    }
    assert other.requests
    assert {header for _, header in other.requests} == {""}
    assert {host for host, _ in proxy.requests} == {tls.removeprefix("https://")}
    assert_nowhere(IMAGE, of_phases(built.log), [*allowed.words(), *proxying.words()])


def test_the_best_of_all_indexes_is_taken_where_it_is_asked_for(
    pack: Pack, source: Source, tmp_path: Path
) -> None:
    for name, version in (("first", "1.0"), ("second", "2.0")):
        packages.wheel(tmp_path / f"{name}/simple/mine", "mine", version)
    with servers.plain_http(tmp_path) as url:
        env = {"EXTRA_INDEX_URL": f"{url}/first/simple", "PIP_INDEX_URL": f"{url}/second/simple"}
        app = source({**packages.model("mine"), "requirements.txt": "mine>=2\n"})
        held = pack.build(IMAGE, app, *HOST, env=env)
        assert _error(held.ours, url) == (TEXTS / "held-by-the-first-index.txt").read_text()
        pack.must_build(
            IMAGE, app, *HOST, env={**env, "BP_PIP_INDEX_STRATEGY": "unsafe-best-match"}
        )
    assert packages.said(IMAGE) == ["mine 2.0"]


@dataclass(frozen=True)
class Case:
    """``server`` yields the address that ``{url}`` of ``env`` is; a canary in it must not be shown."""

    server: Callable[[Path], AbstractContextManager[str]]
    env: Mapping[str, str] = field(default_factory=lambda: {"PIP_INDEX_URL": "{url}/simple"})


def _faulty(kind: type[faults.Handler]) -> Callable[[Path], AbstractContextManager[str]]:
    @contextlib.contextmanager
    def serve(wheel: Path) -> Iterator[str]:
        with faults.index(kind, wheel) as asked:
            yield asked.url

    return serve


@contextlib.contextmanager
def _files_away(wheel: Path) -> Iterator[str]:
    with faults.index(faults.redirecting("http://files.invalid"), wheel) as asked:
        yield asked.url


def _proxy(wants: str) -> Callable[[Path], AbstractContextManager[str]]:
    @contextlib.contextmanager
    def serve(_: Path) -> Iterator[str]:
        with faults.tunnelling_proxy(lambda _: False, wants) as asked:
            yield (
                servers.with_user(asked.url, "canary-user", "canary-password")
                if wants
                else asked.url
            )

    return serve


@contextlib.contextmanager
def _nothing(_: Path) -> Iterator[str]:
    yield "http://canary-user:canary-password@127.0.0.1:9"


THROUGH = {"PIP_INDEX_URL": "https://index.invalid/simple", "HTTPS_PROXY": "{url}"}
CASES = {
    "dies-in-downloads": Case(_faulty(faults.DiesInDownloads)),
    "slow": Case(
        _faulty(faults.Slow), {"PIP_INDEX_URL": "{url}/simple", "PIP_DEFAULT_TIMEOUT": "2"}
    ),
    "other-file": Case(_faulty(faults.OtherFile)),
    "truncated": Case(_faulty(faults.Truncated)),
    "files-away": Case(_files_away),
    "proxy-refuses": Case(_proxy(""), THROUGH),
    "proxy-refuses-the-password": Case(_proxy("another"), THROUGH),
    "proxy-away": Case(_nothing, THROUGH),
}


@pytest.mark.parametrize("name", CASES)
def test_a_fault_is_explained(name: str, pack: Pack, source: Source, wheels: Path) -> None:
    case = CASES[name]
    app = source({**packages.model("mine"), "requirements.txt": "mine\n"})
    with case.server(wheels / "mine-1.0-py3-none-any.whl") as url:
        env = {name: value.format(url=url) for name, value in case.env.items()}
        built = pack.build(IMAGE, app, *HOST, "-v", env={"PIP_RETRIES": "0", **env})
    assert built.code != 0
    assert "Traceback" not in built.log
    assert _error(built.ours, url) == (TEXTS / f"{name}.txt").read_text()
    assert_nowhere(None, of_phases(built.log), ["canary-user", "canary-password"])


def test_every_text_belongs_to_a_case() -> None:
    assert {path.stem for path in TEXTS.iterdir()} == {*CASES, "held-by-the-first-index"}


def _error(ours: str, url: str) -> str:
    """The error from its title on, with PORT for the server's own."""
    host = url.rpartition("@")[2].removeprefix("http://")
    before, error, text = ours.partition("ERROR: ")
    assert "error:" not in before
    return (error + text).partition("Timer: ")[0].replace(host, "127.0.0.1:PORT").rstrip() + "\n"
