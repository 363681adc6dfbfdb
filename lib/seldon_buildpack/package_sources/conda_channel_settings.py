"""Which conda channels does a build use, in which order, and with which credentials?

Variables take precedence over the platform's bindings, and bindings over the file's own channels.
A channel name stays a bare name if no channel alias is configured: the solver then uses conda's
default alias.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from seldon_buildpack import origin
from seldon_buildpack.manifests.conda.types import PLATFORM, CondaEnvironment
from seldon_buildpack.masking import without_credentials
from seldon_buildpack.messages.errors.conda_channels import (
    ChannelAliasInvalid,
)
from seldon_buildpack.messages.errors.conda_files import CudaInvalid
from seldon_buildpack.messages.warnings import conda_channels as conda_channels_warnings
from seldon_buildpack.origin import Kind, Origin
from seldon_buildpack.package_sources.bindings import Bound
from seldon_buildpack.package_sources.conda_bindings import BoundConda, Named
from seldon_buildpack.package_sources.conda_channel_folders import check_folder, local_folder
from seldon_buildpack.package_sources.conda_channels import Channel, Channels
from seldon_buildpack.package_sources.conda_credentials import ChannelCredential, is_below
from seldon_buildpack.settings.settings import Settings

DEFAULT = "conda-forge"
_CHANNELS = ("BP_CONDA_CHANNELS", "CONDA_CHANNELS")
_ALIAS = ("BP_CONDA_CHANNEL_ALIAS", "CONDA_CHANNEL_ALIAS")
_CUDA = ("BP_CONDA_OVERRIDE_CUDA", "CONDA_OVERRIDE_CUDA")
_NO_DEFAULTS, _DEFAULTS = "nodefaults", "defaults"
# The channels that `defaults` stands for on Linux (conda: default_channels), as names below
# conda's alias.
_OF_DEFAULTS = ("main", "r")
# Channels with Anaconda's own packages.
_ANACONDAS = re.compile(r"defaults|anaconda|(?:pkgs/)?(?:main|r|free|pro|msys2)")
_SUBDIR = re.compile(rf"/(?:{PLATFORM}|noarch)/?$")


def configure(
    settings: Settings, environment: CondaEnvironment, bound: Bound, app: Path
) -> Channels:
    """Merge the variables, the bindings of type `conda` and the file's channels, with credentials.

    Raises:
        ChannelFolderMissing: A channel is a folder that does not exist.
        ChannelFolderNotIndexed: A channel is a folder without a package list.
        ChannelAliasInvalid: The channel alias is not a URL.
        CudaInvalid: The CUDA version is not a version number.
    """
    conda = bound.conda
    alias = _alias(settings, conda)
    named = _each_once([*conda.extra, *_named(settings, environment, conda)])
    channels = tuple(
        dict.fromkeys(found for one in named for found in _resolved(one, conda, alias[0], app))
    )
    places = [
        *named,
        *(
            (_top(package.url), origin.file(environment.path.name))
            for package in environment.packages
        ),
        alias,
    ]
    return Channels(
        app=app,
        channels=_once(channels),
        credentials=tuple(
            _channel_credentials(
                places,
                (
                    *((channel.url, _is_by_source(channel, settings)) for channel in channels),
                    *((_top(package.url), True) for package in environment.packages),
                ),
                bound,
            )
        ),
        alias=without_credentials(alias[0]),
        cuda=_cuda(settings),
        advice=(
            *conda.advice,
            *(
                [conda_channels_warnings.terms_of_defaults()]
                if any(_ANACONDAS.fullmatch(name) for name, _ in named)
                else []
            ),
        ),
    )


def _named(settings: Settings, environment: CondaEnvironment, conda: BoundConda) -> list[Named]:
    """Return the channels as the user wrote them, each with its origin."""
    if variable := next((name for name in _CHANNELS if settings.get(name)), ""):
        return [
            (channel, origin.variable(variable))
            for channel in settings.channels(variable)
            if channel != _NO_DEFAULTS
        ]
    if any(not _names(environment, url) for url, _ in conda.channels):
        return [(url, source) for url, source in conda.channels if url != _NO_DEFAULTS]
    file = environment.path.name
    own = [(channel, origin.file(file)) for channel in environment.channels]
    if environment.locked:
        return own
    if not own:
        return [(DEFAULT, Origin(kind=Kind.NO_CHANNELS, name=file))]
    return (
        [*own, (DEFAULT, Origin(kind=Kind.CONDA_DEFAULTS))] if _lacks_python(environment) else own
    )


def _names(environment: CondaEnvironment, url: str) -> bool:
    """Return whether the file itself names this channel, or one below it.

    A binding for such a channel only supplies credentials.
    """
    return any(
        is_below(without_credentials(channel), without_credentials(url))
        for channel in environment.channels
    )


def _lacks_python(environment: CondaEnvironment) -> bool:
    """Return whether the file relies on conda's default channels to provide Python.

    This is so if it only names channels such as `pytorch` or `bioconda`. Unless the file has
    nodefaults, conda adds its default channels to those of every file (conda:
    conda/env/installers/conda.py).
    """
    known = (
        channel == DEFAULT or _ANACONDAS.fullmatch(channel) or "/" in channel
        for channel in environment.channels
    )
    return not environment.nodefaults and not any(known)


def _each_once(named: Iterable[Named]) -> list[Named]:
    found: dict[str, Named] = {}
    for url, source in named:
        found.setdefault(without_credentials(url).rstrip("/"), (url, source))
    return list(found.values())


def _once(channels: Iterable[Channel]) -> tuple[Channel, ...]:
    """Return the channels without duplicate URLs, keeping the first."""
    found: dict[str, Channel] = {}
    for channel in channels:
        found.setdefault(channel.url, channel)
    return tuple(found.values())


def _resolved(named: Named, conda: BoundConda, alias: str, app: Path) -> Iterator[Channel]:
    """Resolve a channel name to its URL, if one is configured; `defaults` yields several."""
    written, source = named
    name = without_credentials(written).rstrip("/")
    if name == _DEFAULTS:
        for one in conda.defaults or _OF_DEFAULTS:
            for channel in _resolved((one, source), conda, alias, app):
                yield Channel(channel.url, _DEFAULTS, source)
    elif "://" in name and not name.startswith("file:"):
        yield Channel(_SUBDIR.sub("", name), name, source)
    elif folder := local_folder(written, app):
        check_folder(folder, written, source)
        yield Channel(folder.as_uri(), written, source)
    else:
        top = next(
            (
                conda.custom[key]
                for key in sorted(conda.custom, reverse=True)
                if is_below(name, key)
            ),
            alias,
        )
        yield Channel(
            f"{without_credentials(top).rstrip('/')}/{name}" if top else name, name, source
        )


def _top(url: str) -> str:
    """Return the URL of the channel that a package belongs to."""
    return url.rsplit("/", 2)[0]


def _is_by_source(channel: Channel, settings: Settings) -> bool:
    """Return whether the source names a channel, rather than the platform."""
    if channel.source.kind is Kind.VARIABLE:
        value = settings.get(channel.source.name)
        return value is not None and value.source.kind is not Kind.PLATFORM_ENV
    return not channel.source.is_bound


def _channel_credentials(
    places: Iterable[Named], urls: Iterable[tuple[str, bool]], bound: Bound
) -> Iterator[ChannelCredential]:
    """Yield the credentials, in order of precedence.

    Credentials in a URL come first, then those of bindings of type conda, then those for a host,
    such as from a netrc.
    """
    found = [
        credential
        for url, source in places
        if "://" in url and (credential := ChannelCredential.in_url(url, source))
    ]
    found += bound.conda.credentials
    for url, by_source in urls:
        parts = urlsplit(without_credentials(url))
        host = f"{parts.scheme}://{parts.netloc}"
        found += [
            ChannelCredential(url=host, source=one.source, user=one.user, password=one.password)
            for one in bound.credentials
            if parts.netloc and one.fits(host, by_source)
        ]
    yield from dict.fromkeys(found)


def _alias(settings: Settings, conda: BoundConda) -> Named:
    """Return the URL that is prefixed to channel names, and its origin; empty for conda's own.

    Raises:
        ChannelAliasInvalid: The alias is not a URL.
    """
    variable = next((name for name in _ALIAS if settings.get(name)), "")
    url, source = (settings.text(variable), origin.variable(variable)) if variable else conda.alias
    if url and "://" not in url:
        raise ChannelAliasInvalid(source.describe(), variable)
    return (url.rstrip("/"), source)


def _cuda(settings: Settings) -> str:
    variable = next((name for name in _CUDA if settings.get(name)), "")
    value = settings.get(variable)
    if value and not re.fullmatch(r"\d+(\.\d+)*", value.value.strip()):
        raise CudaInvalid(variable, value.value.strip(), value.source.describe())
    return settings.text(variable) if value else ""
