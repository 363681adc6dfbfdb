"""What are the conda channels of a build, and which of them has a package?

conda_channel_settings.py reads them.
"""

from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack import digests
from seldon_buildpack.masking import Secret, without_credentials
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.origin import NOWHERE, Origin
from seldon_buildpack.package_sources.conda_channel_folders import folder_content, url_folder
from seldon_buildpack.package_sources.conda_credentials import ChannelCredential, closest, is_below


@dataclass(frozen=True)
class Channel:
    """A channel.

    ``url`` is its URL without credentials, or its bare name if no URL is configured for it, so
    that conda's alias applies. ``name`` is what the user wrote, without credentials, and what specs
    refer to (`name::package`). ``source`` is where it is written.
    """

    url: str
    name: str
    source: Origin


@dataclass(frozen=True, kw_only=True)
class Channels:
    """The channels of one build, and their credentials."""

    # In order of priority, highest first.
    channels: tuple[Channel, ...] = ()
    credentials: tuple[ChannelCredential, ...] = ()
    # The URL that is prefixed to bare names; empty for conda's own.
    alias: str = ""
    # The CUDA version to solve for; empty for none.
    cuda: str = ""
    # Warnings, to be printed once.
    advice: tuple[Advice, ...] = ()
    # The directory with the source; empty if there is no source to look into.
    app: Path | None = None

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs or names in order of priority, without credentials."""
        return tuple(channel.url for channel in self.channels)

    def source_of(self, url: str) -> Origin:
        """Return the origin of a channel, or NOWHERE if it is not one of these channels."""
        return next((one.source for one in self.channels if one.url == url), NOWHERE)

    def credential_of(self, url: str) -> ChannelCredential | None:
        """Return the credential for a URL: the one with the longest matching URL, or None."""
        return closest(url, self.credentials)

    def located(self, url: str) -> str:
        """Return the URL that a locked package is fetched from, without credentials.

        This is the URL in the lock, unless one of the channels replaces the lock's channel. A
        channel replaces another one if the last part of its URL is the same:
        https://mirror.example.com/conda-forge.
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
        """Return the secrets that must be masked."""
        return tuple(
            dict.fromkeys(
                secret for credential in self.credentials for secret in credential.secrets()
            )
        )

    def key(self) -> str:
        """Return a digest of the channels.

        It covers the channels and their order, without credentials, and the content of channels
        in the source. A folder that is mounted counts like a channel of a server: by its URL. It
        may be absent while a rebuild installs nothing.
        """
        told = [[(channel.url, channel.name) for channel in self.channels], self.alias, self.cuda]
        folders = [url_folder(url) for url in self.urls if url.startswith("file:")]
        local = [folder_content(folder) for folder in folders if self._in_source(folder)]
        return digests.of_values([*told, *local])

    def _in_source(self, folder: Path) -> bool:
        return self.app is not None and folder.resolve().is_relative_to(self.app.resolve())
