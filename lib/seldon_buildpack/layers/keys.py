"""What a layer is made from, and why one is not reused."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from seldon_buildpack.secrets import without_credentials


def why_made(stored: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    """Empty when the stored layer was made from the same; else the reason, as the log says it."""
    if not stored:
        return "first build"
    changed = [name.replace("-", " ") for name in wanted if stored.get(name) != wanted[name]]
    return f"{' and '.join(changed)} changed" if changed else ""


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
                with path.open("rb") as file:
                    total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest() if seen else ""
