"""Errors that are not caused by the model: bugs in the buildpack, and a full disk."""

from collections.abc import Sequence

from seldon_buildpack.messages.errors.base import BuildError


class InternalError(BuildError):
    """An unexpected exception: a bug in the buildpack."""

    exit_code = 70

    def __init__(self, trace: Sequence[str]) -> None:
        super().__init__(
            "The buildpack itself failed",
            "This is a bug in the buildpack, not in your model.",
            "Report it with the output below and what you built.",
            tail=trace[-12:],
        )


class DiskFull(BuildError):
    """A disk without space left."""

    def __init__(self, where: str) -> None:
        super().__init__(
            "The disk is full",
            f"Writing {where} failed: no space left on the device.",
            "Free space where the container engine stores its data (`docker system df` shows what uses it).",
            "If the build runs in a pod, give it a larger volume.",
        )
