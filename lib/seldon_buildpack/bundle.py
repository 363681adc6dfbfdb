"""The bundle: interpreters, prebuilt wrappers, watchers, locks and uv.

``make builder`` makes it. It is read-only here.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# The two pin sets of the wrapper: that of its release, and the same release on current
# dependencies.
UPSTREAM, CURRENT = "upstream", "current"


@dataclass(frozen=True)
class BundledTree:
    """A directory tree in the bundle, with its version and the digest of its content."""

    version: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """The bundle's directory, and the content of its manifest bundle.json.

    The mappings are by Python minor ("3.12"). ``wrappers`` are also by pin set, and ``watchers``
    are digests.
    """

    root: Path
    buildpack_version: str
    default_python: str
    pythons: Mapping[str, BundledTree]
    wrappers: Mapping[str, Mapping[str, BundledTree]]
    watchers: Mapping[str, str]
    catalogue: str

    @classmethod
    def read(cls, buildpack: Path) -> "Bundle":
        """Read bundle/bundle.json in the buildpack's directory."""
        root = buildpack / "bundle"
        told = json.loads((root / "bundle.json").read_text())
        return cls(
            root=root,
            buildpack_version=told["buildpack_version"],
            default_python=told["python_default"],
            pythons={
                minor: BundledTree(entry["version"], entry["digest"])
                for minor, entry in told["pythons"].items()
            },
            wrappers={
                minor: {
                    pins: BundledTree(entry["seldon_core"], entry["digest"])
                    for pins, entry in sets.items()
                }
                for minor, sets in told["wrappers"].items()
            },
            watchers=told["watchers"],
            catalogue=told["python_downloads_json_url"],
        )

    @property
    def uv(self) -> Path:
        """Return the path of the uv program."""
        return self.root / "bin/uv"

    @property
    def dumb_init(self) -> Path:
        """Return the path of dumb-init, the init that forwards signals to the process group."""
        return self.root / "bin/dumb-init"

    @property
    def dumb_init_licence(self) -> Path:
        """Return the path of dumb-init's license, which an image with dumb-init must contain."""
        return self.root / "bin/dumb-init.LICENSE"

    @property
    def wheels(self) -> Path:
        """Return the folder of wheels for the wrapper's requirements.

        It has those requirements for which the index has no wheel.
        """
        return self.root / "wheels"

    @property
    def conda_pythons(self) -> tuple[str, ...]:
        """Return the Python minors that a conda environment may have.

        These are the ones with a lock of some release of the wrapper.
        """
        found = {path.stem.removeprefix("py") for path in (self.root / "locks").glob("*/*/py*.txt")}
        return tuple(sorted(found, key=lambda minor: int(minor.partition(".")[2])))

    def release_for(self, minor: str) -> str:
        """Return the release of the wrapper for a conda environment's Python.

        It is the bundled release if that has a lock for this Python, else the newest that has one,
        else "".
        """
        found = {
            path.parent.parent.name.removeprefix("seldon-core-")
            for path in (self.root / "locks").glob(f"*/*/py{minor}.txt")
        }
        newest = sorted(found, key=lambda release: [int(part) for part in release.split(".")])
        return self.seldon_core if self.seldon_core in found else (newest or [""])[-1]

    @property
    def seldon_core(self) -> str:
        """Return the release of the bundled wrapper."""
        return self.wrappers[self.default_python][UPSTREAM].version

    def python(self, minor: str) -> Path:
        """Return the prefix of a bundled interpreter."""
        return self.root / "pythons" / minor

    def wrapper(self, minor: str, pins: str = UPSTREAM) -> Path:
        """Return the prefix of a prebuilt wrapper: lib/pythonX.Y/site-packages and bin."""
        return self.root / "wrappers" / pins / minor

    def watcher(self, minor: str) -> Path:
        """Return the folder of watchfiles and its dependencies.

        There is one for every supported Python, even if the interpreter is not in the bundle.
        """
        return self.root / "watchers" / minor

    def locks(self, seldon_core: str) -> Path:
        """Return the folder of a wrapper release's locks, which may not exist.

        A version that pip takes literally (`===1.17.1/../x`) leads nowhere else.
        """
        return self.root / "locks" / f"seldon-core-{seldon_core}".replace("/", "_")

    def lock(self, seldon_core: str, minor: str, pins: str = UPSTREAM) -> Path:
        """Return the lock (pins with hashes) of a wrapper release for a Python.

        The file may not exist.
        """
        return self.locks(seldon_core) / pins / f"py{minor}.txt"

    def locked_versions(self, minor: str) -> dict[str, frozenset[str]]:
        """Return the versions of the packages in the prebuilt wrappers for a Python, by name."""
        versions: dict[str, frozenset[str]] = {}
        for pins, tree in self.wrappers.get(minor, {}).items():
            lock = self.lock(tree.version, minor, pins).read_text()
            for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", lock, re.MULTILINE):
                versions[name] = versions.get(name, frozenset()) | {version}
        return versions

    def pins(self, seldon_core: str, minor: str) -> tuple[str, ...]:
        """Return the pin sets that a wrapper release has for a Python."""
        return tuple(
            pins for pins in (UPSTREAM, CURRENT) if self.lock(seldon_core, minor, pins).is_file()
        )

    def overrides(self, seldon_core: str, pins: str) -> Path | None:
        """Return the file with the requirements that a pin set replaces in the release's metadata.

        None if it replaces none, or if there is no such set.
        """
        path = self.locks(seldon_core) / pins / "overrides.txt"
        return path if pins and path.is_file() else None
