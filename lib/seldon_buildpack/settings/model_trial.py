"""BP_MODEL_TRIAL and BP_MODEL_TRIAL_TIMEOUT: how far the build tries the model."""

import re
from dataclasses import dataclass
from enum import Enum

from seldon_buildpack.messages.errors.settings import ModelTrialTimeoutInvalid, ModelTrialUnknown
from seldon_buildpack.settings.settings import Settings

_NAME = "BP_MODEL_TRIAL"
_TIMEOUT = "BP_MODEL_TRIAL_TIMEOUT"
_SECONDS, _MOST_SECONDS = 60, 3600


class ModelTrial(Enum):
    """The valid values."""

    # The model is loaded and answers the source's requests, if everything that it needs is at hand.
    AUTO = "auto"
    # Nothing is run, and a model that certainly cannot start is a warning.
    OFF = "off"
    # The model is imported.
    IMPORT = "import"
    # The model is imported, constructed and loaded.
    LOAD = "load"
    # As AUTO, and a request that contract.json describes is answered.
    ANSWER = "answer"
    # As AUTO, in every build: what it needs is restored.
    ALWAYS = "always"


@dataclass(frozen=True)
class TrialSettings:
    """What the user set about the trial, with the defaults."""

    level: ModelTrial = ModelTrial.AUTO
    seconds: int = _SECONDS


def read_model_trial(settings: Settings) -> TrialSettings:
    """Return what is set about the trial.

    Raises:
        ModelTrialUnknown, ModelTrialTimeoutInvalid: A value is not valid.
    """
    value, timeout = settings.text(_NAME), settings.text(_TIMEOUT)
    try:
        level = ModelTrial(value.lower() or "auto")
    except ValueError:
        raise ModelTrialUnknown(value) from None
    if timeout and not (re.fullmatch("[0-9]{1,9}", timeout) and 0 < int(timeout) <= _MOST_SECONDS):
        raise ModelTrialTimeoutInvalid(timeout, _MOST_SECONDS)
    return TrialSettings(level, int(timeout or _SECONDS))
