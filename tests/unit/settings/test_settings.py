import pytest

from seldon_buildpack import origin
from seldon_buildpack.masking import Secret
from seldon_buildpack.messages.errors.settings import InvalidBoolean
from seldon_buildpack.origin import PLATFORM_ENV, S2I_ENVIRONMENT, Kind
from seldon_buildpack.settings import settings, unread, variable_kinds, variables
from seldon_buildpack.settings.build_variables import (
    list_withheld_variables,
    select_build_variables,
)


def test_env_wins_over_the_file() -> None:
    read = settings.read(
        {"MODEL_NAME": "FromEnv"}, [("MODEL_NAME", "FromFile"), ("SERVICE_TYPE", "MODEL")]
    )
    assert read.get("MODEL_NAME") == settings.Value("FromEnv", PLATFORM_ENV)
    assert read.get("SERVICE_TYPE") == settings.Value("MODEL", S2I_ENVIRONMENT)


def test_file_keys_are_launch_defaults_unless_for_the_build() -> None:
    file = [
        ("MODEL_NAME", "M"),
        ("MY_OWN", "kept"),
        ("EXTRA_INDEX_URL", "http://u:p@h/simple"),
        ("PIP_TRUSTED_HOST", "h"),
        ("BP_PYTHON_VERSION", "3.11"),
        ("UV_INDEX", "x"),
        ("HTTPS_PROXY", "http://u:p@proxy"),
    ]
    assert settings.read({}, file).launch == {"MODEL_NAME.default": "M", "MY_OWN.default": "kept"}


@pytest.mark.parametrize(
    ("name", "baked"),
    [
        ("MODEL_NAME", True),
        ("SELDON_LOG_LEVEL", True),
        ("GUNICORN_WORKERS", True),
        ("PREDICTIVE_UNIT_PARAMETERS", True),
        ("MODEL_METADATA", True),
        ("MY_TOKEN", False),
        ("PYTHONPATH", False),
        ("PIP_INDEX_URL", False),
    ],
)
def test_of_env_only_the_wrappers_own_variables_reach_the_image(name: str, baked: bool) -> None:
    assert (f"{name}.default" in settings.read({name: "x"}, []).launch) is baked


def test_bpe_variables_are_set_in_the_image() -> None:
    env = {"BPE_FOO": "1", "BPE_DEFAULT_BAR": "2", "BPE_APPEND_BAZ": "3", "BPE_DELIM_BAZ": ":"}
    assert settings.read(env, []).launch == {
        "FOO.override": "1",
        "BAR.default": "2",
        "BAZ.append": "3",
        "BAZ.delim": ":",
    }


def test_an_empty_value_counts_as_not_set() -> None:
    assert settings.read({"MODEL_NAME": " "}, []).get("MODEL_NAME") is None


@pytest.mark.parametrize(
    ("value", "on"),
    [("", True), ("1", True), ("Yes", True), ("0", False), (" false ", False), ("off", False)],
)
def test_switch_is_turned_off_by_a_word_that_says_so(value: str, on: bool) -> None:
    assert settings.read({"BP_DEV_PROCESS": value}, []).switch("BP_DEV_PROCESS", default=True) is on


def test_a_switch_that_says_neither_is_named_with_its_origin() -> None:
    with pytest.raises(InvalidBoolean) as raised:
        settings.read({}, [("BP_DEV_PROCESS", "maybe")]).switch("BP_DEV_PROCESS", default=True)
    text = "\n".join(raised.value.lines())
    assert "`BP_DEV_PROCESS=maybe` is neither on nor off" in text
    assert ".s2i/environment" in text


def test_credentials_in_urls_of_build_variables_are_secrets() -> None:
    read = settings.read(
        {"PIP_INDEX_URL": "https://bob:s3cr3t@h/simple https://token@h2/simple"}, []
    )
    assert {secret.reveal() for secret in read.secrets()} == {"s3cr3t", "bob:s3cr3t", "token"}
    assert "s3cr3t" not in repr(read.secrets())


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("DB_PASSWORD", "correct horse", True),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG", True),
        ("api_key", "0123456789", True),
        ("DATABASE", "postgres://bob:s3cr3t@db/models", True),
        ("DEPLOY", "glpat-abcdefghijklmnopqrst", True),
        ("DB_PASSWORD_FILE", "/run/secrets/db", False),
        ("MAX_TOKENS", "100000", False),
        ("USE_TOKEN", "1", False),
        ("FEATURES", "http://store/features@v2", False),
        ("PIP_INDEX_URL", "https://bob:s3cr3t@h/simple", False),
    ],
)
def test_credential_like_key_is_reported_and_kept(name: str, value: str, told: bool) -> None:
    read = settings.read({}, [(name, value)])
    assert read.like_credentials() == ((name,) if told else ())
    assert not told or read.launch == {f"{name}.default": value}


def test_a_password_by_its_name_is_masked_wherever_it_comes_from() -> None:
    read = settings.read(
        {"MY_TOKEN": "from-env", "SWITCH_TOKEN": "1"}, [("DB_PASSWORD", "from-file")]
    )
    assert set(read.secrets()) == {Secret("from-env"), Secret("from-file")}


def test_binding_values_fill_gaps_and_reach_no_image() -> None:
    read = settings.read({"PIP_RETRIES": "1", "PIP_PRE": ""}, []).with_fallbacks(
        {"PIP_RETRIES": ("5", origin.binding("b")), "PIP_PRE": ("1", origin.binding("b"))}
    )
    assert (read.text("PIP_RETRIES"), read.text("PIP_PRE"), read.launch) == ("1", "1", {})


def test_a_variable_is_declared_once() -> None:
    names = [setting.name for setting in variables.DECLARED]
    assert len(names) == len(set(names))


def test_channels_are_separated_and_their_credentials_known() -> None:
    found = settings.read(
        {"BP_CONDA_CHANNELS": "https://u:s3cr3t@h/x,conda-forge  https://h/t/t0k3n/y"}, []
    )
    assert found.channels("BP_CONDA_CHANNELS") == (
        "https://u:s3cr3t@h/x",
        "conda-forge",
        "https://h/t/t0k3n/y",
    )
    assert {"s3cr3t", "t0k3n"} <= {secret.reveal() for secret in found.secrets()}


@pytest.mark.parametrize(
    "name", ["CONDA_CHANNELS", "BP_CONDA_CHANNELS", "CONDA_CHANNEL_ALIAS", "CONDA_OVERRIDE_CUDA"]
)
def test_where_condas_packages_come_from_is_not_in_the_image(name: str) -> None:
    assert not variable_kinds.in_image(name, Kind.S2I_ENVIRONMENT)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("UV_INDEX_URL", "PIP_INDEX_URL"),
        ("UV_DEFAULT_INDEX", "PIP_INDEX_URL"),
        ("UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL"),
        ("BP_CPYTHON_VERSION", "BP_PYTHON_VERSION"),
        ("BP_PYTHON_VERSON", "BP_PYTHON_VERSION"),
        ("pip_index_url", "PIP_INDEX_URL"),
        ("PIP_CONFIG_FILE", ""),
        ("PIP_NO_DEPS", ""),
        ("PIP_PREFIX", ""),
    ],
)
def test_a_variable_of_pip_or_uv_that_nothing_reads_is_named(name: str, near: str) -> None:
    (piece,) = unread.find_unread(settings.read({name: "x"}, []))
    assert piece.found.startswith(f"pack build --env: {name} has no effect")
    assert piece.todo.startswith(f"If you mean {near}, set" if near else "Remove it.")


@pytest.mark.parametrize(
    "name", ["PIP_TIMEOUT", "BP_DEPENDENCY_MIRROR_X_ORG", "PIP_NO_CACHE_DIR", "BPE_X", "FOO"]
)
def test_variables_that_are_read_or_change_nothing_are_not_named(name: str) -> None:
    assert unread.find_unread(settings.read({name: "x"}, [("PIP_QUIET", "1")])) == ()


def test_the_building_of_packages_sees_the_users_own_variables() -> None:
    env = {
        "CFLAGS": "-O2",
        "FOO": "env",
        "PATH": "/x",
        "LD_PRELOAD": "x",
        "PYTHONPATH": "/x",
        "PIP_NO_DEPS": "1",
        "UV_INDEX": "x",
        "SSL_CERT_FILE": "x",
        "GIT_SSH_COMMAND": "x",
        "https_proxy": "x",
        "BPE_X": "1",
        "CNB_X": "1",
        "BP_PYTHON_VERSION": "3.11",
        "MODEL_NAME": "M",
        "GUNICORN_WORKERS": "2",
        "CONDA_CHANNELS": "x",
    }
    found = settings.read(env, [("BAR", "file"), ("SETUPTOOLS_SCM_PRETEND_VERSION", "1.0")])
    assert select_build_variables(found) == {
        "BAR": "file",
        "CFLAGS": "-O2",
        "SETUPTOOLS_SCM_PRETEND_VERSION": "1.0",
    }
    assert list_withheld_variables(found) == ("FOO",)


def test_platform_names_its_variables_for_package_builds() -> None:
    env = {"FOO": "1", "BAR": "2", "CMAKE_TOKEN": "t0ps3cret", "PATH": "/x"}
    named = settings.read({**env, "BP_BUILD_VARIABLES": "FOO, PATH"}, [])
    assert select_build_variables(named) == {"FOO": "1"}
    by_source = settings.read(env, [("BP_BUILD_VARIABLES", "FOO BAR"), ("BAR", "file")])
    assert select_build_variables(by_source) == {}
