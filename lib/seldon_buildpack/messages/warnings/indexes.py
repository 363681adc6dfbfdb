"""Warnings about connections to package indexes."""

from collections.abc import Sequence

from seldon_buildpack.messages.name_lists import first_names
from seldon_buildpack.messages.warnings.base import Advice


def connection_setting_refused(setting: str) -> Advice:
    """Warn about a setting of the source that would decide how the platform's passwords travel."""
    return Advice(
        f"{setting} is not applied: the platform gives credentials to this build, and the source does not decide how they are sent.",
        "If it is to apply, set it on the platform, with `pack build --env`.",
    )


def certificates_not_verified(settings: Sequence[str], hosts: Sequence[str]) -> Advice:
    """Warn about connections whose certificates are not verified."""
    return Advice(
        f"The certificates of {first_names(hosts)} are not verified ({', '.join(settings)}): anyone between can change what is downloaded.",
        "Bind the CA certificate instead: a binding of the type `ca-certificates`.",
    )


def proxy_of_source(variable: str, proxy: str) -> Advice:
    """Warn about a proxy that the source chooses."""
    return Advice(
        f"Downloads go through {proxy}, the proxy that {variable} names in .s2i/environment.",
        "If your platform has a proxy, set HTTPS_PROXY there and remove the line.",
    )
