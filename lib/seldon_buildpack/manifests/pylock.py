"""What does pylock.toml lock (PEP 751)?"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from seldon_buildpack.manifests.conditions import Asked
from seldon_buildpack.manifests.requirements_txt import (
    WRAPPER,
    Requirements,
    text_of,
)
from seldon_buildpack.messages.errors.lockfiles import LockUnreadable

if TYPE_CHECKING:
    from packaging.pylock import Package, Pylock
from seldon_buildpack.manifests.lock_files import (
    PYLOCK,
    index_lines,
    path_in_source,
    read_lock,
    renewal_of,
    secrets_of,
    wrapper_pin,
)


def read_pylock(app: Path) -> Requirements:
    """Read pylock.toml.

    Raises:
        LockUnreadable: The file is not valid.
        PathOutsideSource: The file refers to a path outside the source.
    """
    path = app / PYLOCK
    lock = parse_pylock(app)
    local = [one for package in lock.packages for one in _paths(package)]
    return Requirements(
        path=path,
        files=(path,),
        local=tuple(path_in_source(app, PYLOCK, name) for name, _ in local),
        editable=tuple(path_in_source(app, PYLOCK, name) for name, editable in local if editable),
        names=tuple(dict.fromkeys(str(package.name) for package in lock.packages)),
        wrapper=wrapper_pin(
            (package.name, package.version) for package in lock.packages if not package.is_direct
        ),
        wrapper_by_url=any(
            package.name == WRAPPER and package.is_direct for package in lock.packages
        ),
        secrets=secrets_of(text_of(app, path)),
        index=index_lines(
            app,
            PYLOCK,
            [*(package.index for package in lock.packages if package.index), *_folders(lock)],
        ),
        lock=True,
        requires_python=str(lock.requires_python or ""),
        asked=tuple(
            Asked(
                name=str(package.name),
                specifier=f"=={package.version}" if package.version else "",
                marker=str(package.marker or ""),
                by_url=package.is_direct,
            )
            for package in lock.packages
        ),
        pinned=tuple(
            Asked(
                name=str(package.name),
                specifier=f"=={package.version}",
                marker=str(package.marker or ""),
                files=tuple(_file_names(package)),
            )
            for package in lock.packages
            if package.version and not package.is_direct and (package.sdist or package.wheels)
        ),
    )


def parse_pylock(app: Path) -> "Pylock":
    """Parse and validate pylock.toml.

    Raises:
        LockUnreadable: The file is not valid.
    """
    _, told = read_lock(app, app / PYLOCK)
    from packaging.pylock import Pylock, PylockValidationError

    try:
        return Pylock.from_dict(told)
    except PylockValidationError as error:
        raise LockUnreadable(PYLOCK, str(error), renewal_of(PYLOCK)) from error


def _paths(package: "Package") -> Iterator[tuple[str, bool]]:
    """Yield the source paths of a package in pylock.toml, and whether each is editable."""
    if package.directory:
        yield package.directory.path, bool(package.directory.editable)
    files = (package.archive, package.sdist, *(package.wheels or ()))
    yield from ((file.path, False) for file in files if file and file.path and not file.url)


def _file_names(package: "Package") -> Iterator[str]:
    """Yield the names of the files of a package."""
    for file in (package.sdist, *(package.wheels or ())):
        # A file without a name is an error of packaging's, which is a ValueError.
        with contextlib.suppress(ValueError):
            if file:
                yield file.filename


def _folders(lock: "Pylock") -> Iterator[str]:
    """Yield the folders of the source that contain locked wheels and source archives."""
    for package in lock.packages:
        files = (package.sdist, *(package.wheels or ()))
        yield from (
            str(Path(file.path).parent) for file in files if file and file.path and not file.url
        )
