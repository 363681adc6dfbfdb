"""Reader for the user's files in the source, which refuses links out of it.

What these files say decides about the build, so a link must not lend them other content. Bindings
and the platform's own files are readable here, and what is read may end up in the log, in labels or
in the image.
"""

import errno
import stat
from pathlib import Path

from seldon_buildpack.messages.errors.source_files import IS_NO_FILE, IS_OUTSIDE, IS_TOO_LARGE

# Far above a lock of a thousand packages. Without a limit, a link to a device fills the memory.
MOST_BYTES = 32_000_000


def read(app: Path, path: Path) -> bytes:
    """Return the content of a file below ``app``.

    Raises:
        OSError: The file is not a regular file inside the source, or is too large. The error's
            reason is written for people.
    """
    status = path.stat()
    if path.is_relative_to(app) and not path.resolve().is_relative_to(app.resolve()):
        raise OSError(errno.EPERM, IS_OUTSIDE, str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, IS_NO_FILE, str(path))
    if status.st_size > MOST_BYTES:
        raise OSError(errno.EFBIG, IS_TOO_LARGE, str(path))
    return path.read_bytes()
