"""Warnings about conda channels."""

from seldon_buildpack.messages.warnings.base import Advice


def terms_of_defaults() -> Advice:
    """Warn that Anaconda's own channels are free of charge for some users only."""
    return Advice(
        "The packages of `defaults` are under Anaconda's terms of service: organisations with more than 200 people need a licence.",
        "Read the terms, or use other channels: `channels: [conda-forge, nodefaults]`, or BP_CONDA_CHANNELS=conda-forge.",
    )
