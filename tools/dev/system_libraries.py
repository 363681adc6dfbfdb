"""The catalogue of system libraries: those of the run image, and Debian's packages of others.

Nothing in it is typed from memory: `python -m tools.dev.system_libraries MIRROR` reads the run
image in the engine and Debian's indexes on a mirror (`http://HOST/debian`), tries the wheels of
``_ALTERNATIVES``, and writes lib/seldon_buildpack/python_env/system_libraries.json.
"""

import gzip
import json
import lzma
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import requests
from uv import find_uv_bin

from seldon_buildpack.python_env.system_libraries import find_missing_libraries
from tools.core.steps import ToolError, Workspace, run
from tools.dev import engine
from tools.release import images

_TABLE = Path("lib/seldon_buildpack/python_env/system_libraries.json")
_TIMEOUT = 300
_PYTHON = "3.12"
# Packages that have the same modules with and without libraries of the system.
_ALTERNATIVES = {
    "opencv-contrib-python": "opencv-contrib-python-headless",
    "opencv-python": "opencv-python-headless",
}
# A library that fewer packages of Debian depend on is not in the catalogue, which would otherwise
# have 7,000 of them.
_LEAST_USES = 5
# Where the loader looks in Debian's images.
_FOLDERS = ("/lib/x86_64-linux-gnu", "/usr/lib")
_LABEL = re.compile(r"io\.buildpacks\.base\.id=([\w./-]+)")
# In Debian's indexes: a library in a folder where the loader looks, and a name in `Depends:`.
_LIBRARY = re.compile(
    r"(?:usr/)?lib/(?:x86_64-linux-gnu/)?(lib[^/\s]+\.so\.\d+)\s+\S*?([^/\s,]+)(?:,\S*)?"
)
_DEPENDENCY = re.compile(r"(?:^|[,|]) *([a-z0-9][a-z0-9+.-]+)")


def main(mirror: str) -> int:
    """Write the catalogue and return the exit code.

    Raises:
        ToolError: The engine has no run image, or a wheel is not as the catalogue says.
    """
    ws = Workspace(Path.cwd(), Path.cwd() / ".work")
    suite = str(ws.versions["base"]["suite"])
    dockerfile = images.dockerfiles_folder(ws) / "run.Dockerfile"
    docker = ("docker", "run", "--rm", images.name_images(ws).run, "ls", "-1", *_FOLDERS)
    listing = run(*docker, env=engine.ensure_engine(ws).environment)
    index = f"{mirror}/dists/{suite}/main"
    contents = gzip.decompress(_download(f"{index}/Contents-amd64.gz")).decode()
    packages = lzma.decompress(_download(f"{index}/binary-amd64/Packages.xz")).decode()
    catalogue = make_catalogue(dockerfile.read_text(), listing, contents, packages)
    _TABLE.write_text(json.dumps(catalogue, indent=1, sort_keys=True) + "\n")
    check_alternatives(_ALTERNATIVES)
    return 0


def make_catalogue(
    dockerfile: str, listing: str, contents: str, packages: str
) -> dict[str, object]:
    """Return the catalogue.

    ``listing`` has the names in the run image's folders of libraries, a line each, and ``contents`` and ``packages``
    are Debian's indexes of those names.
    """
    label = _LABEL.search(dockerfile)
    libraries = list_libraries(listing)
    owners = choose_packages(contents, count_uses(packages))
    by_package: dict[str, list[str]] = {}
    for library in sorted(owners.keys() - libraries):
        by_package.setdefault(owners[library], []).append(library)
    return {
        "run-image": label[1] if label else "",
        "libraries": sorted(libraries),
        "packages": {package: " ".join(names) for package, names in by_package.items()},
        "alternatives": _ALTERNATIVES,
    }


def list_libraries(listing: str) -> frozenset[str]:
    """Return the libraries among the names in a listing."""
    return frozenset(name for name in listing.splitlines() if ".so" in name)


def count_uses(packages: str) -> Counter[str]:
    """Return how many packages depend on each, from Debian's index of packages."""
    uses: Counter[str] = Counter()
    for line in packages.splitlines():
        field, _, value = line.partition(":")
        if field in ("Depends", "Pre-Depends"):
            uses.update(set(_DEPENDENCY.findall(value)))
    return uses


def choose_packages(contents: str, uses: Mapping[str, int]) -> dict[str, str]:
    """Return the package of each library; of several, the one that most others depend on."""
    owners: dict[str, str] = {}
    for match in filter(None, map(_LIBRARY.fullmatch, contents.splitlines())):
        library, package = match.groups()
        if uses.get(package, 0) >= max(_LEAST_USES, uses.get(owners.get(library, ""), 0)):
            owners[library] = package
    return owners


def check_alternatives(alternatives: Mapping[str, str]) -> None:
    """Check that each package needs libraries that the run image lacks, and its alternative none.

    Raises:
        ToolError: A package is not as expected.
    """
    for packages, expected in ((alternatives.keys(), True), (alternatives.values(), False)):
        for package in packages:
            if _lacks_libraries(package) is not expected:
                raise ToolError(f"{package} is not as expected.", "Correct the alternatives.")


def _lacks_libraries(package: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        options = ("--no-deps", "--only-binary", ":all:", "--python-version", _PYTHON)
        run(find_uv_bin(), "pip", "install", "--quiet", *options, "--target", folder, package)
        return bool(find_missing_libraries(Path(folder), Path(sys.executable)))


def _download(url: str) -> bytes:
    response = requests.get(url, timeout=_TIMEOUT)
    response.raise_for_status()
    return response.content


def _usage(arguments: Iterable[str]) -> str:
    mirrors = list(arguments)
    if len(mirrors) != 1:
        sys.exit("usage: python -m tools.dev.system_libraries MIRROR")
    return mirrors[0].rstrip("/")


if __name__ == "__main__":
    sys.exit(main(_usage(sys.argv[1:])))
