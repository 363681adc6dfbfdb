"""Preparation of a freshly installed conda prefix to be a layer of the image.

It removes traces of the build and duplicate files, and makes the bytecode valid at launch.
"""

import contextlib
import json
import os
import struct
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from seldon_buildpack.masking import without_credentials
from seldon_buildpack.python_env.venv import site_packages

# The time that the exporter sets on every file: 1980-01-01T00:00:01Z (lifecycle:
# layers.NormalizedDateTime).
EXPORTED = 315532801
# Since Python 3.7, bytecode can be marked as never compared with its source (PEP 552).
_UNCHECKED = 1
_HEADER, _HEADER_36 = 16, 12
_32_BITS = 0xFFFFFFFF
_JOIN = "_seldon_pip_half.pth"


def settle(prefix: Path, minor: str, joined: Path, extracted: Path) -> None:
    """Prepare a freshly installed environment for the image.

    ``joined`` is the site-packages folder of the pip packages, which comes before the environment's
    own. ``extracted`` has the extracted packages with their metadata.
    """
    (prefix / "CACHEDIR.TAG").unlink(missing_ok=True)
    # Other programs recognize a conda environment by this file, a log of the changes made to it.
    (prefix / "conda-meta/history").touch()
    _complete_records(prefix / "conda-meta", extracted)
    _single(prefix)
    site = site_packages(prefix, minor)
    site.mkdir(parents=True, exist_ok=True)
    (site / _JOIN).write_text(_joining(site, joined))
    compile_bytecode(prefix / "bin/python", prefix / f"lib/python{minor}", minor)


def _joining(site: Path, joined: Path) -> str:
    """Return a line for a .pth file that puts the pip packages before those of conda.

    `site` runs the line (site: .pth files). A plain path would put the pip packages after conda's,
    which they may replace.
    """
    return (
        f"import site, sys; n = len(sys.path); site.addsitedir({str(joined)!r}); new = sys.path[n:]; del sys.path[n:]; "
        f"i = sys.path.index({str(site)!r}) if {str(site)!r} in sys.path else n; sys.path[i:i] = new\n"
    )


def _complete_records(folder: Path, extracted: Path) -> None:
    """Remove the build's paths from conda-meta, and add the metadata of each package."""
    for path in sorted(folder.glob("*.json")):
        record = json.loads(path.read_text())
        index = extracted / path.stem / "info/index.json"
        fields = json.loads(index.read_text()) if index.is_file() else {}
        record |= {
            key: value
            for key, value in fields.items()
            if key not in ("md5", "sha256", "subdir") and value is not None
        }
        for key in ("extracted_package_dir", "package_tarball_full_path", "link"):
            record.pop(key, None)
        record |= {
            key: without_credentials(record[key])
            for key in ("url", "channel")
            if isinstance(record.get(key), str)
        }
        path.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")


def _single(prefix: Path) -> None:
    """Keep one of several hard links to a file, and replace the others with symlinks to it.

    The exporter would write each hard link as a full copy.
    """
    first: dict[tuple[int, int], Path] = {}
    for folder, _, names in os.walk(prefix):
        for name in sorted(names):
            path = Path(folder, name)
            status = path.lstat()
            if path.is_symlink() or status.st_nlink < 2 or not status.st_size:
                continue
            kept = first.setdefault((status.st_dev, status.st_ino), path)
            if kept != path:
                path.unlink()
                path.symlink_to(os.path.relpath(kept, path.parent))


def compile_bytecode(interpreter: Path, library: Path, minor: str) -> None:
    """Make the bytecode of a library valid in the image, whatever the times of its sources.

    Folders named ``tests`` are not compiled, and only keep the bytecode that they have. The
    bytecode in a package is kept if it matches the source as installed. If rattler has written the
    prefix into the source, it does not.
    """
    sources = [path for path in _sources(library) if not path.is_symlink()]
    keep = _timed if minor == "3.6" else _unchecked
    lacking = [source for source in sources if not keep(source, _compiled(source, minor))]
    if minor == "3.6":
        for source in sources:
            os.utime(source, (EXPORTED, EXPORTED))
    _compile(
        interpreter, library, (source for source in lacking if "tests" not in source.parts), minor
    )


def _sources(library: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(library):
        folders.sort()
        yield from (Path(folder, name) for name in sorted(names) if name.endswith(".py"))


def _compiled(source: Path, minor: str) -> Path:
    return source.parent / f"__pycache__/{source.stem}.cpython-{minor.replace('.', '')}.pyc"


def _unchecked(source: Path, compiled: Path) -> bool:
    """Return whether a package's bytecode is usable, and mark it as unchecked (PEP 552)."""
    header = _header(compiled, _HEADER)
    if not header:
        return False
    magic, flags, time, size = struct.unpack("<4sIII", header)
    if flags == _UNCHECKED:
        return True
    if flags or not _is_of(source, time, size):
        return False
    _replace(compiled, magic + struct.pack("<I", _UNCHECKED) + compiled.read_bytes()[8:])
    return True


def _timed(source: Path, compiled: Path) -> bool:
    """Return whether bytecode for Python 3.6 is usable, and set the source time in it.

    Such bytecode contains the time of its source, which the exporter changes.
    """
    header = _header(compiled, _HEADER_36)
    if not header:
        return False
    magic, time, size = struct.unpack("<4sII", header)
    if not _is_of(source, time, size):
        return False
    _replace(compiled, magic + struct.pack("<I", EXPORTED) + compiled.read_bytes()[8:])
    return True


def _header(compiled: Path, length: int) -> bytes:
    """Return the start of a bytecode file, or nothing if the file is missing or too short."""
    try:
        with compiled.open("rb") as file:
            header = file.read(length)
    except FileNotFoundError:
        return b""
    return header if len(header) == length else b""


def _is_of(source: Path, time: int, size: int) -> bool:
    """Return whether bytecode matches its source, by the rule that Python itself uses.

    See CPython: importlib, _validate_timestamp_pyc.
    """
    status = source.stat()
    return (int(status.st_mtime) & _32_BITS, status.st_size & _32_BITS) == (time, size)


def _replace(compiled: Path, data: bytes) -> None:
    """Replace a file, but not in place: it may be a hard link to a file of a package."""
    compiled.unlink()
    compiled.write_bytes(data)


def _compile(interpreter: Path, library: Path, sources: Iterable[Path], minor: str) -> None:
    """Compile the files, ignoring those with the syntax of another Python version."""
    # Before 3.11, the bytecode depends on what the same process has compiled before.
    count = 1 if minor in ("3.6", "3.7", "3.8", "3.9", "3.10") else os.cpu_count() or 1
    mode = () if minor == "3.6" else ("--invalidation-mode", "unchecked-hash")
    command = [interpreter, "-s", "-m", "compileall", "-qq", "-f", *mode, "-i", "-"]
    listed = [f"{path}\n" for path in sources]
    with contextlib.ExitStack() as lists:
        running = []
        for number in range(min(count, len(listed))):
            # A file, since a pipe fills up before the process has read it all: the next process
            # would only start when this one is nearly done.
            part = lists.enter_context(tempfile.TemporaryFile("w+", errors="surrogateescape"))
            part.writelines(listed[number::count])
            part.seek(0)
            process = subprocess.Popen(
                command,
                stdin=part,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=library,
                env={"PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1"},
            )
            running.append(process)
        for process in running:
            process.wait()
