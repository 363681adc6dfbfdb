"""Stubs that make pip and uv see the packages of conda as installed.

A stub is the metadata of a package, and nothing else, in the environment of the pip packages.
"""

import contextlib
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from seldon_buildpack.names import canonical, of_dist_info
from seldon_buildpack.python_env import installed_stubs

_EXTRA = re.compile(r"^\[.*\]$", re.MULTILINE)


def show(source: Path, site: Path) -> Mapping[str, str]:
    """Write stubs to ``site`` for the packages in ``source``, a site-packages folder of conda.

    Replacing a package removes its stub only. conda's files stay, and come after the pip packages
    on `sys.path`.

    Return the versions by canonical name.
    """
    installed_stubs.show(source, site)
    for path in (*source.glob("*.egg-info"), *source.glob("*.egg-info/PKG-INFO")):
        if path.is_file():
            _show_egg(path, site)
    return _versions(site)


def hide(site: Path, conda: Mapping[str, str]) -> dict[str, str]:
    """Remove the remaining stubs, and return the packages of ``conda`` that pip has replaced.

    The result has the versions that pip installed, by canonical name.
    """
    for path in site.glob("*.dist-info"):
        if installed_stubs.is_stub(path):
            shutil.rmtree(path)
    return {name: version for name, version in _versions(site).items() if name in conda}


def names(site: Path) -> tuple[str, ...]:
    """Return the canonical names of the packages that are installed or have a stub."""
    return tuple(_versions(site))


@contextlib.contextmanager
def bounded(site: Path, bounds: Path | None) -> Iterator[None]:
    """Replace requirements of seldon-core in ``site`` while uv reads them.

    The file ``bounds`` has the requirements to use. Nothing happens without it.
    """
    metadata = next(site.glob("seldon_core-*.dist-info/METADATA"), None) if bounds else None
    if bounds is None or metadata is None:
        yield
        return
    original = metadata.read_bytes()
    installed_stubs.bound_otherwise(metadata, bounds)
    try:
        yield
    finally:
        if metadata.is_file():
            metadata.write_bytes(original)


def _versions(site: Path) -> dict[str, str]:
    packages = map(of_dist_info, site.glob("*.dist-info"))
    return {canonical(name): version for name, version in packages}


def _show_egg(file: Path, site: Path) -> None:
    """Write a stub for a package with the older metadata of setuptools (setuptools: egg-info).

    Many of conda's packages for older Pythons have it.
    """
    headers = dict(
        re.findall(
            r"^(Name|Version): (.+)$",
            file.read_text(encoding="utf-8", errors="replace"),
            re.MULTILINE,
        )
    )
    if len(headers) < 2:
        return
    folder = site / f"{headers['Name'].replace('-', '_')}-{headers['Version']}.dist-info"
    if folder.exists():
        return
    folder.mkdir()
    required = file.parent / "requires.txt"
    requirements = (
        _EXTRA.split(required.read_text(encoding="utf-8", errors="replace"), maxsplit=1)[0].split(
            "\n"
        )
        if file.name == "PKG-INFO" and required.is_file()
        else []
    )
    lines = "".join(f"Requires-Dist: {line.strip()}\n" for line in requirements if line.strip())
    (folder / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {headers['Name']}\nVersion: {headers['Version']}\n{lines}",
        encoding="utf-8",
    )
    (folder / "WHEEL").write_text("Wheel-Version: 1.0\nGenerator: conda\nRoot-Is-Purelib: false\n")
    (folder / "RECORD").write_text(
        f"{folder.name}/METADATA,,\n{folder.name}/WHEEL,,\n{folder.name}/RECORD,,\n"
    )
