"""Reader for the user's files in the source, which refuses links out of it.

What these files say decides about the build, so a link must not lend them other content. Bindings
and the platform's own files are readable here, and what is read may end up in the log, in labels or
in the image.
"""

import errno
import os
import re
import stat
from pathlib import Path
from typing import Any

from seldon_buildpack.messages.errors.source_files import IS_NO_FILE, IS_OUTSIDE, IS_TOO_LARGE

# Far above a lock of a thousand packages. Without a limit, a link to a device fills the memory.
MOST_BYTES = 32_000_000
# A text between these is at most a key of TOML. The time of tomllib grows with the square of the
# number of a key's parts.
_BETWEEN_KEYS = re.compile("[=,\n]")
_MOST_PARTS = 1000


# The methods of Path raise for a name that is too long, which a link's target may be too.


def exists(path: Path) -> bool:
    """Return whether there is such a file or folder, whatever text the path was made from."""
    return os.path.exists(path)  # noqa: PTH110


def is_file(path: Path) -> bool:
    """Return whether there is such a file, whatever text the path was made from."""
    return os.path.isfile(path)  # noqa: PTH113


def is_dir(path: Path) -> bool:
    """Return whether there is such a folder, whatever text the path was made from."""
    return os.path.isdir(path)  # noqa: PTH112


def remove_tree(folder: Path) -> None:
    """Remove a folder, however deep it is. Links in it are removed, not followed.

    Raises:
        OSError: Something cannot be removed.
    """
    for above, folders, files in os.walk(folder, topdown=False):
        for name in files:
            Path(above, name).unlink()
        for name in folders:
            path = Path(above, name)
            path.unlink() if path.is_symlink() else path.rmdir()
    folder.rmdir()


def resolved(path: Path) -> Path | None:
    """Return the path without links.

    Return None for links in a circle, and for a text that is no path: it is too long or has a null
    byte.
    """
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return None


def is_inside(app: Path, path: Path) -> bool:
    """Return whether a path leads to a place inside the source, through whatever links."""
    real = resolved(path)
    return real is not None and real.is_relative_to(app.resolve())


def read(app: Path, path: Path, most: int = MOST_BYTES) -> bytes:
    """Return the content of a file below ``app``, which has at most ``most`` bytes.

    Raises:
        OSError: The file is not a regular file inside the source, or is too large. The error's
            reason is written for people.
    """
    status = path.stat()
    if path.is_relative_to(app) and not path.resolve().is_relative_to(app.resolve()):
        raise OSError(errno.EPERM, IS_OUTSIDE, str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, IS_NO_FILE, str(path))
    if status.st_size > most:
        raise OSError(errno.EFBIG, IS_TOO_LARGE, str(path))
    return path.read_bytes()


def parse_toml(text: str) -> dict[str, Any]:
    """Return the content of a TOML file.

    Raises:
        ValueError: The text is not TOML. The error's text is a clause with the reason.
    """
    # Slow to import, and most sources have no such file.
    import tomllib

    if any(piece.count(".") > _MOST_PARTS for piece in _BETWEEN_KEYS.split(text)):
        raise ValueError("a key in it has too many parts")
    try:
        return tomllib.loads(text)
    except (RecursionError, MemoryError) as error:
        raise ValueError("it is nested too deeply") from error
