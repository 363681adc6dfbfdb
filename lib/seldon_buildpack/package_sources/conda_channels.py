"""Where conda's packages come from: variables, the platform's bindings and the file's own channels, in this order of precedence.

Bare names stay names where nothing says where to look them up: then conda's own address counts, which the solver knows.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from seldon_buildpack import digests, origin
from seldon_buildpack.manifests.conda.types import PLATFORM, CondaEnvironment
from seldon_buildpack.masking import Secret, without_credentials
from seldon_buildpack.messages import warnings
from seldon_buildpack.messages.errors.conda_channels import (
    ChannelAliasInvalid,
    ChannelFolderMissing,
    ChannelFolderNotIndexed,
)
from seldon_buildpack.messages.errors.conda_files import CudaInvalid
from seldon_buildpack.messages.warnings import Advice
from seldon_buildpack.origin import NOWHERE, Kind, Origin
from seldon_buildpack.package_sources.bindings import Bound
from seldon_buildpack.package_sources.conda_bindings import BoundConda, Named
from seldon_buildpack.package_sources.conda_logins import Login, closest, is_below
from seldon_buildpack.settings.settings import Settings

DEFAULT = "conda-forge"

_CHANNELS = ("BP_CONDA_CHANNELS", "CONDA_CHANNELS")
_ALIAS = ("BP_CONDA_CHANNEL_ALIAS", "CONDA_CHANNEL_ALIAS")
_CUDA = ("BP_CONDA_OVERRIDE_CUDA", "CONDA_OVERRIDE_CUDA")
_NO_DEFAULTS, _DEFAULTS = "nodefaults", "defaults"
# What `defaults` stands for on Linux (conda: default_channels), by the names below conda's alias.
_OF_DEFAULTS = ("main", "r")
# Channels whose packages are Anaconda's own.
_ANACONDAS = re.compile(r"defaults|anaconda|(?:pkgs/)?(?:main|r|free|pro|msys2)")
_SUBDIR = re.compile(rf"/(?:{PLATFORM}|noarch)/?$")
# A list of packages in each form that conda and rattler read.
_LISTS = ("repodata.json", "repodata.json.zst", "repodata_shards.msgpack.zst", "repodata.json.bz2")


@dataclass(frozen=True)
class Channel:
    """A channel. ``url`` is its address less credentials, or its bare name where nothing says an address: then conda's alias counts.

    ``name`` is what the user wrote, less credentials, which specs name it by (`name::package`), and ``source`` where.
    """

    url: str
    name: str
    source: Origin


@dataclass(frozen=True)
class Channels:
    """The channels of one build, the first of which wins, and who may read them.

    ``alias`` is the address that bare names are looked up below, empty where it is conda's own. ``cuda`` is the version of CUDA that is
    solved for; empty for none. ``advice`` is to be printed once.
    """

    channels: tuple[Channel, ...] = ()
    logins: tuple[Login, ...] = ()
    alias: str = ""
    cuda: str = ""
    advice: tuple[Advice, ...] = ()

    @property
    def urls(self) -> tuple[str, ...]:
        """Addresses or names in the order asked, less credentials."""
        return tuple(channel.url for channel in self.channels)

    def source_of(self, url: str) -> Origin:
        """Who names a channel; nowhere where nobody does."""
        return next((one.source for one in self.channels if one.url == url), NOWHERE)

    def login_of(self, url: str) -> Login | None:
        """Who may read an address: the login whose own address is the longest of those it lies below."""
        return closest(url, self.logins)

    def located(self, url: str) -> str:
        """Where a package that a lock names is fetched, less credentials: where the lock says, or from the channel in that one's place.

        A channel stands in another's place if it has the same last name: https://mirror.example.com/conda-forge.
        """
        bare = without_credentials(url)
        top, subdir, file = bare.rsplit("/", 2) if bare.count("/") > 4 else (bare, "", "")
        known = [one for one in self.urls if "://" in one]
        if not file or any(is_below(bare, one) for one in known):
            return bare
        mirror = next(
            (one for one in known if one.rpartition("/")[2] == top.rpartition("/")[2]), ""
        )
        return f"{mirror}/{subdir}/{file}" if mirror else bare

    def secrets(self) -> tuple[Secret, ...]:
        """What must be masked."""
        return tuple(dict.fromkeys(secret for login in self.logins for secret in login.secrets()))

    def key(self) -> str:
        """A digest of what is asked and in which order, less credentials, and of what lies in channels that are folders."""
        told = [[(channel.url, channel.name) for channel in self.channels], self.alias, self.cuda]
        local = [_content(_folder(url)) for url in self.urls if url.startswith("file:")]
        return digests.of_values([*told, *local])


def configure(
    settings: Settings, environment: CondaEnvironment, bound: Bound, app: Path
) -> Channels:
    """Merge the variables, the bindings of the type `conda` and the file's channels, each with the login that is for it.

    Raises ChannelFolderMissing and ChannelFolderNotIndexed for a folder, ChannelAliasInvalid and CudaInvalid.
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
        channels=_once(channels),
        logins=tuple(
            _logins(
                places,
                (
                    *(channel.url for channel in channels),
                    *(_top(package.url) for package in environment.packages),
                ),
                bound,
            )
        ),
        alias=without_credentials(alias[0]),
        cuda=_cuda(settings),
        advice=(
            *conda.advice,
            *(
                [warnings.terms_of_defaults()]
                if any(_ANACONDAS.fullmatch(name) for name, _ in named)
                else []
            ),
        ),
    )


def _named(settings: Settings, environment: CondaEnvironment, conda: BoundConda) -> list[Named]:
    """The channels as they are written, each with who wrote it."""
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
        return [(DEFAULT, Origin(Kind.NO_CHANNELS, file))]
    return [*own, (DEFAULT, Origin(Kind.CONDA_DEFAULTS))] if _lacks_python(environment) else own


def _names(environment: CondaEnvironment, url: str) -> bool:
    """Whether the file itself names a channel, or one below it: then a binding only says who may read it."""
    return any(
        is_below(without_credentials(channel), without_credentials(url))
        for channel in environment.channels
    )


def _lacks_python(environment: CondaEnvironment) -> bool:
    """Whether the channels are such that conda's own defaults had to bring Python: `pytorch`, `bioconda`.

    Unless it is told nodefaults, conda adds them to every file's channels (conda: conda/env/installers/conda.py).
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
    """The channels, each address once: the first wins."""
    found: dict[str, Channel] = {}
    for channel in channels:
        found.setdefault(channel.url, channel)
    return tuple(found.values())


def _resolved(named: Named, conda: BoundConda, alias: str, app: Path) -> Iterator[Channel]:
    """The channel at its address, as far as something says one; `defaults` is several."""
    written, source = named
    name = without_credentials(written).rstrip("/")
    if name == _DEFAULTS:
        for one in conda.defaults or _OF_DEFAULTS:
            for channel in _resolved((one, source), conda, alias, app):
                yield Channel(channel.url, _DEFAULTS, source)
    elif "://" in name and not name.startswith("file:"):
        yield Channel(_SUBDIR.sub("", name), name, source)
    elif folder := _local(written, app):
        _check(folder, written, source)
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


def _local(written: str, app: Path) -> Path | None:
    """The folder that a channel is, relative to the source's top; None where it is a name."""
    if written.startswith("file:"):
        return _channel_of(app / _folder(written))
    if written.startswith(("./", "../", "/")) or written in (".", ".."):
        return _channel_of(app / written)
    return app / written if written.endswith("/") and (app / written).is_dir() else None


def _channel_of(path: Path) -> Path:
    """The folder of a channel, where that of a platform in it is named."""
    return (path.parent if path.name in (PLATFORM, "noarch") else path).resolve()


def _folder(url: str) -> Path:
    parts = urlsplit(url)
    return Path(unquote(parts.netloc + parts.path))


def _content(channel: Path) -> list[object]:
    """The lists of packages that a folder has, by content, and the packages by size: a list holds their hashes."""
    folders = [channel / subdir for subdir in (PLATFORM, "noarch")]
    lists = [path for folder in folders for name in _LISTS if (path := folder / name).is_file()]
    packages = [
        path
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if path.name.endswith((".conda", ".tar.bz2")) and path.is_file()
    ]
    sizes = [(str(path.relative_to(channel)), path.stat().st_size) for path in packages]
    return [digests.of_archives(lists, channel), sizes]


def _check(folder: Path, written: str, source: Origin) -> None:
    if not folder.is_dir():
        raise ChannelFolderMissing(written, source.describe_from())
    if not any(
        (folder / subdir / name).is_file() for subdir in (PLATFORM, "noarch") for name in _LISTS
    ):
        raise ChannelFolderNotIndexed(written, source.describe_from())


def _top(url: str) -> str:
    """The channel that a package's address lies in."""
    return url.rsplit("/", 2)[0]


def _logins(places: Iterable[Named], urls: Iterable[str], bound: Bound) -> Iterator[Login]:
    """What stands in an address itself, then what bindings of the type conda say, then who may read a host, as a netrc says."""
    found = [
        login for url, source in places if "://" in url and (login := Login.in_url(url, source))
    ]
    found += bound.conda.logins
    for url in urls:
        parts = urlsplit(without_credentials(url))
        host = f"{parts.scheme}://{parts.netloc}"
        found += [
            Login(host, one.source, one.user, one.password)
            for one in bound.credentials
            if parts.netloc and one.fits(host)
        ]
    yield from dict.fromkeys(found)


def _alias(settings: Settings, conda: BoundConda) -> Named:
    """The address that names are looked up below, and who says it; empty where it is conda's own. Raises ChannelAliasInvalid."""
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
