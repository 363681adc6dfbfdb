"""Shared objects made by hand: enough of an ELF file for what reads its dynamic section."""

import platform
import struct
from collections.abc import Sequence
from pathlib import Path

from seldon_buildpack.python_env.elf import MACHINES

_HEADER, _SEGMENT, _ENTRY = struct.Struct("<4sBBBB8xHHIQQQIHHHHHH"), "<IIQQQQQQ", "<qQ"
# Where the loader would put the file.
_ADDRESS = 0x10000


def write_shared_object(
    path: Path, needed: Sequence[str] = (), name: str = "", machine: int | None = None
) -> Path:
    """Write a shared object; if it is not called a library, it is an extension module."""
    path.parent.mkdir(parents=True, exist_ok=True)
    entry = "init" if path.name.startswith("lib") else "PyInit_"
    texts = [*needed, name, f"{entry}{path.name.partition('.')[0]}"]
    strings, offsets = b"\0", []
    for text in texts:
        offsets.append(len(strings))
        strings += text.encode() + b"\0"
    entries = [(1, offset) for offset in offsets[: len(needed)]]
    entries += [(14, offsets[len(needed)])] if name else []
    start = _HEADER.size + 2 * struct.calcsize(_SEGMENT)
    size = (len(entries) + 2) * struct.calcsize(_ENTRY)
    entries += [(5, _ADDRESS + start + size), (0, 0)]
    dynamic = b"".join(struct.pack(_ENTRY, *entry) for entry in entries)
    total = start + size + len(strings)
    kind = MACHINES[platform.machine()] if machine is None else machine
    path.write_bytes(
        _HEADER.pack(
            b"\x7fELF", 2, 1, 1, 0, 3, kind, 1, 0, _HEADER.size, 0, 0, _HEADER.size, 56, 2, 0, 0, 0
        )
        + struct.pack(_SEGMENT, 1, 5, 0, _ADDRESS, _ADDRESS, total, total, 4096)
        + struct.pack(_SEGMENT, 2, 6, start, _ADDRESS + start, _ADDRESS + start, size, size, 8)
        + dynamic
        + strings
    )
    return path
