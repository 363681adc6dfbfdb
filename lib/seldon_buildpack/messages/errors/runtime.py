"""Errors about BP_SELDON_RUNTIME, the Python and wrapper in the run image."""

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.settings import _set

_UNSET = "Unset BP_SELDON_RUNTIME: the build then puts Python and wrapper into layers of the image where the run image cannot provide them."


class RuntimeModeUnknown(BuildError):
    """A BP_SELDON_RUNTIME that is none of its values."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"`BP_SELDON_RUNTIME={value}` is not valid",
            "It says where the image has Python and the wrapper from: `auto` (from the run image if it contains them), `layers`, or `run-image`.",
            _set("BP_SELDON_RUNTIME", "auto"),
        )


class RuntimeNotInBuilder(BuildError):
    """A BP_SELDON_RUNTIME=run-image with a builder that has no such run image."""

    def __init__(self) -> None:
        super().__init__(
            "This builder has no run image with Python and wrapper",
            "BP_SELDON_RUNTIME=run-image was set, but the builder's build image describes no such run image (/opt/seldon/*/runtime.toml).",
            _UNSET,
            "Build with a builder that `make builder` or `make publish` creates.",
        )


class RuntimeNotInRunImage(BuildError):
    """A BP_SELDON_RUNTIME=run-image with a run image that does not contain the runtime.

    ``run_image`` is its name, ``label`` its id, and ``needed`` the id of the one that does. The
    name is empty if the platform does not tell it.
    """

    def __init__(self, run_image: str, label: str, needed: str) -> None:
        name = f"`{run_image}`" if run_image else "the run image"
        super().__init__(
            "The run image does not contain Python and wrapper",
            f"BP_SELDON_RUNTIME=run-image was set. It needs a run image with the label io.buildpacks.base.id={needed},\n"
            f"but {name} has {'the label ' + label if label else 'no such label'}.",
            "Build without --run-image, so that the builder's own run image is used.",
            _UNSET,
        )


class RuntimeNotForModel(BuildError):
    """A BP_SELDON_RUNTIME=run-image for a model that the runtime does not suit.

    ``because`` completes a sentence.
    """

    def __init__(self, series: str, because: str) -> None:
        super().__init__(
            "The run image's Python and wrapper do not suit this model",
            f"BP_SELDON_RUNTIME=run-image was set, and the run image contains the runtime {series}, but {because}.",
            _UNSET,
        )
