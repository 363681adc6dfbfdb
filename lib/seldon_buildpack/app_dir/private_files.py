"""Files of the source that usually hold passwords. They are removed from the image.

The build may use them, but the whole application directory is exported (spec: Phase #4: Export). A
git history holds everything that was ever committed.
"""

import os
from collections.abc import Collection, Iterator
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.messages.errors.source_files import PrivateNotRemoved

NAMES = frozenset({".condarc", ".env", ".git", ".git-credentials", ".netrc", ".pypirc", "pip.conf"})


def remove(app: Path, kept: Collection[str]) -> tuple[str, ...]:
    """Remove private files at any depth, except those in ``kept`` (names or paths).

    Returns the paths that were removed. The directory is a copy on every platform except one that
    builds in a checkout. Links are not followed.

    Raises:
        PrivateNotRemoved: A file or directory cannot be removed.
    """
    gone = []
    for path in list(_found(app)):
        name = os.path.relpath(path, app)
        if path.name in kept or name in kept:
            continue
        try:
            if user_files.is_dir(path) and not path.is_symlink():
                user_files.remove_tree(path)
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
