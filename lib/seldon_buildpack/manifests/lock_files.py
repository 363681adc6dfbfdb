"""What do the lock files have in common: their indexes, paths and secrets?

uv_lock.py and pylock.py read what each depends on. The requirements that uv installs are exported
when the layer is built, by layers/export_lock.py.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from seldon_buildpack import user_files
from seldon_buildpack.manifests.requirements_txt import (
    WRAPPER,
    IndexLines,
    text_of,
)
from seldon_buildpack.masking import Secret, url_secrets
from seldon_buildpack.messages.errors.lockfiles import LockUnreadable, PathOutsideSource
from seldon_buildpack.names import canonical

UV_LOCK = "uv.lock"
PYLOCK = "pylock.toml"

# uv's default index, PyPI, as the sha256 of its URL: registries are not named in the code.
_PUBLIC = "5a06749b2297be54ac5699f6f2761716adc5001a2d5f8b915ab2172922dd5706"
# The pins alone decide what is installed, so an index that has only other versions of a package
# must not hide an index that has the pinned one.
_STRATEGY = "unsafe-first-match"
# Does not match the scheme before ://, for speed: a lock file can be half a megabyte.
_WITH_USER = re.compile(r"://[^\s\"'/@]*@[^\s\"']*")


def renewal_of(name: str) -> str:
    """Return how to regenerate a lock file."""
    if name == UV_LOCK:
        return "Regenerate it: `uv lock`."
    return (
        "Regenerate it: `uv export --format pylock.toml --output-file pylock.toml`, or `pip lock`."
    )


def read_lock(app: Path, path: Path) -> tuple[str, dict[str, Any]]:
    """Return the text of a lock file, and its tables.

    Raises:
        LockUnreadable: The file is not TOML.
    """
    text = text_of(app, path)
    try:
        return text, user_files.parse_toml(text)
    except ValueError as error:
        conflict = re.search(r"^<{7} ", text, re.MULTILINE)
        reason = "it contains git conflict markers" if conflict else f"it is not TOML: {error}"
        raise LockUnreadable(path.name, reason, renewal_of(path.name)) from error


def table(within: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a table of a TOML file, or an empty one if it is missing or not a table."""
    value = within.get(name)
    return value if isinstance(value, dict) else {}


def path_in_source(app: Path, lock: str, name: str) -> Path:
    """Return the path of what a lock file refers to.

    Raises:
        PathOutsideSource: It is not in the source.
    """
    path = user_files.resolved(app / name)
    if path is None or not path.is_relative_to(app.resolve()):
        raise PathOutsideSource(lock, name)
    return app / path.relative_to(app.resolve())


def wrapper_pin(pins: Iterable[tuple[str, object]]) -> str:
    """Return the specifier of the locked wrapper, or "" if it is not locked."""
    return next(
        (f"=={version}" for name, version in pins if canonical(name) == WRAPPER and version), ""
    )


def index_lines(
    app: Path, lock: str, registries: list[str], known: Mapping[str, str] = MappingProxyType({})
) -> IndexLines:
    """Return the registries of a lock file as index options.

    The default index is PyPI if it is one of the registries, else the first of them. Registries
    without a scheme are folders of wheels.
    """
    bare = dict.fromkeys(url.rstrip("/") for url in registries if "://" in url)
    urls = [known.get(url, url) for url in bare]
    folders = tuple(
        str(path_in_source(app, lock, name))
        for name in dict.fromkeys(registries)
        if "://" not in name
    )
    others = [url for url in urls if hashlib.sha256(url.encode()).hexdigest() != _PUBLIC]
    default = others.pop(0) if urls and len(others) == len(urls) else ""
    return IndexLines(
        index_url=default,
        extra_index_urls=tuple(others),
        find_links=folders,
        strategy=_STRATEGY if len(urls) > 1 else "",
        of_lock=True,
    )


def secrets_of(text: str) -> tuple[Secret, ...]:
    """Return the credentials in the URLs of a lock file."""
    return tuple(
        secret
        for url in dict.fromkeys(_WITH_USER.findall(text))
        for secret in url_secrets(f"https{url}")
    )
