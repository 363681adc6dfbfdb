"""Reader for conda-lock.yml: the unified format (version 1) of conda-lock and micromamba."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from seldon_buildpack.manifests.conda.derive import completed
from seldon_buildpack.manifests.conda.lockfiles import Entry, load, pinned, table, tables, text
from seldon_buildpack.manifests.conda.types import PLATFORM, CondaEnvironment, Locked, Spec
from seldon_buildpack.messages.errors.conda_locks import LockLacksPlatform
from seldon_buildpack.messages.errors.lockfiles import LockUnreadable

_VERSION = "1"
_MAIN = "main"
_RENEW = "Regenerate it: `conda-lock lock --platform linux-64`."


def read(app: Path, path: Path) -> CondaEnvironment:
    """Read the packages of the category `main` for this platform.

    Raises:
        LockUnreadable: The file is malformed, or not of version 1.
        LockLacksPlatform: The file was not locked for linux-64.
        CondaPythonUnsupported: No supported Python matches the locked one.
    """
    lock = load(app, path, _RENEW)
    version = text(lock, "version") or "none"
    if version != _VERSION:
        raise LockUnreadable(
            path.name,
            f"its format version is {version}, but only version {_VERSION} is supported",
            _RENEW,
        )
    metadata, packages = table(lock.get("metadata")), tables(lock.get("package"))
    platforms = metadata.get("platforms")
    known = (
        [str(one) for one in platforms]
        if isinstance(platforms, list)
        else sorted({text(one, "platform") for one in packages})
    )
    if PLATFORM not in known:
        raise LockLacksPlatform(path.name, known, "`conda-lock lock --platform linux-64`.")
    mine = [
        one for one in packages if text(one, "platform") == PLATFORM and _MAIN in _categories(one)
    ]
    return completed(
        CondaEnvironment(
            path=path,
            kind="conda-lock",
            channels=tuple(
                text(one, "url") for one in tables(metadata.get("channels")) if text(one, "url")
            ),
            packages=tuple(_conda(path.name, mine)),
            pip=tuple(
                Spec(_pip(path.name, one), 1) for one in mine if text(one, "manager") == "pip"
            ),
            files=(path,),
        )
    )


def _categories(package: Entry) -> Iterable[str]:
    several = package.get("categories")
    return several if isinstance(several, list) else (text(package, "category") or _MAIN,)


def _conda(name: str, packages: Iterable[Entry]) -> Iterator[Locked]:
    for one in packages:
        if text(one, "manager") != "pip":
            hashes = table(one.get("hash"))
            yield Locked(_url(name, one), text(hashes, "md5"), text(hashes, "sha256"))


def _pip(name: str, package: Entry) -> str:
    """Return a locked package as a pip requirement.

    A package that does not come from an index is required by its URL, any other by its version.
    """
    source = table(package.get("source"))
    if source or "+" in _url(name, package).partition("://")[0]:
        return f"{text(package, 'name')} @ {text(source, 'url') or _url(name, package)}"
    return pinned(
        text(package, "name"),
        text(package, "version"),
        [text(table(package.get("hash")), "sha256")],
    )


def _url(name: str, package: Entry) -> str:
    url = text(package, "url")
    if not url:
        raise LockUnreadable(name, f"{text(package, 'name') or 'a package'} has no url", _RENEW)
    return url
