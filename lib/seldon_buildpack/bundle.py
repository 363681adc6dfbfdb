"""What the buildpack carries: interpreters, prebuilt wrappers, watchers, locks, uv. Made by ``make builder``, read-only here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# The two sets of pins of the wrapper: its release's own, and the same release on current dependencies.
UPSTREAM, CURRENT = "upstream", "current"


@dataclass(frozen=True)
class BundledTree:
    """A tree that is carried: its version and the digest of its content."""

    version: str
    digest: str


@dataclass(frozen=True)
class Bundle:
    """The bundle's directory and what its manifest says of it, by Python minor ("3.12"); of the wrapper by set of pins too, of ``watchers`` the digests."""

    root: Path
    buildpack_version: str
    default_python: str
    pythons: Mapping[str, BundledTree]
    wrappers: Mapping[str, Mapping[str, BundledTree]]
    watchers: Mapping[str, str]
    catalogue: str

    @classmethod
    def read(cls, buildpack: Path) -> "Bundle":
        """Read bundle/bundle.json of the buildpack directory."""
        root = buildpack / "bundle"
        told = json.loads((root / "bundle.json").read_text())
        return cls(
            root,
            told["buildpack_version"],
            told["python_default"],
            {
                minor: BundledTree(entry["version"], entry["digest"])
                for minor, entry in told["pythons"].items()
            },
            {
                minor: {
                    pins: BundledTree(entry["seldon_core"], entry["digest"])
                    for pins, entry in sets.items()
                }
                for minor, sets in told["wrappers"].items()
            },
            told["watchers"],
            told["python_downloads_json_url"],
        )

    @property
    def uv(self) -> Path:
        """The uv program."""
        return self.root / "bin/uv"

    @property
    def dumb_init(self) -> Path:
        """The init that signals the process group."""
        return self.root / "bin/dumb-init"

    @property
    def dumb_init_licence(self) -> Path:
        """Its licence, which an image with it has to hold."""
        return self.root / "bin/dumb-init.LICENSE"

    @property
    def wheels(self) -> Path:
        """Wheels of the wrapper's requirements that have none on the index."""
        return self.root / "wheels"

    @property
    def conda_pythons(self) -> tuple[str, ...]:
        """The Pythons (minors) that a conda environment may have: those that some release of the wrapper is locked for."""
        found = {path.stem.removeprefix("py") for path in (self.root / "locks").glob("*/*/py*.txt")}
        return tuple(sorted(found, key=lambda minor: int(minor.partition(".")[2])))

    def release_for(self, minor: str) -> str:
        """The release of the wrapper for a Python of a conda environment: the carried one if it is locked for it, else the newest that is.

        Empty where none is.
        """
        found = {
            path.parent.parent.name.removeprefix("seldon-core-")
            for path in (self.root / "locks").glob(f"*/*/py{minor}.txt")
        }
        newest = sorted(found, key=lambda release: [int(part) for part in release.split(".")])
        return self.seldon_core if self.seldon_core in found else (newest or [""])[-1]

    @property
    def seldon_core(self) -> str:
        """The release of the wrapper that is carried."""
        return self.wrappers[self.default_python][UPSTREAM].version

    def python(self, minor: str) -> Path:
        """The prefix of a carried interpreter."""
        return self.root / "pythons" / minor

    def wrapper(self, minor: str, pins: str = UPSTREAM) -> Path:
        """The prefix of a prebuilt wrapper: lib/pythonX.Y/site-packages and bin."""
        return self.root / "wrappers" / pins / minor

    def watcher(self, minor: str) -> Path:
        """The folder of watchfiles and what it needs, for any supported Python, carried or not."""
        return self.root / "watchers" / minor

    def locks(self, seldon_core: str) -> Path:
        """The folder of locks of a release of the wrapper; it may not be there."""
        return self.root / f"locks/seldon-core-{seldon_core}"

    def lock(self, seldon_core: str, minor: str, pins: str = UPSTREAM) -> Path:
        """The lock (pins with hashes) of a release of the wrapper for a Python; it may not be there."""
        return self.locks(seldon_core) / pins / f"py{minor}.txt"

    def pins(self, seldon_core: str, minor: str) -> tuple[str, ...]:
        """The sets that a release of the wrapper is locked in for a Python."""
        return tuple(
            pins for pins in (UPSTREAM, CURRENT) if self.lock(seldon_core, minor, pins).is_file()
        )

    def overrides(self, seldon_core: str) -> Path:
        """What a release of the wrapper requires in the current set in place of what its metadata says; it may not be there."""
        return self.locks(seldon_core) / CURRENT / "overrides.txt"
