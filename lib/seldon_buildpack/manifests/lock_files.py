"""Reader for lock files: uv.lock with its pyproject.toml, and pylock.toml (PEP 751).

The module reads what a lock file depends on and which indexes it names. The requirements that uv
installs are exported from it when the layer is built (install/locked.py). Development groups and
extras are not installed: only the project's own dependencies in uv.lock count.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from seldon_buildpack import user_files
from seldon_buildpack.manifests.conditions import Asked, all_of, any_of
from seldon_buildpack.manifests.requirements_txt import (
    WRAPPER,
    IndexLines,
    Requirements,
    text_of,
)
from seldon_buildpack.masking import Secret, url_secrets, without_credentials
from seldon_buildpack.messages.errors.lockfiles import LockUnreadable, PathOutsideSource
from seldon_buildpack.names import canonical

if TYPE_CHECKING:
    from packaging.pylock import Package, Pylock

UV_LOCK = "uv.lock"
PYLOCK = "pylock.toml"

# uv's default index, PyPI, as the sha256 of its URL: registries are not named in the code.
_PUBLIC = "5a06749b2297be54ac5699f6f2761716adc5001a2d5f8b915ab2172922dd5706"
# The pins alone decide what is installed, so an index that has only other versions of a package
# must not hide an index that has the pinned one.
_STRATEGY = "unsafe-first-match"
# Does not match the scheme before ://, for speed: a lock file can be half a megabyte.
_WITH_USER = re.compile(r"://[^\s\"'/@]*@[^\s\"']*")
# Sources of packages for which uv.lock does not record the required versions.
_DIRECT = {"path", "directory", "editable", "virtual", "git", "url"}
_IN_SOURCE = ("editable", "directory", "path")


def read_uv(
    app: Path, project_files: tuple[Path, ...], pyproject: Mapping[str, Any]
) -> Requirements:
    """Read uv.lock, which belongs to the pyproject.toml in the same directory.

    Raises:
        LockUnreadable: The file is not valid, or its version is not supported.
        PathOutsideSource: The file refers to a path outside the source.
    """
    path = app / UV_LOCK
    text, told = _toml(app, path)
    packages = told.get("package")
    if (
        told.get("version") != 1
        or not isinstance(packages, list)
        or not all(map(_is_package, packages))
    ):
        raise LockUnreadable(UV_LOCK, "uv 0.13 does not support its format", _renewal(UV_LOCK))
    wanted = list(_wanted(packages))
    sources = [one["source"] for one in wanted]
    local = [
        (kind, source[kind])
        for source in sources
        for kind in _IN_SOURCE
        if isinstance(source.get(kind), str)
    ]
    registries = [
        source["registry"] for source in sources if isinstance(source.get("registry"), str)
    ]
    index = _index(app, UV_LOCK, registries, _with_credentials(pyproject))
    return Requirements(
        path=path,
        files=(path, *project_files),
        local=tuple(_inside(app, UV_LOCK, name) for _, name in local),
        editable=tuple(_inside(app, UV_LOCK, name) for kind, name in local if kind == "editable"),
        names=tuple(dict.fromkeys(canonical(one["name"]) for one in wanted)),
        wrapper=_wrapper(
            (one["name"], one.get("version")) for one in wanted if "registry" in one["source"]
        ),
        wrapper_by_url=any(
            canonical(one["name"]) == WRAPPER and "registry" not in one["source"] for one in wanted
        ),
        secrets=_secrets(text),
        index=index,
        lock=True,
        requires_python=str(told.get("requires-python", "")),
        asked=tuple(_forks(wanted)),
    )


def read_pylock(app: Path) -> Requirements:
    """Read pylock.toml.

    Raises:
        LockUnreadable: The file is not valid.
        PathOutsideSource: The file refers to a path outside the source.
    """
    path = app / PYLOCK
    lock = pylock(app)
    local = [one for package in lock.packages for one in _paths(package)]
    return Requirements(
        path=path,
        files=(path,),
        local=tuple(_inside(app, PYLOCK, name) for name, _ in local),
        editable=tuple(_inside(app, PYLOCK, name) for name, editable in local if editable),
        names=tuple(dict.fromkeys(str(package.name) for package in lock.packages)),
        wrapper=_wrapper(
            (package.name, package.version) for package in lock.packages if not package.is_direct
        ),
        wrapper_by_url=any(
            package.name == WRAPPER and package.is_direct for package in lock.packages
        ),
        secrets=_secrets(text_of(app, path)),
        index=_index(
            app,
            PYLOCK,
            [*(package.index for package in lock.packages if package.index), *_folders(lock)],
        ),
        lock=True,
        requires_python=str(lock.requires_python or ""),
        asked=tuple(
            Asked(
                str(package.name),
                f"=={package.version}" if package.version else "",
                str(package.marker or ""),
                package.is_direct,
            )
            for package in lock.packages
        ),
    )


def pylock(app: Path) -> "Pylock":
    """Parse and validate pylock.toml.

    Raises:
        LockUnreadable: The file is not valid.
    """
    _, told = _toml(app, app / PYLOCK)
    from packaging.pylock import Pylock, PylockValidationError

    try:
        return Pylock.from_dict(told)
    except PylockValidationError as error:
        raise LockUnreadable(PYLOCK, str(error), _renewal(PYLOCK)) from error


def overrides(app: Path) -> frozenset[str]:
    """Return the packages that uv.lock overrides.

    These are ``override-dependencies`` under [tool.uv], which replace what packages require.
    """
    needs = _table(_toml(app, app / UV_LOCK)[1], "manifest").get("overrides", [])
    return (
        frozenset(canonical(need["name"]) for need in needs) if _are_needs(needs) else frozenset()
    )


def asked_otherwise(app: Path) -> list[str]:
    """Return the packages whose requirements in pyproject.toml differ from those in uv.lock.

    Markers and sources are not compared. uv cannot check this without a network if the version or
    the dependencies of a project are dynamic, because it then builds the project. Dynamic
    dependencies are not known here either.
    """
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    project = _table(_toml(app, app / "pyproject.toml")[1], "project")
    packages = _toml(app, app / UV_LOCK)[1]["package"]
    root = next((one for one in packages if "." in one["source"].values()), None)
    lines, dynamic = project.get("dependencies", []), project.get("dynamic", [])
    if root is None or not _are_texts(lines) or not _are_texts(dynamic):
        return []
    if "dependencies" in dynamic:
        return []
    asked: dict[str, set[str]] = {}
    locked: dict[str, set[str]] = {}
    direct: set[str] = set()
    try:
        for line in lines:
            requirement = Requirement(line)
            asked.setdefault(canonical(requirement.name), set()).add(str(requirement.specifier))
        for need in _table(root, "metadata").get("requires-dist", []):
            if "extra ==" not in need.get("marker", ""):
                locked.setdefault(canonical(need["name"]), set()).add(
                    str(SpecifierSet(need.get("specifier", "")))
                )
                direct |= {canonical(need["name"])} if _DIRECT & need.keys() else set()
    except (InvalidRequirement, InvalidSpecifier):
        return []
    names = asked.keys() | locked.keys()
    return sorted(
        name
        for name in names
        if asked.get(name) != locked.get(name) and not (name in direct and name in asked)
    )


def _renewal(name: str) -> str:
    if name == UV_LOCK:
        return "Regenerate it: `uv lock`."
    return (
        "Regenerate it: `uv export --format pylock.toml --output-file pylock.toml`, or `pip lock`."
    )


def _toml(app: Path, path: Path) -> tuple[str, dict[str, Any]]:
    text = text_of(app, path)
    try:
        return text, user_files.parse_toml(text)
    except ValueError as error:
        conflict = re.search(r"^<{7} ", text, re.MULTILINE)
        reason = "it contains git conflict markers" if conflict else f"it is not TOML: {error}"
        raise LockUnreadable(path.name, reason, _renewal(path.name)) from error


def _is_package(package: object) -> bool:
    """Return whether a package of uv.lock has the types that are read here."""
    return (
        isinstance(package, dict)
        and isinstance(package.get("name"), str)
        and isinstance(package.get("version", ""), str)
        and isinstance(package.get("source"), dict)
        and all(isinstance(value, str) for value in package["source"].values())
        and _are_texts(package.get("resolution-markers", []))
        and _are_needs(package.get("dependencies", []))
        and all(map(_are_needs, _table(package, "optional-dependencies").values()))
        and _are_needs(_table(package, "metadata").get("requires-dist", []))
    )


def _are_needs(value: object) -> bool:
    """Return whether this is a list of dependencies in uv.lock."""
    return isinstance(value, list) and all(
        isinstance(need, dict)
        and isinstance(need.get("name"), str)
        and all(isinstance(need.get(key, ""), str) for key in ("marker", "specifier", "version"))
        and _are_texts(need.get("extra", []))
        for need in value
    )


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _table(within: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a table of a TOML file, or an empty one if it is missing or not a table."""
    value = within.get(name)
    return value if isinstance(value, dict) else {}


def _wanted(packages: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the project in the source and the packages that it depends on.

    If the source is a workspace without a root project, all members count.
    """
    by_name: dict[str, list[dict[str, Any]]] = {}
    for package in packages:
        by_name.setdefault(package["name"], []).append(package)
    members = [one for one in packages if {"virtual", "editable"} & one["source"].keys()]
    root = [one for one in members if "." in one["source"].values()]
    waiting = [(one["name"], "") for one in root or members]
    seen = set(waiting)
    for name, extra in waiting:
        for package in by_name.get(name, []):
            if not extra:
                yield package
            needs = (
                package.get("optional-dependencies", {}).get(extra, [])
                if extra
                else package.get("dependencies", [])
            )
            found = [(need["name"], one) for need in needs for one in ("", *need.get("extra", []))]
            waiting += [one for one in dict.fromkeys(found) if one not in seen]
            seen |= set(found)


def _forks(wanted: list[dict[str, Any]]) -> Iterator[Asked]:
    """Yield the wrapper's entries in uv.lock, with the markers that select each of them."""
    entries = [one for one in wanted if canonical(one["name"]) == WRAPPER]
    needs = [
        need
        for one in wanted
        for need in one.get("dependencies", [])
        if canonical(need["name"]) == WRAPPER
    ]
    for entry in entries:
        version = entry.get("version", "")
        leading = [one for one in needs if one.get("version", version) == version]
        yield Asked(
            WRAPPER,
            f"=={version}" if version else "",
            all_of(
                (
                    any_of(entry.get("resolution-markers", []))
                    if entry.get("resolution-markers")
                    else "",
                    any_of(one.get("marker", "") for one in leading) if leading else "",
                )
            ),
            "registry" not in entry["source"],
        )


def _paths(package: "Package") -> Iterator[tuple[str, bool]]:
    """Yield the source paths of a package in pylock.toml, and whether each is editable."""
    if package.directory:
        yield package.directory.path, bool(package.directory.editable)
    files = (package.archive, package.sdist, *(package.wheels or ()))
    yield from ((file.path, False) for file in files if file and file.path and not file.url)


def _folders(lock: "Pylock") -> Iterator[str]:
    """Yield the folders of the source that contain locked wheels and source archives."""
    for package in lock.packages:
        files = (package.sdist, *(package.wheels or ()))
        yield from (
            str(Path(file.path).parent) for file in files if file and file.path and not file.url
        )


def _inside(app: Path, lock: str, name: str) -> Path:
    path = user_files.resolved(app / name)
    if path is None or not path.is_relative_to(app.resolve()):
        raise PathOutsideSource(lock, name)
    return app / path.relative_to(app.resolve())


def _wrapper(pins: Iterable[tuple[str, object]]) -> str:
    return next(
        (f"=={version}" for name, version in pins if canonical(name) == WRAPPER and version), ""
    )


def _with_credentials(pyproject: Mapping[str, Any]) -> dict[str, str]:
    """Return the indexes of [tool.uv] with credentials, which uv.lock omits.

    The keys are the URLs without credentials.
    """
    listed = _table(_table(pyproject, "tool"), "uv").get("index")
    indexes = listed if isinstance(listed, list) else []
    urls = [str(one["url"]) for one in indexes if isinstance(one, dict) and "url" in one]
    return {without_credentials(url).rstrip("/"): url for url in urls if url_secrets(url)}


def _index(
    app: Path, lock: str, registries: list[str], known: Mapping[str, str] = MappingProxyType({})
) -> IndexLines:
    """Return the registries of a lock file as index options.

    The default index is PyPI if it is one of the registries, else the first of them. Registries
    without a scheme are folders of wheels.
    """
    bare = dict.fromkeys(url.rstrip("/") for url in registries if "://" in url)
    urls = [known.get(url, url) for url in bare]
    folders = tuple(
        str(_inside(app, lock, name)) for name in dict.fromkeys(registries) if "://" not in name
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


def _secrets(text: str) -> tuple[Secret, ...]:
    return tuple(
        secret
        for url in dict.fromkeys(_WITH_USER.findall(text))
        for secret in url_secrets(f"https{url}")
    )
