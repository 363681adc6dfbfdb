"""BP_MODEL_TRIAL is read before anything is installed."""

import pytest

from seldon_buildpack.messages.errors.settings import ModelTrialUnknown
from seldon_buildpack.settings.model_trial import ModelTrial, read_model_trial
from seldon_buildpack.settings.settings import read


@pytest.mark.parametrize(
    ("value", "trial"),
    [("", ModelTrial.AUTO), ("auto", ModelTrial.AUTO), ("OFF", ModelTrial.OFF)],
)
def test_value_is_read_in_any_case(value: str, trial: ModelTrial) -> None:
    assert read_model_trial(read({"BP_MODEL_TRIAL": value}, {})) is trial


def test_other_value_is_named() -> None:
    with pytest.raises(ModelTrialUnknown) as caught:
        read_model_trial(read({"BP_MODEL_TRIAL": "maybe"}, {}))
    assert caught.value.lines() == [
        "",
        "ERROR: `BP_MODEL_TRIAL=maybe` is not valid",
        "",
        "  It is `auto` (a model that cannot start fails the build) or `off` (the build only warns).",
        "",
        "  What to do:",
        "  1. Set BP_MODEL_TRIAL=auto in .s2i/environment, or pass `--env BP_MODEL_TRIAL=auto`.",
        "",
    ]
