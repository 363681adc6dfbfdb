"""Which Pythons the files of a pinned requirement are for, according to the index.

Only the index's lists of files are read (PEP 503, PEP 691), from the same places in the same order
as uv reads them. Nothing is downloaded or built.
"""

import functools
import json
import queue
import re
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from seldon_buildpack.manifests.python_requests import Minor
from seldon_buildpack.names import canonical
from seldon_buildpack.package_sources import http
from seldon_buildpack.package_sources.indexes import Index

if TYPE_CHECKING:
    import requests

# What a survey may add to a build.
SECONDS = 5.0
# The Pythons for which packages may have wheels; the builder does not support all of them.
MINORS: tuple[Minor, ...] = tuple((3, minor) for minor in range(6, 14))

_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
_THREADS = 6
_MOST_BYTES = 64_000_000
_ARCHIVES = re.compile(r"\.(?:tar\.gz|zip|tgz|tar\.bz2|tar\.xz)$")


@dataclass(frozen=True)
class Pin:
    """A requirement whose version is bounded from above."""

    name: str
    specifier: str

    @property
    def text(self) -> str:
        """Return the requirement as it is written in a requirements file."""
        return f"{self.name}{self.specifier}"

    @property
    def version(self) -> str:
        """Return the version of `==1.2.3`, or "" for a range."""
        exact = re.fullmatch(r"===?\s*([^\s,*]+)", self.specifier)
        return exact[1] if exact else ""


@dataclass(frozen=True)
class IndexFile:
    """A file that an index offers, and the Pythons that its metadata allows."""

    name: str
    requires_python: str = ""
    yanked: bool = False


@dataclass(frozen=True)
class Release:
    """The files of one version."""

    version: Any
    wheels: tuple[IndexFile, ...]
    archives: tuple[IndexFile, ...]


@dataclass(frozen=True)
class Availability:
    """What there is to install of a pin. ``releases`` are all of its package, the oldest first."""

    pin: Pin
    releases: tuple[Release, ...] = field(repr=False)
    matching: tuple[Release, ...] = field(repr=False)

    def suits(self, minor: Minor) -> bool:
        """Return whether the version to install has a wheel for this Python.

        A version that has no wheel for any Python is built from source everywhere: it suits every
        Python that its metadata allows.
        """
        release = self._installed(minor)
        if release is None:
            return False
        if _has_wheel(release, minor):
            return True
        return not any(_has_wheel(release, other) for other in MINORS)

    def is_buildable(self, minor: Minor) -> bool:
        """Return whether the version to install has a source archive that allows this Python."""
        release = self._installed(minor)
        return release is not None and any(_allows(file, minor) for file in release.archives)

    def first_suiting(self, minor: Minor) -> str:
        """Return the first release after the matching ones that has a wheel for this Python."""
        last = self.matching[-1].version if self.matching else None
        later = (
            release
            for release in self.releases
            if last is not None and release.version > last and not release.version.is_prerelease
        )
        return next((str(release.version) for release in later if _has_wheel(release, minor)), "")

    def _installed(self, minor: Minor) -> Release | None:
        """Return the newest matching release with a file for this Python."""
        usable = (
            release
            for release in reversed(self.matching)
            if _has_wheel(release, minor) or any(_allows(file, minor) for file in release.archives)
        )
        return next(usable, None)


def survey(index: Index, pins: Sequence[Pin], until: float) -> dict[Pin, Availability]:
    """Ask for the files of each pin, in parallel, until ``time.monotonic()`` is ``until``.

    The result lacks the pins of which nothing is known: no source has them, or one did not answer.
    """
    if not pins:
        return {}
    waiting: queue.SimpleQueue[Pin] = queue.SimpleQueue()
    results: queue.SimpleQueue[Availability | None] = queue.SimpleQueue()
    for pin in pins:
        waiting.put(pin)
    session = http.new_session(index) if index.find_links or not index.no_index else None
    asker = _Asker(index, session, until)
    # Daemons, because an index that sends a byte now and then must not hold up the build.
    for _ in range(min(_THREADS, len(pins))):
        threading.Thread(target=_work, args=(asker, waiting, results), daemon=True).start()
    known: dict[Pin, Availability] = {}
    for _ in pins:
        try:
            result = results.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            break
        if result:
            known[result.pin] = result
    return known


def _work(
    asker: "_Asker",
    waiting: "queue.SimpleQueue[Pin]",
    results: "queue.SimpleQueue[Availability | None]",
) -> None:
    while True:
        try:
            pin = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            results.put(asker.availability(pin))
        # Whatever an index answers, the build goes on: uv reports it.
        except Exception:
            results.put(None)


@dataclass(frozen=True)
class _Asker:
    """Reads lists of files for one survey."""

    index: Index
    session: "requests.Session | None"
    until: float

    def availability(self, pin: Pin) -> Availability | None:
        """Return what the sources have of a pin, or None if none has its package."""
        files = self._files(pin.name)
        releases = _releases(pin.name, files)
        return Availability(pin, releases, _matching(pin, releases)) if releases else None

    def _files(self, name: str) -> list[IndexFile]:
        linked = [
            file for link in self.index.find_links for file in self._linked(link) if file.name
        ]
        best_match = self.index.strategy == "unsafe-best-match"
        matches: list[IndexFile] = []
        for places in self._in_order(name):
            matches += places
            if _releases(name, matches) and not best_match:
                break
        return matches + linked

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


def _releases(name: str, files: Iterable[IndexFile]) -> tuple[Release, ...]:
    """Return the releases of a package, the oldest first, from a list of any files."""
    from packaging.version import InvalidVersion, Version

    grouped: dict[str, tuple[list[IndexFile], list[IndexFile]]] = {}
    for file in files:
        owner, version = _name_and_version(file.name)
        if version and _canonical(owner) == name:
            kinds = grouped.setdefault(version, ([], []))
            kinds[0 if file.name.endswith(".whl") else 1].append(file)
    merged: dict[Version, tuple[list[IndexFile], list[IndexFile]]] = {}
    for text, (wheels, archives) in grouped.items():
        try:
            kinds = merged.setdefault(Version(text), ([], []))
        except InvalidVersion:
            continue
        kinds[0].extend(wheels)
        kinds[1].extend(archives)
    return tuple(
        Release(version, tuple(merged[version][0]), tuple(merged[version][1]))
        for version in sorted(merged)
    )


_canonical = functools.cache(canonical)


def _name_and_version(file: str) -> tuple[str, str]:
    """Return the package and version in a file's name; the version is "" for other files."""
    if file.endswith(".whl"):
        parts = file.split("-")
        return (parts[0], parts[1]) if len(parts) in (5, 6) else ("", "")
    stem = _ARCHIVES.sub("", file)
    owner, dash, version = stem.rpartition("-")
    return (owner, version) if dash and stem != file else ("", "")


def _matching(pin: Pin, releases: tuple[Release, ...]) -> tuple[Release, ...]:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        wanted = SpecifierSet(pin.specifier)
    except InvalidSpecifier:
        return ()
    matching = tuple(
        release for release in releases if wanted.contains(release.version, prereleases=None)
    )
    if pin.version:
        return matching
    return tuple(
        release
        for release in matching
        if not all(file.yanked for file in release.wheels + release.archives)
    )


def _has_wheel(release: Release, minor: Minor) -> bool:
    return any(_fits(file.name, minor) and _allows(file, minor) for file in release.wheels)


def _fits(wheel: str, minor: Minor) -> bool:
    """Return whether a wheel is for this Python, on this platform."""
    python, abi, platform = wheel.removesuffix(".whl").split("-")[-3:]
    tags = _tags(minor)
    return any(
        f"{each}-{two}-{three}".lower() in tags
        for each in python.split(".")
        for two in abi.split(".")
        for three in platform.split(".")
    )


@functools.cache
def _tags(minor: Minor) -> frozenset[str]:
    from packaging import tags

    platforms = _platforms()
    ours = tags.cpython_tags(minor, platforms=platforms)
    compatible = tags.compatible_tags(minor, f"cp{minor[0]}{minor[1]}", platforms)
    return frozenset(map(str, (*ours, *compatible)))


@functools.cache
def _platforms() -> tuple[str, ...]:
    from packaging import tags

    return tuple(tags.platform_tags())


def _allows(file: IndexFile, minor: Minor) -> bool:
    """Return whether a file's requires-python allows some release of this Python."""
    return _allowed(file.requires_python, minor)


@functools.cache
def _allowed(requires_python: str, minor: Minor) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        wanted = SpecifierSet(requires_python)
    except InvalidSpecifier:
        return True
    return any(wanted.contains(f"{minor[0]}.{minor[1]}.{patch}") for patch in (99, 0))
