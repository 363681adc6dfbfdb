"""Reader for the environment `default` of pixi.lock, versions 4 to 7."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from seldon_buildpack.manifests.conda.derive import completed
from seldon_buildpack.manifests.conda.lockfiles import Entry, load, pinned, table, tables, text
from seldon_buildpack.manifests.conda.types import PLATFORM, CondaEnvironment, Locked, Spec
from seldon_buildpack.messages.errors.conda_locks import LockLacksPlatform
from seldon_buildpack.messages.errors.lockfiles import LockUnreadable

_VERSIONS = ("4", "5", "6", "7")
_DEFAULT = "default"
_RENEW = "Regenerate it: `pixi lock`."
_BUILT = "Build the package, put it into a channel, and depend on it there."

# The packages of the lock by their addresses.
Known = Mapping[str, Entry]


def read(app: Path, path: Path) -> CondaEnvironment:
    """Read the packages of the environment `default` for this platform.

    Raises:
        LockUnreadable: The file is malformed, of an unsupported version, or has no such
            environment.
        LockLacksPlatform: The environment was not locked for linux-64.
        CondaPythonUnsupported: No supported Python matches the locked one.
    """
    lock = load(app, path, _RENEW)
    version = text(lock, "version") or "none"
    if version not in _VERSIONS:
        raise LockUnreadable(
            path.name,
            f"its format version is {version}, but only versions {', '.join(_VERSIONS)} are supported",
            _RENEW,
        )
    environment = table(table(lock.get("environments")).get(_DEFAULT))
    if not environment:
        raise LockUnreadable(path.name, f"it has no environment {_DEFAULT}", _RENEW)
    platforms = table(environment.get("packages"))
    platform = _platform(lock)
    if platform not in platforms:
        raise LockLacksPlatform(
            path.name,
            sorted(platforms),
            "`pixi workspace platform add linux-64`, then `pixi lock`.",
        )
    known = {address: one for one in tables(lock.get("packages")) if (address := _address(one))}
    mine = tables(platforms[platform])
    return completed(
        CondaEnvironment(
            path=path,
            kind="pixi",
            channels=tuple(
                text(one, "url") for one in tables(environment.get("channels")) if text(one, "url")
            ),
            packages=tuple(_conda(path.name, mine, known)),
            pip=tuple(Spec(line, 1) for line in (*_indexes(environment), *_pip(mine, known))),
            files=(path,),
        )
    )


def _platform(lock: Entry) -> str:
    """Return the lock's name for this platform, which since version 7 can be a custom one."""
    named = tables(lock.get("platforms"))
    return next((text(one, "name") for one in named if text(one, "subdir") == PLATFORM), PLATFORM)


def _indexes(environment: Entry) -> Iterator[str]:
    """Yield the indexes of the PyPI packages as pip options; the first one replaces PyPI."""
    urls = environment.get("indexes")
    for number, url in enumerate(urls if isinstance(urls, list) else []):
        yield f"{'--extra-index-url' if number else '--index-url'} {url}"


def _address(package: Entry) -> str:
    """Return the address by which an environment refers to a package.

    Version 6 stores it under the kind of the package, older versions under `url` or `path`.
    """
    return (
        text(package, "conda")
        or text(package, "pypi")
        or text(package, "url")
        or text(package, "path")
    )


def _conda(name: str, mine: tuple[Entry, ...], known: Known) -> Iterator[Locked]:
    for one in mine:
        if "pypi" in one:
            continue
        url = text(one, "conda")
        if "://" not in url:
            what = url or text(one, "conda_source") or "without a name"
            raise LockUnreadable(
                name,
                f"the conda package {what} has no url, because pixi builds it from source",
                _BUILT,
            )
        package = known.get(url, {})
        yield Locked(url, text(package, "md5"), text(package, "sha256"))


def _pip(mine: tuple[Entry, ...], known: Known) -> Iterator[str]:
    """Yield the PyPI packages as pip requirements.

    A package is pinned by version and hash, or if it has no hash, required by its URL or path.
    """
    for one in mine:
        if not (address := text(one, "pypi")):
            continue
        package = known.get(address, {})
        name, version, sha256 = (text(package, key) for key in ("name", "version", "sha256"))
        if "://" not in address:
            yield f"-e {address}" if text(package, "editable") == "true" else address
        elif sha256 and "+" not in address.partition("://")[0]:
            yield pinned(name, version, [sha256])
        else:
            yield f"{name} @ {address}"
