"""What an origin is called in the log and in errors."""

import pytest

from seldon_buildpack import origin
from seldon_buildpack.origin import Kind, Origin


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (origin.NOWHERE, ""),
        (origin.S2I_ENVIRONMENT, ".s2i/environment"),
        (Origin(kind=Kind.S2I_ENVIRONMENT, line=3), ".s2i/environment line 3"),
        (origin.PLATFORM_ENV, "pack build --env"),
        (origin.variable("PIP_INDEX_URL"), "PIP_INDEX_URL"),
        (origin.binding("corp"), "the binding corp"),
        (Origin(kind=Kind.NETRC, name="home"), "the netrc of the binding home"),
        (origin.REQUIREMENTS, "the requirements"),
        (origin.file(".python-version"), ".python-version"),
        (
            Origin(kind=Kind.REQUIRES_PYTHON, name="pyproject.toml", specifier=">=3.9"),
            "requires-python in pyproject.toml: >=3.9",
        ),
        (Origin(kind=Kind.ANY_PYTHON, name="environment.yml"), "environment.yml allows any"),
        (
            Origin(kind=Kind.DEFAULT, name="BP_PYTHON_VERSION"),
            "the default; set BP_PYTHON_VERSION to change it",
        ),
    ],
)
def test_origin_is_described(found: Origin, words: str) -> None:
    assert found.describe() == words


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (origin.NOWHERE, ""),
        (origin.binding("corp"), "from the binding corp"),
        (Origin(kind=Kind.NO_CHANNELS, name="environment.yml"), "environment.yml lists none"),
        (Origin(kind=Kind.CONDA_DEFAULTS), "instead of conda's defaults"),
    ],
)
def test_origin_of_a_channel_is_described(found: Origin, words: str) -> None:
    assert found.describe_from() == words
