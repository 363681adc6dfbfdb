"""BP_MODEL_TRIAL and its time limit are read before anything is installed."""

import pytest

from seldon_buildpack.messages.errors.settings import ModelTrialTimeoutInvalid, ModelTrialUnknown
from seldon_buildpack.settings.model_trial import ModelTrial, TrialSettings, read_model_trial
from seldon_buildpack.settings.settings import read


@pytest.mark.parametrize(
    ("value", "level"),
    [
        ("", ModelTrial.AUTO),
        ("auto", ModelTrial.AUTO),
        ("OFF", ModelTrial.OFF),
        ("Import", ModelTrial.IMPORT),
        ("load", ModelTrial.LOAD),
        ("answer", ModelTrial.ANSWER),
        ("always", ModelTrial.ALWAYS),
    ],
)
def test_value_is_read_in_any_case(value: str, level: ModelTrial) -> None:
    assert read_model_trial(read({"BP_MODEL_TRIAL": value}, {})) == TrialSettings(level, 60)


def test_other_value_is_named() -> None:
    with pytest.raises(ModelTrialUnknown) as caught:
        read_model_trial(read({"BP_MODEL_TRIAL": "maybe"}, {}))
    assert caught.value.lines() == [
        "",
        "ERROR: `BP_MODEL_TRIAL=maybe` is not valid",
        "",
        "  It says how far the build tries the model: auto, import, load, answer, always or off (docs/model-checks.md).",
        "",
        "  What to do:",
        "  1. Set BP_MODEL_TRIAL=auto in .s2i/environment, or pass `--env BP_MODEL_TRIAL=auto`.",
        "",
    ]


def test_timeout_is_in_seconds() -> None:
    settings = read({"BP_MODEL_TRIAL_TIMEOUT": " 120 "}, {})
    assert read_model_trial(settings).seconds == 120


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "2m", "3601", "9" * 40, "٣"])
def test_timeout_of_another_form_is_named(value: str) -> None:
    with pytest.raises(ModelTrialTimeoutInvalid) as caught:
        read_model_trial(read({"BP_MODEL_TRIAL_TIMEOUT": value}, {}))
    assert caught.value.lines() == [
        "",
        f"ERROR: `BP_MODEL_TRIAL_TIMEOUT={value}` is not valid",
        "",
        "  It is how long the model may take to load in the build: a whole number of seconds from 1 to 3600.",
        "",
        "  What to do (choose one):",
        "  1. Set BP_MODEL_TRIAL_TIMEOUT=120 in .s2i/environment, or pass `--env BP_MODEL_TRIAL_TIMEOUT=120`.",
        "  2. Unset it: the default is 60.",
        "",
    ]
