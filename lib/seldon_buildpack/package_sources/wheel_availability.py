"""Which Pythons the files of a pinned requirement are for, according to the index.

Only lists of files are read. Nothing is downloaded or built.
"""

import functools
import queue
import re
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from seldon_buildpack.manifests.python_request import Minor
from seldon_buildpack.manifests.python_requests import SUPPORTED
from seldon_buildpack.package_sources import http
from seldon_buildpack.package_sources.index_files import (
    FileLists,
    IndexFile,
    package_and_version,
)
from seldon_buildpack.package_sources.indexes import Index

# What a survey may add to a build.
SECONDS = 5.0

_THREADS = 6


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
        return not any(_has_wheel(release, other) for other in SUPPORTED)

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
    try:
        session = http.new_session(index) if index.find_links or not index.no_index else None
    except OSError:
        # The CA certificates cannot be read: uv reports that.
        return {}
    lists = FileLists(index, session, until)
    # Daemons, because an index that sends a byte now and then must not hold up the build.
    for _ in range(min(_THREADS, len(pins))):
        threading.Thread(target=_work, args=(lists, waiting, results), daemon=True).start()
    known: dict[Pin, Availability] = {}
    for _ in pins:
        try:
            result = results.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            break
        if result:
            known[result.pin] = result
    return known


def list_locked(pins: Mapping[Pin, Iterable[str]]) -> dict[Pin, Availability]:
    """Return what a lock lists for each pin, by the names of the files."""
    locked = {
        pin: _availability(pin, [IndexFile(name) for name in names]) for pin, names in pins.items()
    }
    return {pin: files for pin, files in locked.items() if files}


def _work(
    lists: FileLists,
    waiting: "queue.SimpleQueue[Pin]",
    results: "queue.SimpleQueue[Availability | None]",
) -> None:
    while True:
        try:
            pin = waiting.get_nowait()
        except queue.Empty:
            return
        try:
            results.put(_availability(pin, lists.read(pin.name)))
        # Whatever an index answers, the build goes on: uv reports it.
        except Exception:
            results.put(None)


def _availability(pin: Pin, files: Iterable[IndexFile]) -> Availability | None:
    """Return what the files of a package have for a pin, or None if there are none."""
    releases = _releases(files)
    return Availability(pin, releases, _matching(pin, releases)) if releases else None


def _releases(files: Iterable[IndexFile]) -> tuple[Release, ...]:
    """Return the releases of a package, the oldest first."""
    from packaging.version import InvalidVersion, Version

    grouped: dict[str, tuple[list[IndexFile], list[IndexFile]]] = {}
    for file in files:
        _, version = package_and_version(file.name)
        if version:
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
