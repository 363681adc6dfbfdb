"""Reproducible file trees: modes, bytecode, archives, digests."""

import contextlib
import gzip
import hashlib
import os
import shutil
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from tools.core.steps import run

# This runs in the interpreter that the bytecode is for. It is one process, in sorted order, because
# the marshalled code depends on which strings are interned at the time. The stored file name is
# relative to the tree; the importer replaces it with the real one. The hashes are unchecked, since
# all files of an image get the same timestamp.
_COMPILE = """
import os, py_compile, sys
root, skipped = sys.argv[1], set(sys.argv[2:])
for folder, folders, files in os.walk(root):
    folders[:] = sorted(name for name in folders if name not in skipped and name != "__pycache__")
    for name in sorted(files):
        if name.endswith(".py"):
            source = os.path.join(folder, name)
            try:
                py_compile.compile(source, dfile=os.path.relpath(source, root), doraise=True, optimize=0,
                                   invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
            except (py_compile.PyCompileError, SyntaxError, UnicodeDecodeError):
                pass
"""


def digest_tree(*roots: Path) -> str:
    """Return one SHA-256 of trees, including bytecode.

    It covers relative names, modes, link targets and contents.
    """
    total = hashlib.sha256()
    for root in roots:
        for path in sorted(root.rglob("*")):
            total.update(str(path.relative_to(root)).encode() + b"\0")
            if path.is_symlink():
                total.update(b"link " + bytes(path.readlink()))
            elif path.is_file():
                total.update(
                    f"file {path.stat().st_mode & 0o777:o} ".encode()
                    + hashlib.sha256(path.read_bytes()).digest()
                )
            total.update(b"\0")
        total.update(b"\0\0")
    return total.hexdigest()


def compile_tree(python: Path, root: Path, skipped: Iterable[str] = ()) -> None:
    """Replace the bytecode of all Python files below ``root``, with unchecked hashes.

    Folders named in ``skipped`` are left out. Files that do not compile (templates, code for
    another Python) get no bytecode.

    Raises:
        ToolError: The interpreter does not run.
    """
    for cache in sorted(root.rglob("__pycache__")):
        shutil.rmtree(cache)
    # Not -I, which would ignore PYTHONHASHSEED: before Python 3.11, a set in the code is stored in
    # the order of its hashes.
    alone = {"PYTHONHASHSEED": "0", "PYTHONPATH": "", "PYTHONHOME": ""}
    run(
        python,
        "-s",
        "-S",
        "-c",
        _COMPILE,
        root,
        *sorted(skipped),
        cwd=Path("/"),
        env=alone,
        timeout=600,
    )


@contextlib.contextmanager
def public_files() -> Iterator[None]:
    """Set a umask that makes new files world-readable, since an archive keeps their modes."""
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


def make_world_readable(root: Path) -> None:
    """Set modes that let any user read a layer, whatever the umask.

    Folders and programs get 755, other files 644.
    """
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def write_archive(root: Path, top: str, target: Path) -> None:
    """Write a reproducible .tar.gz of a tree, with ``top`` as its top folder.

    Entries are sorted, owned by root, and have no timestamps.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".partial")
    with (
        partial.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        for path in [root, *sorted(root.rglob("*"))]:
            tar.add(
                path,
                arcname=str(Path(top) / path.relative_to(root)),
                recursive=False,
                filter=_drop_owner,
            )
    partial.rename(target)


def _drop_owner(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = member.mtime = 0
    member.uname = member.gname = ""
    return member
