"""Which NumPy the compiled code of installed packages was built for.

A module that was compiled with the headers of NumPy 1 cannot be imported with NumPy 2, whatever its
package's metadata allow. One that was compiled with those of NumPy 2 runs on both (NumPy 2.0
Migration Guide).

The names are in the compiled code: NumPy's C API imports ``numpy.core._multiarray_umath``, and
Cython's declarations of NumPy have a message about ``numpy.core.multiarray``. Code for NumPy 2 also
has a name in ``numpy._core``. pybind11 and Rust look names up at run time, and need neither.
"""

import csv
import mmap
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from seldon_buildpack.names import canonical, of_dist_info

_NUMPY_1 = (b"numpy.core._multiarray_umath", b"numpy.core.multiarray failed to import")
_NUMPY_2 = b"numpy._core"
# RECORD has a line for each file; csv refuses longer fields, and no path is that long.
_LONGEST = 5000


def find_version(site: Path) -> str:
    """Return the version of NumPy in a site-packages folder, "" for none."""
    return next((of_dist_info(path)[1] for path in site.glob("numpy-*.dist-info")), "")


def find_package_for_numpy_1(site: Path) -> str:
    """Return a package whose code was compiled for NumPy 1 (`pandas 1.5.3`), "" for none.

    The modules of a package are compiled together, so the first that needs NumPy speaks for all.
    """
    for entry in sorted(site.iterdir()):
        # A namespace package may belong to several packages.
        together = (entry / "__init__.py").exists()
        for file in _list_modules(entry):
            major = _find_numpy_major(file)
            if major == 1:
                return _name_owner(site, file)
            if major and together:
                break
    return ""


def _list_modules(entry: Path) -> Iterator[Path]:
    """Yield what may be an extension module; NumPy's own and plain libraries are left out."""
    if entry.name == "numpy" or entry.name.endswith((".libs", ".dist-info")):
        return
    if entry.is_file():
        yield from [entry] if ".so" in entry.name else ()
        return
    for folder, folders, names in os.walk(entry):
        folders.sort()
        for name in sorted(names):
            if ".so" in name and (not name.startswith("lib") or "python" in name):
                yield Path(folder, name)


def _find_numpy_major(file: Path) -> int:
    """Return the NumPy that a module was compiled for: 1, 2, or 0 if it needs none."""
    try:
        with (
            file.open("rb") as opened,
            mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content,
        ):
            if content.find(_NUMPY_2) >= 0:
                return 2
            return int(any(content.find(name) >= 0 for name in _NUMPY_1))
    except (OSError, ValueError):  # mmap refuses an empty file.
        return 0


def _name_owner(site: Path, file: Path) -> str:
    """Return the name and version of the package that installed a file."""
    path = file.relative_to(site).as_posix()
    for record in sorted(site.glob("*.dist-info/RECORD")):
        if path in _read_paths(record):
            name, version = of_dist_info(record.parent)
            return f"{canonical(name)} {version}"
    return path


def _read_paths(record: Path) -> Iterable[str]:
    text = record.read_text(encoding="utf-8", errors="replace")
    lines = (line for line in text.splitlines() if len(line) < _LONGEST)
    return (line[0] for line in csv.reader(lines) if line)
