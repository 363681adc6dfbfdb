"""Warnings about the wrapper's release and its dependencies."""

from collections.abc import Sequence

from seldon_buildpack.messages.warnings.base import Advice


def wrapper_under_bsl(version: str) -> Advice:
    """Warn that seldon-core is not under Apache-2.0 from version 1.18 on."""
    return Advice(
        f"seldon-core {version} is under the Business Source License 1.1: production use needs an agreement with Seldon.",
        "Without one, use the last release under Apache-2.0: seldon-core==1.17.1 in the requirements, or BP_SELDON_CORE_VERSION=1.17.1.",
    )


def pins_overridden(unmet: Sequence[str]) -> Advice:
    """Warn that the user's pins conflict with the wrapper's.

    The wrapper was started with the user's versions, and it served requests.
    """
    return Advice(
        f"Your requirements override versions that seldon-core requires: {'; '.join(unmet)}.",
        "The build started the wrapper with your versions, and it responded over REST and gRPC. Nothing else was tested: test your model.",
    )


def protobuf_without_compiled_code(version: str, python: str) -> Advice:
    """Warn about a protobuf that is pure Python, because this Python has no compiled one."""
    return Advice(
        f"protobuf {version} has no compiled code for Python {python}: gRPC with 100,000 numbers takes about 440 ms instead of 12.",
        "Require protobuf 4.25.8 or later; or set BP_PYTHON_VERSION=3.10, for which 3.20 has compiled code.",
    )


def compiled_for_numpy_1(package: str, numpy: str) -> Advice:
    """Warn about a package that needs NumPy 1, if the requirements need NumPy 2."""
    return Advice(
        f"{package} was compiled for NumPy 1, but your requirements need NumPy 2 ({numpy}): importing it fails.",
        f"Require numpy<2 instead, or a newer release of {package.partition(' ')[0]}.",
    )


def uses_removed_name(use: str, numpy: str) -> Advice:
    """Warn about a name in the source that the installed NumPy 2 does not have."""
    return Advice(
        f"{use} is not in NumPy {numpy}, which is installed.",
        "Require numpy<2, or replace the name (NumPy 2.0 Migration Guide: ruff check --select NPY201 --fix).",
    )
