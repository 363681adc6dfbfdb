"""Settings of the source do not decide how the platform's credentials travel."""

from pathlib import Path

import pytest

from seldon_buildpack.cnb import bindings as cnb_bindings
from seldon_buildpack.manifests.requirements_txt import IndexLines
from seldon_buildpack.messages.errors.indexes import ConstraintsOutside
from seldon_buildpack.package_sources import bindings
from seldon_buildpack.package_sources.bindings import TYPES, Bound
from seldon_buildpack.package_sources.index_settings import configure
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.settings import settings
from tests.support.bindings import bind

APP = Path("/workspace")
SOURCE = {
    "PIP_TRUSTED_HOST": "pypi.corp other.corp:8443",
    "PIP_PROXY": "http://evil:3128",
    "PIP_CERT": "mine.pem",
    "PIP_CLIENT_CERT": "client.pem",
}


def configured(
    source: dict[str, str],
    env: dict[str, str] | None = None,
    bound: Bound | None = None,
    lines: IndexLines | None = None,
) -> Index:
    given = settings.read(env or {}, source.items())
    return configure(given, lines or IndexLines(), APP, bound)


@pytest.fixture
def corp(tmp_path: Path) -> Bound:
    bind(
        tmp_path,
        "corp",
        {"type": "pypi", "uri": "https://pypi.corp/simple", "username": "u", "password": "s3cret"},
    )
    return bindings.read(cnb_bindings.read(tmp_path, TYPES))


def test_without_credentials_of_the_platform_the_source_decides() -> None:
    index = configured(SOURCE)
    assert index.trusted_hosts == ("pypi.corp", "other.corp:8443")
    assert dict(index.variables)["HTTPS_PROXY"] == "http://evil:3128"
    assert dict(index.variables)["SSL_CERT_FILE"] == "/workspace/mine.pem"
    assert [advice.found for advice in index.advice] == [
        "The certificates of pypi.corp, other.corp:8443 are not verified (PIP_TRUSTED_HOST): anyone between can change what is downloaded.",
        "Downloads go through http://evil:3128, the proxy that PIP_PROXY names in .s2i/environment.",
    ]


def test_a_host_with_a_bound_password_is_verified_and_asked_directly(corp: Bound) -> None:
    index = configured(SOURCE, bound=corp, lines=IndexLines(trusted_hosts=("PyPI.corp:443",)))
    assert index.trusted_hosts == ("other.corp:8443",)
    assert index.variables == ()
    refused = [advice.found.partition(" is not applied")[0] for advice in index.advice]
    assert refused[:5] == [
        "--trusted-host PyPI.corp:443",
        "PIP_TRUSTED_HOST pypi.corp",
        "PIP_PROXY",
        "PIP_CERT",
        "PIP_CLIENT_CERT",
    ]


@pytest.mark.parametrize(
    "env",
    [
        {"PIP_INDEX_URL": "https://u:s3cret@pypi.corp/simple"},
        {"BP_CONDA_CHANNELS": "https://pypi.corp/t/s3cret/team"},
    ],
)
def test_credentials_in_env_protect_their_host(env: dict[str, str]) -> None:
    index = configured(SOURCE, env=env)
    assert index.trusted_hosts == ("other.corp:8443",)
    assert index.variables == ()


def test_a_variable_of_the_platform_in_a_line_protects_the_host() -> None:
    lines = IndexLines(
        extra_index_urls=("https://u:t0ps3cret@pypi.corp/simple",), trusted_hosts=("pypi.corp",)
    )
    assert configured({}, env={"CORP": "t0ps3cret"}, lines=lines).trusted_hosts == ()
    assert configured({"CORP": "t0ps3cret"}, lines=lines).trusted_hosts == ("pypi.corp",)


def test_the_platform_itself_decides_over_its_connections(corp: Bound) -> None:
    index = configured({}, env=SOURCE, bound=corp)
    assert index.trusted_hosts == ("pypi.corp", "other.corp:8443")
    assert dict(index.variables)["HTTPS_PROXY"] == "http://evil:3128"
    assert ["not verified" in advice.found for advice in index.advice] == [True]


def test_a_default_entry_of_a_netrc_protects_every_host(tmp_path: Path) -> None:
    bind(tmp_path, "home", {"type": "netrc", ".netrc": "default login x password s3cret\n"})
    bound = bindings.read(cnb_bindings.read(tmp_path, TYPES))
    assert configured(SOURCE, bound=bound).trusted_hosts == ()


@pytest.mark.parametrize(
    ("source", "env", "sent"),
    [
        ({"EXTRA_INDEX_URL": "http://pypi.corp:8080/simple"}, {}, False),
        ({"EXTRA_INDEX_URL": "https://pypi.corp:8443/simple"}, {}, True),
        ({}, {"EXTRA_INDEX_URL": "http://pypi.corp:8080/simple"}, True),
    ],
)
def test_a_netrc_is_sent_in_clear_text_for_the_platform_only(
    tmp_path: Path, source: dict[str, str], env: dict[str, str], sent: bool
) -> None:
    bind(tmp_path, "home", {"type": "netrc", ".netrc": "machine pypi.corp login x password y\n"})
    bound = bindings.read(cnb_bindings.read(tmp_path, TYPES))
    assert ("x:y@" in configured(source, env, bound).extra[0]) is sent


def test_the_source_names_no_constraints_outside() -> None:
    with pytest.raises(ConstraintsOutside):
        configured({"PIP_CONSTRAINT": "../../platform/bindings/corp/password"})
    assert configured({}, env={"PIP_CONSTRAINT": "/mounted/c.txt"}).constraints
