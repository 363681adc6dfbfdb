"""Warnings about service bindings."""

from seldon_buildpack.messages.warnings.base import Advice


def binding_without_type(name: str) -> Advice:
    """Warn about a binding without a file ``type``."""
    return Advice(
        f"The binding {name} is ignored: it has no file `type`.",
        "Add that file, with the binding's type: pypi, conda, netrc, ca-certificates or dependency-mirror.",
    )


def condarc_certificates(binding: str) -> Advice:
    """Warn about ssl_verify in a .condarc.

    It may name a file on the machine where the .condarc was written.
    """
    return Advice(
        f"The binding {binding}: ssl_verify in its .condarc is ignored.",
        "Add your CA certificates to the binding as `certificates`, or use a binding of type ca-certificates.",
    )
