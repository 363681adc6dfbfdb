"""Files of the source that hold passwords by custom: they are for the build, if for anything, and are left out of the image.

The whole application directory is exported (spec: Phase #4: Export); a history of git holds all that was ever committed.
"""

import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from seldon_buildpack.messages.errors.source_files import PrivateNotRemoved

NAMES = frozenset({".condarc", ".env", ".git", ".git-credentials", ".netrc", ".pypirc", "pip.conf"})


def remove(app: Path, kept: Collection[str]) -> tuple[str, ...]:
    """Remove what has one of the names, wherever it lies, but for those of ``kept`` (names or paths). Returns what went.

    The directory is a copy on every platform but one that builds in a checkout. No link is followed. Raises PrivateNotRemoved.
    """
    gone = []
    for path in list(_found(app)):
        name = os.path.relpath(path, app)
        if path.name in kept or name in kept:
            continue
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        except OSError as error:
            raise PrivateNotRemoved(name, error.strerror or str(error)) from error
        gone.append(name)
    return tuple(gone)


def _found(app: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(app):
        yield from (Path(folder, name) for name in sorted(NAMES.intersection(folders + files)))
        folders[:] = [name for name in folders if name not in NAMES]
