"""The lists of files that indexes and wheel folders have of a package (PEP 503, PEP 691).

They are read from the same places in the same order as uv reads them.
"""

import functools
import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from seldon_buildpack.names import canonical
from seldon_buildpack.package_sources import http
from seldon_buildpack.package_sources.indexes import Index

if TYPE_CHECKING:
    import requests

_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
_MOST_BYTES = 64_000_000
_ARCHIVES = re.compile(r"\.(?:tar\.gz|zip|tgz|tar\.bz2|tar\.xz)$")


@dataclass(frozen=True)
class IndexFile:
    """A file that an index offers, and the Pythons that its metadata allows."""

    name: str
    requires_python: str = ""
    yanked: bool = False


@dataclass(frozen=True)
class FileLists:
    """The lists of files of an index configuration, read until a time of ``time.monotonic()``."""

    index: Index
    session: "requests.Session | None"
    until: float

    def read(self, name: str) -> list[IndexFile]:
        """Return the files of a package, from the first source that has it, and from all links.

        Raises:
            Exception: A source cannot be read.
        """
        linked = [file for link in self.index.find_links for file in self._linked(link)]
        best_match = self.index.strategy == "unsafe-best-match"
        matches: list[IndexFile] = []
        for files in self._in_order(name):
            matches += _of_package(name, files)
            if matches and not best_match:
                break
        return matches + _of_package(name, linked)

    def _in_order(self, name: str) -> Iterator[list[IndexFile]]:
        for folder in self.index.folders:
            yield _in_folder(folder)
        if self.index.no_index:
            return
        urls = (*self.index.extra, self.index.default or "https://pypi.org/simple")
        for url in urls:
            yield self._get(f"{url.rstrip('/')}/{name}/")

    def _linked(self, link: str) -> list[IndexFile]:
        if "://" not in link:
            return _in_folder(Path(link))
        parts = urlsplit(link)
        return _in_folder(Path(unquote(parts.path))) if parts.scheme == "file" else self._get(link)

    def _get(self, url: str) -> list[IndexFile]:
        """Return the files of a page, or none if the index does not have it.

        Raises:
            Exception: The page cannot be read.
        """
        if urlsplit(url).scheme == "file":
            page = Path(unquote(urlsplit(url).path)) / "index.html"
            return _from_html(page.read_text("utf-8", "replace")) if page.is_file() else []
        with http.get(url, self.index, {"Accept": _ACCEPT}, session=self.session) as response:
            if response.status_code in (404, 410):
                return []
            response.raise_for_status()
            body = bytearray()
            for chunk in response.iter_content(1 << 16):
                body += chunk
                if len(body) > _MOST_BYTES or time.monotonic() > self.until:
                    raise TimeoutError
            is_json = "json" in response.headers.get("Content-Type", "")
        return _from_json(bytes(body)) if is_json else _from_html(body.decode("utf-8", "replace"))


def _from_json(body: bytes) -> list[IndexFile]:
    return [
        IndexFile(file["filename"], file.get("requires-python") or "", bool(file.get("yanked")))
        for file in json.loads(body)["files"]
    ]


class _Links(HTMLParser):
    """Collects the links of a PEP 503 page."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[IndexFile] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Add a link."""
        values = dict(attrs)
        if tag == "a" and (link := values.get("href")):
            name = unquote(urlsplit(link).path.rpartition("/")[2])
            self.files.append(
                IndexFile(name, values.get("data-requires-python") or "", "data-yanked" in values)
            )


def _from_html(text: str) -> list[IndexFile]:
    links = _Links()
    links.feed(text)
    return links.files


def _in_folder(folder: Path) -> list[IndexFile]:
    return [IndexFile(path.name) for path in folder.iterdir()] if folder.is_dir() else []


def _of_package(name: str, files: Iterable[IndexFile]) -> list[IndexFile]:
    return [file for file in files if _canonical(package_and_version(file.name)[0]) == name]


_canonical = functools.cache(canonical)


def package_and_version(file: str) -> tuple[str, str]:
    """Return the package and version in a file's name; the version is "" for other files."""
    if file.endswith(".whl"):
        parts = file.split("-")
        return (parts[0], parts[1]) if len(parts) in (5, 6) else ("", "")
    stem = _ARCHIVES.sub("", file)
    owner, dash, version = stem.rpartition("-")
    return (owner, version) if dash and stem != file else ("", "")
