"""The table of modules and the packages that have them: `sklearn` is in `scikit-learn`.

It is read from wheels on an index, not typed from memory: `python -m tools.dev.package_names`
downloads the list of files in the newest wheel of each package in tools/package_names.in, and
writes lib/seldon_buildpack/model/package_names.json.
"""

import io
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

_INDEX = "https://pypi.org/simple"
_JSON = "application/vnd.pypi.simple.v1+json"
_TIMEOUT = 60
_BLOCK = 1 << 18
_PACKAGES = Path("tools/package_names.in")
_TABLE = Path("lib/seldon_buildpack/model/package_names.json")
# Top-level folders that packages install by mistake, and names that many packages share.
_MISTAKES = frozenset(
    [
        "benchmark",
        "benchmarks",
        "devtools",
        "doc",
        "docs",
        "easy_install",
        "example",
        "examples",
        "py",
        "scripts",
        "setup",
        "src",
        "test",
        "testing",
        "tests",
        "tools",
    ]
)
_OTHER_PLATFORM = re.compile(r"macosx|win|ppc64|s390x|aarch64|i686|-cp2|-py2-")
_MODULE = re.compile(r"(\w+)(?:/__init__)?\.(?:[\w-]+\.)?(?:py|so)|(\w+)/.*\.(?:py|so)")
_DATA = re.compile(r"^[^/]+\.data/(?:purelib|platlib)/")


def main() -> int:
    """Write the table and return the exit code; packages without a wheel are named."""
    names = [line for line in _PACKAGES.read_text().splitlines() if line and line[0] != "#"]
    with ThreadPoolExecutor(8) as executor:
        modules = dict(zip(names, executor.map(list_modules, names), strict=True))
    for name in (name for name, listed in modules.items() if not listed):
        print(f"{name}: no wheel", file=sys.stderr)
    _TABLE.write_text(json.dumps(choose_names(modules), indent=1, sort_keys=True) + "\n")
    return 0


def choose_names(modules: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Return the package of each module: the one of its name, or the only one that has it."""
    owners: dict[str, list[str]] = {}
    for package, names in modules.items():
        for module in names:
            owners.setdefault(module, []).append(package)
    chosen = {}
    for module, packages in owners.items():
        same = [name for name in packages if _normalize(name) == _normalize(module)]
        if module not in _MISTAKES and not module.startswith("_") and len(same or packages) == 1:
            chosen[module] = (same or packages)[0]
    return chosen


def list_modules(package: str) -> list[str]:
    """Return the top-level modules of a package's newest wheel for Linux; empty without one."""
    response = requests.get(
        f"{_INDEX}/{_normalize(package)}/", headers={"Accept": _JSON}, timeout=_TIMEOUT
    )
    files = response.json()["files"] if response.ok else []
    urls = [
        file["url"]
        for file in files
        if file["filename"].endswith(".whl")
        and not file.get("yanked")
        and not _OTHER_PLATFORM.search(file["filename"])
    ]
    if not urls:
        return []
    with zipfile.ZipFile(io.BufferedReader(RemoteFile(urls[-1]), _BLOCK)) as wheel:
        matches = (_MODULE.fullmatch(_DATA.sub("", name)) for name in wheel.namelist())
        return sorted({match[1] or match[2] for match in matches if match})


class RemoteFile(io.RawIOBase):
    """A file on a server, of which only the parts that are read are downloaded."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._size = int(requests.head(url, timeout=_TIMEOUT).headers["Content-Length"])
        self._position = 0

    def seekable(self) -> bool:
        """Return True."""
        return True

    def readable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Change the position, as of a local file."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def readall(self) -> bytes:
        """Read the rest of the file."""
        return self._download(self._size - self._position)

    def readinto(self, buffer: "memoryview[int] | bytearray") -> int:  # type: ignore[override]
        """Fill the buffer as far as there is data, and return the number of bytes."""
        data = self._download(min(len(buffer), self._size - self._position))
        buffer[: len(data)] = data
        return len(data)

    def _download(self, length: int) -> bytes:
        if length <= 0:
            return b""
        last = self._position + length - 1
        response = requests.get(
            self._url, headers={"Range": f"bytes={self._position}-{last}"}, timeout=_TIMEOUT
        )
        response.raise_for_status()
        self._position += len(response.content)
        return response.content


def _normalize(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.exit(main())
