"""What a layer is made from, and why one is not reused."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import BinaryIO

from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.log import Log
from seldon_buildpack.masking import without_credentials

# A zip archive ends with a record of 22 bytes and a comment of up to 64 KiB.
_TAIL = 22 + 0xFFFF


def why_made(stored: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    """Empty when the stored layer was made from the same; else the reason, as the log says it."""
    if not stored:
        return "first build"
    changed = [name.replace("-", " ") for name in wanted if stored.get(name) != wanted[name]]
    return f"{' and '.join(changed)} changed" if changed else ""


def reuse(layer: Layer, stored: Mapping[str, str], log: Log) -> None:
    """Let a launch layer stay as the last build made it (spec: Buildpack Layers), and say so."""
    log.reused(layer.name)
    layer.finish(Types(launch=True), stored)


def of_texts(paths: Iterable[Path], base: Path) -> str:
    """Digest of text files by name and content, credentials in URLs left out: no key is made from a secret."""
    total = hashlib.sha256()
    for path in paths:
        text = without_credentials(path.read_text(encoding="utf-8-sig", errors="surrogateescape"))
        total.update(f"{os.path.relpath(path, base)}\0{text}\0".encode(errors="surrogateescape"))
    return total.hexdigest()


def of_trees(paths: Iterable[Path], base: Path) -> str:
    """Digest of files and folders by name, link and content; empty for none. Compiled Python does not count."""
    total = hashlib.sha256()
    seen = False
    for root in paths:
        seen = True
        for path in [root, *sorted(root.rglob("*"))] if root.is_dir() else [root]:
            if "__pycache__" in path.parts:
                continue
            total.update(os.fsencode(os.path.relpath(path, base)) + b"\0")
            if path.is_symlink():
                total.update(os.fsencode(path.readlink()))
            elif path.is_file():
                total.update(_of_file(path))
    return total.hexdigest() if seen else ""


def of_archives(paths: Iterable[Path], base: Path) -> str:
    """Digest of wheels and archives of source by name and content, also of what a link among them leads to; empty for none."""
    total = hashlib.sha256()
    seen = False
    for path in paths:
        seen = True
        total.update(os.fsencode(os.path.relpath(path, base)) + b"\0" + _of_file(path))
    return total.hexdigest() if seen else ""


def _of_file(path: Path) -> bytes:
    """Digest of a file's content; of a wheel, of its zip directory, which lists everything in it with size and checksum.

    Some are hundreds of megabytes: reading them would be most of a rebuild's time.
    """
    with path.open("rb") as file:
        if path.suffix == ".whl":
            _seek_directory(file)
        return hashlib.file_digest(file, "sha256").digest()


def _seek_directory(file: BinaryIO) -> None:
    """Go to the central directory of a zip archive (APPNOTE 4.3.16), or to the start of what has none, or one of zip64."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - _TAIL))
    tail = file.read()
    start = tail.rfind(b"PK\5\6")
    offset = int.from_bytes(tail[start + 16 : start + 20], "little") if start >= 0 else end
    file.seek(min(offset, end))
    if file.read(4) != b"PK\1\2":
        offset = 0
    file.seek(offset)
