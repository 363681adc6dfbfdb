"""BP_MODEL_TRIAL: what the build does about a model that cannot start."""

from enum import Enum

from seldon_buildpack.messages.errors.settings import ModelTrialUnknown
from seldon_buildpack.settings.settings import Settings

_NAME = "BP_MODEL_TRIAL"


class ModelTrial(Enum):
    """The valid values."""

    # A model that certainly cannot start is an error.
    AUTO = "auto"
    # It is a warning.
    OFF = "off"


def read_model_trial(settings: Settings) -> ModelTrial:
    """Return the value that is set, or AUTO.

    Raises:
        ModelTrialUnknown: The value is not valid.
    """
    value = settings.text(_NAME)
    try:
        return ModelTrial(value.lower() or "auto")
    except ValueError:
        raise ModelTrialUnknown(value) from None
