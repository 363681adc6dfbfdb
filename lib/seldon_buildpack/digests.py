"""Digests of a layer's inputs.

A layer's key covers everything that its content depends on, but no secret. Names, contents, modes
and links count. Times do not, because they differ with each upload.
"""

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from seldon_buildpack.masking import without_credentials, without_signatures

# A zip archive ends with a record of 22 bytes and a comment of up to 64 KiB.
_TAIL = 22 + 0xFFFF
# Zip archives, which list everything in them with size and checksum.
_ZIPPED = (".whl", ".conda")
# Python and git write these next to the sources.
_NO_INPUTS = ("__pycache__", ".git")


def of_values(values: object) -> str:
    """Return the digest of values that JSON can represent."""
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()


def without_secrets(text: str) -> str:
    """Return the text as it counts in a key: URLs without credentials and signatures.

    User names, passwords, tokens and signatures are removed, and other query parameters are kept.
    """
    return without_signatures(without_credentials(text))


def of_text(text: str) -> str:
    """Return the digest of a text without its secrets."""
    return hashlib.sha256(
        without_secrets(text).encode("utf-8", errors="surrogateescape")
    ).hexdigest()


def of_texts(paths: Iterable[Path], base: Path) -> str:
    """Return the digest of text files: their names, and their content without secrets."""
    total = hashlib.sha256()
    for path in paths:
        text = without_secrets(path.read_text(encoding="utf-8-sig", errors="surrogateescape"))
        total.update(f"{os.path.relpath(path, base)}\0{text}\0".encode(errors="surrogateescape"))
    return total.hexdigest()


def of_trees(paths: Iterable[Path], base: Path) -> str:
    """Return the digest of files and folders by name, mode, link and content, or "" for none.

    The targets of links count too if they are below ``base``. Compiled Python and git's own files
    do not.
    """
    total, found = hashlib.sha256(), False
    seen: set[Path] = set()
    for root in paths:
        found = True
        for line in _entries(root, os.fsencode(os.path.relpath(root, base)), base.resolve(), seen):
            total.update(len(line).to_bytes(8, "big") + line)
    return total.hexdigest() if found else ""


def of_archives(paths: Iterable[Path], base: Path) -> str:
    """Return the digest of wheels and source archives by name and content, or "" for none.

    Links count by the content of their targets.
    """
    total = hashlib.sha256()
    seen = False
    for path in paths:
        seen = True
        total.update(os.fsencode(os.path.relpath(path, base)) + b"\0" + of_file(path))
    return total.hexdigest() if seen else ""


def of_file(path: Path) -> bytes:
    """Return the digest of a file's content.

    For a wheel or a .conda package, it is the digest of the zip directory, which lists everything
    in the archive with size and checksum. Some archives are hundreds of megabytes large: reading
    them would take most of a rebuild's time.
    """
    with path.open("rb") as file:
        if path.suffix in _ZIPPED:
            _seek_directory(file)
        return hashlib.file_digest(file, "sha256").digest()


def _entries(path: Path, name: bytes, inside: Path, seen: set[Path]) -> Iterator[bytes]:
    """Yield what counts of a path and everything below it.

    Each folder is read only once, because links may form loops.
    """
    if path.is_symlink():
        yield b"link " + name + b"\0" + os.fsencode(path.readlink())
        if not _leads_inside(path, inside):
            return
    if path.is_dir():
        real = path.resolve()
        yield b"folder " + name
        if real in seen:
            yield b"again " + os.fsencode(os.path.relpath(real, inside))
            return
        seen.add(real)
        for entry in sorted(path.iterdir(), key=lambda one: os.fsencode(one.name)):
            if entry.name not in _NO_INPUTS:
                yield from _entries(entry, name + b"/" + os.fsencode(entry.name), inside, seen)
    elif path.is_file():
        runs = b"x" if path.stat().st_mode & stat.S_IXUSR else b"-"
        yield b"file " + name + b"\0" + runs + of_file(path)


def _leads_inside(link: Path, inside: Path) -> bool:
    try:
        return link.resolve(strict=True).is_relative_to(inside)
    except (OSError, RuntimeError):
        return False


def _seek_directory(file: BinaryIO) -> None:
    """Seek to the central directory of a zip archive (APPNOTE 4.3.16).

    If the file has none, or is a zip64 archive, seek to its start.
    """
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - _TAIL))
    tail = file.read()
    start = tail.rfind(b"PK\5\6")
    offset = int.from_bytes(tail[start + 16 : start + 20], "little") if start >= 0 else end
    file.seek(min(offset, end))
    if file.read(4) != b"PK\1\2":
        offset = 0
    file.seek(offset)
