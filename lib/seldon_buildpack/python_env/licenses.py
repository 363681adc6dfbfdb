"""The licences of installed packages, in the two files that Seldon's s2i images have of pip-licenses.

pip-licenses itself finds an environment's packages only by running its interpreter, which is not there when that layer is
reused; it stops at metadata that is not UTF-8; and it reads each list of files six times: 0.6 s for the wrapper's packages
alone. What it prints is checked to be the same.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution
from os import PathLike
from pathlib import Path

_UNKNOWN = "UNKNOWN"
_SAYS_NOTHING = {None, "", _UNKNOWN}
# The first such file in a package's RECORD is taken for its licence, as pip-licenses does.
_LICENCE_FILE = re.compile(r"licen[cs]e|copying", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Licensed:
    """An installed package, the names of its licences (none where it does not say) and a licence's text.

    ``kind`` and ``about`` are the type and the qualifiers of its package URL.
    """

    name: str
    version: str
    licences: tuple[str, ...]
    text: str
    kind: str = "pypi"
    about: tuple[tuple[str, str], ...] = ()

    @property
    def licence(self) -> str:
        """Its licences as a line."""
        return "; ".join(self.licences) or _UNKNOWN


def read(sites: Iterable[Path]) -> list[Licensed]:
    """The packages of some site-packages folders, in the order of their names."""
    return sorted(
        _licensed(_Installed(file.parent))
        for site in sites
        for file in site.glob("*.dist-info/METADATA")
    )


def as_csv(packages: Iterable[Licensed]) -> str:
    """license_info.csv: name, version and licence of each."""
    table = io.StringIO()
    writer = csv.writer(table, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(("Name", "Version", "License"))
    # pip-licenses prints with a library for tables on a screen, which leaves no tabs.
    writer.writerows((one.name, one.version, one.licence.expandtabs()) for one in packages)
    return table.getvalue()


def as_text(packages: Iterable[Licensed]) -> str:
    """license.txt: the same and the licence's text, each on lines of its own, with an empty line after each package."""
    return "".join(f"{one.name}\n{one.version}\n{one.licence}\n{one.text}\n\n" for one in packages)


class _Installed(Distribution):
    """A package by its .dist-info; what is not UTF-8 in its files is written as escapes."""

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
    # PEP 639's expression is exact; classifiers are some of a list, and the older field may hold anything.
    licences = (
        {metadata.get("License-Expression")} - _SAYS_NOTHING
        or classifiers - {"OSI Approved"}
        or {metadata.get("License")} - _SAYS_NOTHING
    )
    return Licensed(
        metadata["Name"],
        package.version,
        tuple(sorted(filter(None, licences))),
        next(_texts(package), _UNKNOWN),
    )


def _texts(package: _Installed) -> Iterator[str]:
    record = package.read_text("RECORD") or ""
    # Of the thousands of files of a large package few are worth the parsing.
    for line in filter(_LICENCE_FILE.search, record.splitlines()):
        path = package.locate_file(next(csv.reader([line]))[0])
        if _LICENCE_FILE.match(path.name) and path.is_file():
            yield path.read_text(encoding="utf-8", errors="backslashreplace")
