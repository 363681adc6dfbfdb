"""What does uv.lock lock, and does its pyproject.toml still require the same?

Development groups and extras are not installed: only the project's own dependencies count.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from seldon_buildpack.manifests.requirements_txt import (
    WRAPPER,
)
from seldon_buildpack.masking import url_secrets, without_credentials
from seldon_buildpack.messages.errors.lockfiles import LockUnreadable
from seldon_buildpack.names import canonical

if TYPE_CHECKING:
    pass
from collections.abc import Iterator
from typing import TYPE_CHECKING

from seldon_buildpack.manifests.conditions import Asked, all_of, any_of
from seldon_buildpack.manifests.lock_files import table
from seldon_buildpack.manifests.requirements_txt import (
    Requirements,
)

if TYPE_CHECKING:
    pass
from seldon_buildpack.manifests.lock_files import (
    UV_LOCK,
    index_lines,
    path_in_source,
    read_lock,
    renewal_of,
    secrets_of,
    wrapper_pin,
)

# Sources of packages for which uv.lock does not record the required versions.
_DIRECT = {"path", "directory", "editable", "virtual", "git", "url"}
_IN_SOURCE = ("editable", "directory", "path")


def read_uv_lock(
    app: Path, project_files: tuple[Path, ...], pyproject: Mapping[str, Any]
) -> Requirements:
    """Read uv.lock, which belongs to the pyproject.toml in the same directory.

    Raises:
        LockUnreadable: The file is not valid, or its version is not supported.
        PathOutsideSource: The file refers to a path outside the source.
    """
    path = app / UV_LOCK
    text, told = read_lock(app, path)
    packages = told.get("package")
    if (
        told.get("version") != 1
        or not isinstance(packages, list)
        or not all(map(_is_package, packages))
    ):
        raise LockUnreadable(UV_LOCK, "uv 0.13 does not support its format", renewal_of(UV_LOCK))
    reachable = list(_reachable(packages))
    sources = [one["source"] for one in reachable]
    local = [(kind, each[kind]) for each in sources for kind in _IN_SOURCE if kind in each]
    registries = [source["registry"] for source in sources if "registry" in source]
    return Requirements(
        path=path,
        files=(path, *project_files),
        local=tuple(path_in_source(app, UV_LOCK, name) for _, name in local),
        editable=tuple(
            path_in_source(app, UV_LOCK, name) for kind, name in local if kind == "editable"
        ),
        names=tuple(dict.fromkeys(canonical(one["name"]) for one in reachable)),
        wrapper=wrapper_pin(
            (one["name"], one.get("version")) for one in reachable if "registry" in one["source"]
        ),
        wrapper_by_url=any(
            canonical(one["name"]) == WRAPPER and "registry" not in one["source"]
            for one in reachable
        ),
        secrets=secrets_of(text),
        index=index_lines(app, UV_LOCK, registries, _with_credentials(pyproject)),
        lock=True,
        requires_python=str(told.get("requires-python", "")),
        asked=tuple(_forks(reachable)),
        pinned=tuple(_pins(reachable)),
    )


def overrides(app: Path) -> frozenset[str]:
    """Return the packages that uv.lock overrides.

    These are ``override-dependencies`` under [tool.uv], which replace what packages require.
    """
    needs = table(read_lock(app, app / UV_LOCK)[1], "manifest").get("overrides", [])
    return (
        frozenset(canonical(need["name"]) for need in needs) if _are_needs(needs) else frozenset()
    )


def changed_requirements(app: Path) -> list[str]:
    """Return the packages whose requirements in pyproject.toml differ from those in uv.lock.

    Markers and sources are not compared. uv cannot check this without a network if the version or
    the dependencies of a project are dynamic, because it then builds the project. Dynamic
    dependencies are not known here either.
    """
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    project = table(read_lock(app, app / "pyproject.toml")[1], "project")
    packages = read_lock(app, app / UV_LOCK)[1]["package"]
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
        for need in table(root, "metadata").get("requires-dist", []):
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
        and all(map(_are_needs, table(package, "optional-dependencies").values()))
        and _are_needs(table(package, "metadata").get("requires-dist", []))
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


def _reachable(packages: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
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


def _forks(reachable: list[dict[str, Any]]) -> Iterator[Asked]:
    """Yield the wrapper's entries in uv.lock, with the markers that select each of them."""
    entries = [one for one in reachable if canonical(one["name"]) == WRAPPER]
    needs = [
        need
        for one in reachable
        for need in one.get("dependencies", [])
        if canonical(need["name"]) == WRAPPER
    ]
    for entry in entries:
        version = entry.get("version", "")
        leading = [one for one in needs if one.get("version", version) == version]
        yield Asked(
            name=WRAPPER,
            specifier=f"=={version}" if version else "",
            marker=all_of(
                (
                    any_of(entry.get("resolution-markers", []))
                    if entry.get("resolution-markers")
                    else "",
                    any_of(one.get("marker", "") for one in leading) if leading else "",
                )
            ),
            by_url="registry" not in entry["source"],
        )


def _pins(reachable: list[dict[str, Any]]) -> Iterator[Asked]:
    """Yield the packages that come from an index, with their files in uv.lock.

    The markers are those of the package's dependents, and those under which this version is locked.
    """
    markers: dict[tuple[str, str], list[str]] = {}
    for need in (need for package in reachable for need in package.get("dependencies", [])):
        markers.setdefault((need["name"], need.get("version", "")), []).append(
            need.get("marker", "")
        )
    for package in reachable:
        name, version = package["name"], package.get("version", "")
        wheels = package.get("wheels", [])
        files = [*(wheels if isinstance(wheels, list) else []), package.get("sdist")]
        names = [_file_name(file) for file in files if isinstance(file, dict)]
        if "registry" not in package["source"] or not version or not any(names):
            continue
        needed = markers.get((name, version), []) + markers.get((name, ""), [])
        forks = package.get("resolution-markers", [])
        conditions = (any_of(forks) if forks else "", any_of(needed) if needed else "")
        yield Asked(
            name=canonical(name),
            specifier=f"=={version}",
            marker=all_of(conditions),
            files=tuple(filter(None, names)),
        )


def _file_name(file: Mapping[str, Any]) -> str:
    """Return the name of a file in uv.lock, which has a URL, a path or only its name."""
    place = next((str(file[key]) for key in ("filename", "url", "path") if key in file), "")
    return unquote(place.partition("#")[0].rpartition("/")[2])


def _with_credentials(pyproject: Mapping[str, Any]) -> dict[str, str]:
    """Return the indexes of [tool.uv] with credentials, which uv.lock omits.

    The keys are the URLs without credentials.
    """
    listed = table(table(pyproject, "tool"), "uv").get("index")
    indexes = listed if isinstance(listed, list) else []
    urls = [str(one["url"]) for one in indexes if isinstance(one, dict) and "url" in one]
    return {without_credentials(url).rstrip("/"): url for url in urls if url_secrets(url)}
