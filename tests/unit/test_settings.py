import pytest

from seldon_buildpack import settings, variables


def test_env_wins_over_the_file() -> None:
    read = settings.read({"MODEL_NAME": "FromEnv"}, [("MODEL_NAME", "FromFile"), ("SERVICE_TYPE", "MODEL")])
    assert read.get("MODEL_NAME") == settings.Value("FromEnv", variables.ENV)
    assert read.get("SERVICE_TYPE") == settings.Value("MODEL", variables.FILE)


def test_every_key_of_the_file_is_a_launch_default_but_those_that_configure_the_build() -> None:
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
    assert settings.read(env, []).launch == {"FOO.override": "1", "BAR.default": "2", "BAZ.append": "3", "BAZ.delim": ":"}


def test_an_empty_value_counts_as_not_set() -> None:
    assert settings.read({"MODEL_NAME": " "}, []).get("MODEL_NAME") is None


def test_credentials_in_urls_of_build_variables_are_secrets() -> None:
    read = settings.read({"PIP_INDEX_URL": "https://bob:s3cr3t@h/simple https://token@h2/simple"}, [])
    assert {secret.reveal() for secret in read.secrets()} == {"s3cr3t", "bob:s3cr3t", "token"}
    assert "s3cr3t" not in repr(read.secrets())


def test_a_variable_is_declared_once() -> None:
    names = [setting.name for setting in variables.DECLARED]
    assert len(names) == len(set(names))
