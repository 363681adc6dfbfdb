"""Bindings of type ``conda``: channels, their credentials, or a whole .condarc.

The channels replace the ones in the environment's file, or are added to them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from seldon_buildpack import origin
from seldon_buildpack.cnb.bindings import Binding
from seldon_buildpack.masking import Secret, url_secrets, without_credentials
from seldon_buildpack.messages.warnings import bindings as bindings_warnings
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.origin import NOWHERE, Origin
from seldon_buildpack.package_sources import binding_entries
from seldon_buildpack.package_sources.conda_credentials import ChannelCredential

CONDARC = ".condarc"

_NAMES = (CONDARC, "condarc")
_ROLES = ("channel", "extra", "alias")

# The URL or the name of a channel, with its origin.
Named = tuple[str, Origin]


@dataclass(frozen=True, kw_only=True)
class BoundConda:
    """The combined settings of all bindings of type conda."""

    # Channels that replace the ones in the environment's file.
    channels: tuple[Named, ...] = field(default=(), repr=False)
    # Channels that are searched before all others.
    extra: tuple[Named, ...] = field(default=(), repr=False)
    # The URL that is prefixed to channel names.
    alias: Named = field(default=("", NOWHERE), repr=False)
    # The URLs that are prefixed to single channel names.
    custom: Mapping[str, str] = field(default_factory=dict, repr=False)
    # The channels that `defaults` stands for.
    defaults: tuple[str, ...] = field(default=(), repr=False)
    # The credentials for channels.
    credentials: tuple[ChannelCredential, ...] = ()
    advice: tuple[Advice, ...] = ()

    def secrets(self) -> tuple[Secret, ...]:
        """Return the secrets that must be masked."""
        named = (*self.channels, *self.extra, self.alias)
        urls = (*(url for url, _ in named), *self.custom.values(), *self.defaults)
        inside = (secret for url in urls if "://" in url for secret in url_secrets(url))
        return (
            *(secret for credential in self.credentials for secret in credential.secrets()),
            *inside,
        )


def read(found: BoundConda, binding: Binding) -> tuple[BoundConda, str]:
    """Add a binding to ``found``, and return the result with a description for the log.

    Raises:
        BindingInvalid: The binding cannot be used.
    """
    if key := next((name for name in _NAMES if name in binding.entries), ""):
        return _condarc(found, binding, key)
    uri = binding_entries.url(binding, "uri")
    role = binding_entries.text(binding, "role").strip().lower() or _ROLES[0]
    if role not in _ROLES:
        raise binding_entries.invalid(
            binding,
            "its role is not valid",
            "Set role to `channel` (instead of the file's channels), `extra` (in addition to them) or `alias` (the base URL of channel names).",
        )
    source = origin.binding(binding.name)
    credential = _read_credential(binding, uri, source)
    found = replace(found, credentials=(*found.credentials, *([credential] if credential else [])))
    if role == "alias":
        return _with_alias(
            found, binding, uri
        ), f"base URL of channel names {binding_entries.shown(uri)}"
    if role == "extra":
        return replace(
            found, extra=(*found.extra, (uri, source))
        ), f"extra channel {binding_entries.shown(uri)}"
    return replace(
        found, channels=(*found.channels, (uri, source))
    ), f"channel {binding_entries.shown(uri)}"


def _read_credential(binding: Binding, uri: str, source: Origin) -> ChannelCredential | None:
    user, password, token = (
        binding_entries.text(binding, key) for key in ("username", "password", "token")
    )
    if password and not user:
        raise binding_entries.invalid(
            binding,
            "it has a password without a username",
            "Add username. If it is a token, use the entry token.",
        )
    if token and user:
        raise binding_entries.invalid(
            binding,
            "it has both a token and a username",
            "Keep the one that the channel's server requires.",
        )
    if not user and not token:
        return ChannelCredential.in_url(uri, source)
    return ChannelCredential(
        url=without_credentials(uri).rstrip("/"),
        source=source,
        user=user,
        password=Secret(password),
        token=Secret(token.strip()),
    )


def _with_alias(found: BoundConda, binding: Binding, uri: str) -> BoundConda:
    if found.alias[0]:
        raise binding_entries.invalid(
            binding,
            f"{found.alias[1].describe()} also sets the base URL of channel names",
            "Remove one of them.",
        )
    return replace(found, alias=(uri.rstrip("/"), origin.binding(binding.name)))


def _condarc(found: BoundConda, binding: Binding, key: str) -> tuple[BoundConda, str]:
    """Add the channel settings of a .condarc.

    See "Using the .condarc conda configuration file" in conda's documentation.
    """
    told, source = _yaml(binding, key), origin.binding(binding.name)
    channels = [*_list(binding, told, "channels"), *_list(binding, told, "default_channels")]
    custom = told.get("custom_channels") or {}
    alias = told.get("channel_alias") or ""
    if not isinstance(custom, dict) or not isinstance(alias, str):
        raise binding_entries.invalid(
            binding,
            f"its {key} has an invalid custom_channels or channel_alias",
            "Correct it: check it with `conda config --show`.",
        )
    custom = {str(name): str(url).rstrip("/") for name, url in custom.items()}
    urls = [url for url in (*channels, *custom.values(), alias) if "://" in url]
    credentials = [
        credential for url in urls if (credential := ChannelCredential.in_url(url, source))
    ]
    found = replace(
        found,
        channels=(
            *found.channels,
            *((channel, source) for channel in _list(binding, told, "channels")),
        ),
        custom={**custom, **found.custom},
        defaults=found.defaults or _list(binding, told, "default_channels"),
        credentials=(*found.credentials, *credentials),
        advice=(
            *found.advice,
            *(
                [bindings_warnings.condarc_certificates(binding.name)]
                if "ssl_verify" in told
                else []
            ),
        ),
    )
    found = _with_alias(found, binding, alias) if alias else found
    taken = [
        name
        for name in ("channels", "channel_alias", "default_channels", "custom_channels")
        if told.get(name)
    ]
    return found, f"{CONDARC} with {', '.join(taken) or 'no channel settings'}"


def _yaml(binding: Binding, key: str) -> dict[str, Any]:
    import yaml

    try:
        told = yaml.safe_load(binding_entries.text(binding, key))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise binding_entries.invalid(
            binding,
            f"its {key} has an error{where}",
            "Correct it: check it with `conda config --show`.",
        ) from error
    if told is not None and not isinstance(told, dict):
        raise binding_entries.invalid(
            binding, f"its {key} is not a table", "Write `channels:` with a list below it."
        )
    return told or {}


def _list(binding: Binding, told: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = told.get(key) or []
    if not isinstance(value, list):
        raise binding_entries.invalid(
            binding,
            f"in its {CONDARC} {key} is not a list",
            f"Write `{key}:` with each channel on its own line below: - NAME.",
        )
    return tuple(str(one) for one in value)
