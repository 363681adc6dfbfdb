"""Which folder is a conda channel, and what does it contain?"""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from seldon_buildpack import digests, user_files
from seldon_buildpack.manifests.conda.types import PLATFORM
from seldon_buildpack.messages.errors.conda_channels import (
    ChannelFolderMissing,
    ChannelFolderNotIndexed,
)
from seldon_buildpack.origin import Origin

# The channel's package list, in each format that conda and rattler read.
_LISTS = ("repodata.json", "repodata.json.zst", "repodata_shards.msgpack.zst", "repodata.json.bz2")


def local_folder(written: str, app: Path) -> Path | None:
    """Return the folder of a local channel, or None if the channel is a name.

    A relative path is relative to the source's top folder.
    """
    if written.startswith("file:"):
        return _channel_of(app / url_folder(written))
    if written.startswith(("./", "../", "/")) or written in (".", ".."):
        return _channel_of(app / written)
    return app / written if written.endswith("/") and user_files.is_dir(app / written) else None


def _channel_of(path: Path) -> Path:
    """Return the folder of a channel, given it or one of its platform folders."""
    folder = path.parent if path.name in (PLATFORM, "noarch") else path
    return user_files.resolved(folder) or folder


def url_folder(url: str) -> Path:
    """Return the path of a file URL, which may be relative: `file:channel`."""
    parts = urlsplit(url)
    return Path(unquote(parts.netloc + parts.path))


def folder_content(channel: Path) -> list[object]:
    """Return a description of a local channel's content for its digest.

    Package lists count by content, and packages by size, because the lists contain their hashes.
    """
    folders = [channel / subdir for subdir in (PLATFORM, "noarch")]
    lists = [
        path for folder in folders for name in _LISTS if user_files.is_file(path := folder / name)
    ]
    packages = [
        path
        for folder in folders
        if user_files.is_dir(folder)
        for path in sorted(folder.iterdir())
        if path.name.endswith((".conda", ".tar.bz2")) and user_files.is_file(path)
    ]
    sizes = [(str(path.relative_to(channel)), path.stat().st_size) for path in packages]
    return [digests.of_archives(lists, channel), sizes]


def check_folder(folder: Path, written: str, source: Origin) -> None:
    """Check that a folder is a channel that conda can read.

    Raises:
        ChannelFolderMissing: The folder does not exist.
        ChannelFolderNotIndexed: It has no package list.
    """
    if not user_files.is_dir(folder):
        raise ChannelFolderMissing(written, source.describe_from())
    if not any(
        user_files.is_file(folder / subdir / name)
        for subdir in (PLATFORM, "noarch")
        for name in _LISTS
    ):
        raise ChannelFolderNotIndexed(written, source.describe_from())
