"""What are the indexes of a build, and how does uv get them?

They are passed to uv in its environment, or in a file that only the build user can read. They are
not passed on the command line, where any process could read a password. index_settings.py reads
them.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from seldon_buildpack import digests, user_files
from seldon_buildpack.masking import Secret, url_secrets, without_credentials, without_queries
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.origin import NOWHERE, Origin


@dataclass(frozen=True, kw_only=True)
class Index:
    """The index configuration of one build.

    URLs may contain credentials. The results of ``names`` and ``key`` do not.
    """

    # Folders with wheels that take precedence over any index.
    folders: tuple[Path, ...] = ()
    # The index that replaces PyPI; empty for PyPI itself.
    default: str = ""
    # Indexes that are searched before the default index.
    extra: tuple[str, ...] = ()
    # Folders and pages with links, with the same priority as the indexes.
    find_links: tuple[str, ...] = ()
    # Hosts whose certificates are not verified.
    trusted_hosts: tuple[str, ...] = ()
    # Whether to search no index at all.
    no_index: bool = False
    # uv's index strategy; empty for its default.
    strategy: str = ""
    # Constraints files.
    constraints: tuple[Path, ...] = ()
    # Further command line options for uv.
    options: tuple[str, ...] = ()
    # Further environment variables for uv and its child processes.
    variables: tuple[tuple[str, str], ...] = ()
    # The origin of an index's credentials, by the name of the index.
    credentials: tuple[tuple[str, Origin], ...] = ()
    # The file with the bindings' netrc, for pip, which has no other store of credentials.
    netrc: str = ""
    # Warnings about connections.
    advice: tuple[Advice, ...] = ()

    @property
    def source_options(self) -> tuple[str, ...]:
        """The package source options that uv only takes on its command line."""
        return ("--no-index",) if self.no_index else ()

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs of all indexes, in the order of the search."""
        return (*self.extra, *([self.default] if self.default else ()))

    def names(self) -> tuple[str, ...]:
        """Return the indexes' URLs without secrets, so that they can be shown."""
        return tuple(public_url(url) for url in self.urls)

    def places(self, app: Path) -> tuple[str, ...]:
        """Return the indexes and find-links without secrets, so that they can be shown.

        Folders in the source are shown relative to it.
        """
        links = (public_url(link).removeprefix(f"{app}/") for link in self.find_links)
        return (*(() if self.no_index else self.names()), *links)

    def credentials_of(self, name: str) -> Origin:
        """Return the origin of an index's credentials, or NOWHERE if it has none."""
        return dict(self.credentials).get(name, NOWHERE)

    def secrets(self) -> tuple[Secret, ...]:
        """Return the credentials in all URLs, which must be masked."""
        return tuple(
            secret for url in (*self.urls, *self.find_links) for secret in url_secrets(url)
        )

    def key(self) -> str:
        """Return a digest of the configuration without credentials.

        A new password does not change what is installed.
        """
        told = [
            *map(str, self.folders),
            "|",
            *self.urls,
            "|",
            *self.find_links,
            "|",
            *self.trusted_hosts,
            str(self.no_index),
            self.strategy,
            *self.options,
        ]
        return hashlib.sha256(
            json.dumps([digests.without_secrets(word) for word in told]).encode()
        ).hexdigest()

    def without_folders(self) -> "Index":
        """Return a copy without the folders.

        It is for what is never installed from the user's own wheels: the wrapper at its locked
        versions.
        """
        return replace(self, folders=())

    def with_links(self, folder: Path) -> "Index":
        """Return a copy with one more folder of wheels in ``find_links``.

        As a command line option, the folder would replace the user's own links instead (uv:
        UV_FIND_LINKS).
        """
        return replace(self, find_links=(*self.find_links, str(folder)))

    def folders_alone(self) -> "Index | None":
        """Return a copy without any index, if folders take precedence over indexes.

        Return None if they do not, or if no index is searched anyway.
        """
        first = self.strategy != "unsafe-best-match" and not self.no_index
        return (
            replace(self, no_index=True, default="", extra=()) if self.folders and first else None
        )

    @property
    def local_links(self) -> tuple[Path, ...]:
        """The existing folders in ``find_links``; uv itself reports missing ones."""
        return tuple(
            Path(link)
            for link in self.find_links
            if "://" not in link and user_files.is_dir(Path(link))
        )

    @property
    def constraint_files(self) -> tuple[str, ...]:
        """The files of PIP_CONSTRAINT, without those for builds and without URLs."""
        pairs = zip(self.options, self.options[1:], strict=False)
        return tuple(
            word for option, word in pairs if option == "--constraints" and "://" not in word
        )

    @property
    def _has_secrets(self) -> bool:
        return any(without_credentials(url) != url for url in (*self.urls, *self.find_links))

    def environment(self, scratch: Path) -> dict[str, str]:
        """Return the variables that configure uv (uv: Environment variables).

        Indexes are in a configuration file in ``scratch`` instead, if one of them has credentials,
        which package builds would see in uv's environment, or if folders come before them. uv only
        supports a folder of wheels as an index in its configuration file, and searches the indexes
        in its variables before those in the file (uv: Package indexes, Flat indexes).
        """
        folders = () if self.no_index else self.folders
        in_file = bool(folders) or self._has_secrets
        # If no index is searched, the folders need no precedence over indexes and are passed as
        # links.
        links = (*self.find_links, *(map(str, self.folders) if self.no_index else ()))
        file = scratch / "uv.toml"
        if in_file:
            file.touch(mode=0o600)
            file.write_text(self._file(folders, links))
        variables = {
            "UV_CONFIG_FILE": str(file) if in_file else "",
            "UV_DEFAULT_INDEX": "" if in_file else self.default,
            "UV_INDEX": "" if in_file else " ".join(self.extra),
            # The separator is a comma, because a folder's name may contain spaces.
            "UV_FIND_LINKS": "" if in_file else ",".join(links),
            "UV_INSECURE_HOST": " ".join(self.trusted_hosts),
            "UV_INDEX_STRATEGY": self.strategy,
        }
        kept = {name: value for name, value in variables.items() if value}
        return kept | dict(self.variables)

    def _file(self, folders: Iterable[Path], links: Iterable[str]) -> str:
        tables = [f'url = {quote(folder.as_uri())}\nformat = "flat"' for folder in folders]
        tables += [f"url = {quote(url)}" for url in self.extra]
        tables += [f"url = {quote(self.default)}\ndefault = true"] if self.default else []
        listed = ", ".join(map(quote, links))
        first = f"find-links = [{listed}]\n" if listed else ""
        return first + "".join(f"[[index]]\n{table}\n" for table in tables)


def public_url(url: str) -> str:
    """Return a URL without credentials and queries, so that it can be shown."""
    return without_queries(without_credentials(url))


def quote(text: str) -> str:
    """Return a text as a string of TOML."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
