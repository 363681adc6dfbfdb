"""The licenses of installed packages, in the two files that Seldon's s2i images contain.

Those files are made by pip-licenses. It is not used here for three reasons. It finds the packages
of an environment by running its interpreter, which is missing if that layer is reused. It fails on
metadata that is not UTF-8. And it reads each list of files six times, which takes 0.6 s for the
packages of the wrapper alone. A test compares the output with that of pip-licenses.
"""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import Distribution
from os import PathLike
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.names import canonical

# The longest line of a RECORD that names a file: a path, a digest and a size.
_LONGEST = 5000
_UNKNOWN = "UNKNOWN"
_SAYS_NOTHING = {None, "", _UNKNOWN}
# The first such file in the RECORD of a package is used as its license, as in pip-licenses.
_LICENCE_FILE = re.compile(r"licen[cs]e|copying", re.IGNORECASE)


@dataclass(frozen=True, order=True, kw_only=True)
class Licensed:
    """An installed package with its licenses."""

    name: str
    version: str
    # The names of its licenses; empty if the package states none.
    licences: tuple[str, ...]
    # The text of its licenses.
    text: str
    # The type and the qualifiers of its package URL.
    kind: str = "pypi"
    about: tuple[tuple[str, str], ...] = ()
    # In the image, but hidden by another copy.
    unused: bool = False

    @property
    def licence(self) -> str:
        """The names of its licenses on one line."""
        return "; ".join(self.licences) or _UNKNOWN


def read(sites: Iterable[Path]) -> list[Licensed]:
    """Return the packages of several site-packages folders, ordered by name."""
    return sorted(
        _licensed(_Installed(file.parent))
        for site in sites
        for file in site.glob("*.dist-info/METADATA")
    )


def read_partly_hidden(site: Path, hidden: Collection[str]) -> list[Licensed]:
    """Return the packages of a folder, of which those named canonically in ``hidden`` are unused."""
    return [replace(package, unused=canonical(package.name) in hidden) for package in read([site])]


def as_csv(packages: Iterable[Licensed]) -> str:
    """Return license_info.csv: the name, version and license of each package."""
    table = io.StringIO()
    writer = csv.writer(table, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(("Name", "Version", "License"))
    # pip-licenses prints with a library for tables on a terminal, which expands tabs.
    writer.writerows((one.name, one.version, one.licence.expandtabs()) for one in packages)
    return table.getvalue()


def as_text(packages: Iterable[Licensed]) -> str:
    """Return license.txt: the name, version, license and license text of each package.

    Each is on a line of its own, and an empty line follows each package.
    """
    return "".join(f"{one.name}\n{one.version}\n{one.licence}\n{one.text}\n\n" for one in packages)


class _Installed(Distribution):
    """A package in a .dist-info folder; bytes that are not UTF-8 are read as escapes."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read_text(self, filename: str) -> str | None:
        path = self._directory / filename
        return (
            path.read_text(encoding="utf-8", errors="backslashreplace") if path.is_file() else None
        )

    def locate_file(self, path: str | PathLike[str]) -> Path:
        return self._directory.parent / path


def _licensed(package: _Installed) -> Licensed:
    metadata = package.metadata
    classifiers = {
        one.split(" :: ")[-1]
        for one in metadata.get_all("Classifier") or ()
        if one.startswith("License")
    }
    # The expression of PEP 639 is exact. Classifiers come from a fixed list, and the older field
    # may contain any text.
    licences = (
        {metadata.get("License-Expression")} - _SAYS_NOTHING
        or classifiers - {"OSI Approved"}
        or {metadata.get("License")} - _SAYS_NOTHING
    )
    return Licensed(
        name=metadata["Name"],
        version=package.version,
        licences=tuple(sorted(filter(None, licences))),
        text=next(_texts(package), _UNKNOWN),
    )


def _texts(package: _Installed) -> Iterator[str]:
    record, site = package.read_text("RECORD") or "", package.locate_file("")
    # A large package has thousands of files, of which few are worth parsing.
    for line in filter(_LICENCE_FILE.search, record.splitlines()):
        # csv refuses a longer field, and no path is that long.
        if len(line) > _LONGEST:
            continue
        path = package.locate_file(next(csv.reader([line]))[0])
        # A package could name a file of the build instead of its own.
        if _LICENCE_FILE.match(path.name) and user_files.is_inside(site, path) and path.is_file():
            yield path.read_text(encoding="utf-8", errors="backslashreplace")
