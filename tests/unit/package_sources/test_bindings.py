"""What bindings of packages hold, and how they stand beside variables and the requirements' own lines."""

import os
import subprocess
import tomllib
from pathlib import Path

import pytest

from seldon_buildpack.cnb import bindings as cnb_bindings
from seldon_buildpack.manifests.requirements_txt import IndexLines
from seldon_buildpack.masking import Masker
from seldon_buildpack.messages.errors.bindings import BindingInvalid
from seldon_buildpack.package_sources import bindings, certificates, network
from seldon_buildpack.package_sources.bindings import Bound
from seldon_buildpack.package_sources.index_settings import configure
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.settings import settings
from tests.support.bindings import bind

CORP = {"type": "pypi", "uri": "https://pypi.corp/simple", "username": "bob", "password": "p@ss w"}


def given(root: Path, **entries: dict[str, str | bytes]) -> Bound:
    for name, files in entries.items():
        bind(root, name, {"type": "pypi", **files})
    return bindings.read(cnb_bindings.read(root, bindings.TYPES))


def configured(
    found: Bound, env: dict[str, str] | None = None, lines: IndexLines | None = None
) -> Index:
    known = settings.read(env or {}, []).with_fallbacks(found.options)
    return configure(known, lines or IndexLines(), Path("/workspace"), found)


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """A certificate in PEM, with a comment and its key beside it as some tools write them, and another in DER."""
    folder = tmp_path_factory.mktemp("authorities")
    made = []
    for form in ("PEM", "DER"):
        words = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            f"/CN={form}",
            "-outform",
            form,
        ]
        subprocess.run(
            [*words, "-keyout", folder / "key", "-out", folder / form],
            check=True,
            capture_output=True,
        )
        made.append((folder / form).read_bytes())
    return b"# private comment\n" + made[0] + (folder / "key").read_bytes(), made[1]


def test_pypi_binding_adds_an_index_with_its_login(
    tmp_path: Path,
) -> None:
    index = configured(given(tmp_path, corp=dict(CORP)))
    assert index.extra == ("https://bob:p%40ss%20w@pypi.corp/simple",)
    assert index.default == ""
    assert index.credentials_of("https://pypi.corp/simple").describe() == "the binding corp"


def test_the_role_index_is_in_the_place_of_the_public_one(tmp_path: Path) -> None:
    found = given(tmp_path, corp={**CORP, "role": "index\n"}, more={"uri": "http://more/simple"})
    index = configured(found)
    assert (index.default, index.extra) == (
        "https://bob:p%40ss%20w@pypi.corp/simple",
        ("http://more/simple",),
    )
    assert found.facts == (
        ("corp", "pypi, the index https://pypi.corp/simple"),
        ("more", "pypi, extra index http://more/simple"),
    )


def test_variable_beats_binding_and_binding_beats_requirements(tmp_path: Path) -> None:
    found = given(tmp_path, corp={**CORP, "role": "index"})
    lines = IndexLines(index_url="https://file/simple")
    assert configured(found, lines=lines).names() == ("https://pypi.corp/simple",)
    assert configured(found, {"PIP_INDEX_URL": "https://env/simple"}, lines).names() == (
        "https://env/simple",
    )
    extra = given(tmp_path / "extra", corp=dict(CORP))
    both = configured(
        extra,
        {"EXTRA_INDEX_URL": "https://env/simple"},
        IndexLines(extra_index_urls=("https://file/simple",)),
    )
    assert both.names() == ("https://env/simple", "https://pypi.corp/simple", "https://file/simple")


@pytest.mark.parametrize("named_by", ["EXTRA_INDEX_URL", "PIP_INDEX_URL", "PIP_FIND_LINKS"])
def test_binding_password_serves_indexes_named_elsewhere(tmp_path: Path, named_by: str) -> None:
    index = configured(given(tmp_path, corp=dict(CORP)), {named_by: "https://pypi.corp/other"})
    assert "https://bob:p%40ss%20w@pypi.corp/other" in (*index.urls, *index.find_links)
    assert index.credentials_of("https://pypi.corp/other").describe() == "the binding corp"


@pytest.mark.parametrize(
    "url",
    [
        "http://pypi.corp/simple",
        "https://pypi.corp:8443/simple",
        "https://evil.corp/simple",
        "https://[bad/simple",
    ],
)
def test_it_is_for_no_other_host_port_or_scheme(tmp_path: Path, url: str) -> None:
    index = configured(given(tmp_path, corp=dict(CORP)), {"PIP_INDEX_URL": url})
    assert index.default == url
    assert index.credentials_of(url).describe() == ""


def test_index_of_binding_and_variable_is_asked_once(tmp_path: Path) -> None:
    found = given(tmp_path, corp=dict(CORP))
    assert configured(found, {"EXTRA_INDEX_URL": CORP["uri"]}).extra == (
        "https://bob:p%40ss%20w@pypi.corp/simple",
    )
    own = configured(found, {"EXTRA_INDEX_URL": "https://me:mine@pypi.corp/simple"})
    assert own.extra == ("https://me:mine@pypi.corp/simple",)
    assert own.credentials_of("https://pypi.corp/simple").describe() == "EXTRA_INDEX_URL"


def test_a_whole_pip_conf_is_taken_as_the_variables_would_be(tmp_path: Path) -> None:
    text = """\
[global]
index-url = https://u:pw@main/simple
timeout = 60
extra-index-url =
    https://one/simple
    https://two/simple
[install]
trusted-host = main
cert = ca.pem
[freeze]
timeout = 1
"""
    index = configured(
        given(tmp_path, corp={"pip.conf": text, "ca.pem": "x"}), {"PIP_TRUSTED_HOST": "mine"}
    )
    assert index.default == "https://u:pw@main/simple"
    assert index.extra == ("https://one/simple", "https://two/simple")
    assert index.trusted_hosts == ("mine",)
    assert dict(index.variables) == {
        "UV_HTTP_TIMEOUT": "60",
        "SSL_CERT_FILE": str(tmp_path / "corp/ca.pem"),
    }
    assert index.credentials_of("https://main/simple").describe() == "the binding corp"


def test_a_netrc_is_for_its_hosts_over_any_port(tmp_path: Path) -> None:
    netrc = 'machine pypi.corp login bob password "s p"\nmachine git.corp login ci password tok\ndefault login x password canary\n'
    found = given(tmp_path, home={"type": "netrc", ".netrc": netrc})
    index = configured(
        found, {"EXTRA_INDEX_URL": "http://PyPI.corp:8080/simple https://other/simple"}
    )
    assert index.extra == ("http://bob:s%20p@PyPI.corp:8080/simple", "https://other/simple")
    assert (
        index.credentials_of("http://PyPI.corp:8080/simple").describe()
        == "the netrc of the binding home"
    )
    assert found.facts == (("home", "netrc, pypi.corp, git.corp, default"),)
    assert "canary" not in Masker.of(found.secrets()).mask("the default's password is canary")


def test_netrc_reaches_uv_and_git_in_build_files_only(
    tmp_path: Path,
) -> None:
    netrc = "machine git.corp login ci password t@k'$x\n"
    found = given(tmp_path, home={"type": "netrc", ".netrc": netrc})
    (tmp_path / "scratch").mkdir()
    manifest = "x @ https://GIT.corp:8443/x.whl\ny @ http://git.corp:99/y\n"
    index = network.joined(Index(), found, {}, tmp_path / "scratch", [manifest])
    told = dict(index.variables)
    assert "NETRC" not in told
    assert Path(index.netrc).read_text() == netrc
    store = tomllib.loads(Path(told["UV_CREDENTIALS_DIR"], "credentials.toml").read_text())
    login = {"username": "ci", "scheme": "basic", "password": "t@k'$x"}
    assert store["credential"] == [
        {"service": "https://git.corp/", **login},
        {"service": "https://git.corp:8443/", **login},
    ]
    for protocol, host, answer in (
        ("https", "git.corp:8443", "username=ci\npassword=t@k'$x\n"),
        ("https", "other.corp", ""),
        ("http", "git.corp", ""),
    ):
        asked = [
            "git",
            "-c",
            "credential.helper=",
            "-c",
            f"credential.helper={told['GIT_CONFIG_VALUE_0']}",
            "credential",
            "fill",
        ]
        done = subprocess.run(
            asked,
            input=f"protocol={protocol}\nhost={host}\n\n",
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert answer in done.stdout
        assert bool(done.stdout) is bool(answer)
    files = (path for path in (tmp_path / "scratch").rglob("*") if path.is_file())
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}


def test_bound_authorities_join_those_of_the_build_image(
    tmp_path: Path, authorities: tuple[bytes, bytes]
) -> None:
    pem, der = authorities
    found = given(
        tmp_path,
        ca={
            "type": "ca-certificates",
            "one.pem": pem,
            "two.crt": der,
            "notes": "not a certificate",
        },
    )
    assert found.facts == (("ca", "ca-certificates, 2 certificates"),)
    (tmp_path / "scratch").mkdir()
    told = dict(
        network.joined(
            Index(), found, {"HTTPS_PROXY": "http://proxy"}, tmp_path / "scratch"
        ).variables
    )
    assert set(told) == {
        "HTTPS_PROXY",
        "SSL_CERT_FILE",
        "GIT_SSL_CAINFO",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    }
    bundle = Path(told["SSL_CERT_FILE"]).read_text()
    assert bundle.endswith("".join(found.certificates))
    assert "PRIVATE KEY" not in bundle
    assert "private comment" not in bundle
    assert certificates.for_image(found.certificates).endswith("".join(found.certificates))


def test_bound_authorities_join_the_file_of_pip_cert(
    tmp_path: Path, authorities: tuple[bytes, bytes]
) -> None:
    found = given(tmp_path, corp={**CORP, "certificates": authorities[0]})
    (tmp_path / "own.pem").write_text("own\n")
    (tmp_path / "scratch").mkdir()
    index = Index(variables=(("SSL_CERT_FILE", str(tmp_path / "own.pem")),))
    told = dict(network.joined(index, found, {}, tmp_path / "scratch").variables)
    assert Path(told["SSL_CERT_FILE"]).read_text() == "own\n" + found.certificates[0]


def test_without_bindings_the_tools_are_told_nothing_more(tmp_path: Path) -> None:
    assert network.joined(Index(), Bound(), {}, tmp_path) == Index()
    assert list(tmp_path.iterdir()) == []


def test_no_key_is_made_from_a_binding_s_secret(tmp_path: Path) -> None:
    keys = {
        configured(given(tmp_path / password, corp={**CORP, "password": password})).key()
        for password in ("old", "new")
    }
    assert keys == {Index(extra=("https://pypi.corp/simple",)).key()}


@pytest.mark.parametrize(
    ("entries", "cause"),
    [
        ({"uri": ""}, "it has no entry uri"),
        ({"uri": "pypi.corp/secret"}, "its entry uri is not a URL"),
        ({**CORP, "role": "main"}, "its role is not valid"),
        ({"uri": "https://h", "password": "x"}, "it has a password without a username"),
        ({"pip.conf": "index-url = x"}, "its pip.conf has an error in line 1"),
        (
            {"pip.conf": "[global]\ncert = ca.pem"},
            "its pip.conf names the file ca.pem as cert, which does not exist in it",
        ),
        ({**CORP, "certificates": "none"}, "its entry certificates is not a certificate"),
        ({"type": "netrc", ".netrc": "machine"}, "its .netrc has an error in line 1"),
        ({"type": "netrc"}, "it has no entry .netrc"),
        ({"type": "ca-certificates", "readme": "x"}, "it contains no certificate"),
        ({"type": "ca-certificates", "a.pem": "x"}, "its entry a.pem is not a certificate"),
        (
            {
                "type": "ca-certificates",
                "a": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            },
            "its entry a is not a certificate",
        ),
        ({"type": "dependency-mirror"}, "it is empty"),
        ({"type": "dependency-mirror", "default": "mirror.corp"}, "its entry default is not a URL"),
    ],
)
def test_unusable_binding_is_named_without_its_content(
    tmp_path: Path, entries: dict[str, str | bytes], cause: str
) -> None:
    with pytest.raises(BindingInvalid) as raised:
        given(tmp_path, corp=entries)
    kind = entries.get("type", "pypi")
    assert raised.value.cause == f"Its type is {kind!s}, and {cause}."
    assert "secret" not in "".join(raised.value.lines())


def test_two_bindings_cannot_both_be_the_index(tmp_path: Path) -> None:
    with pytest.raises(BindingInvalid, match="The binding `two` cannot be used"):
        given(tmp_path, one={**CORP, "role": "index"}, two={**CORP, "role": "index"})
