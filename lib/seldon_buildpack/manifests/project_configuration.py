"""What does a project's configuration say about its build?"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seldon_buildpack.manifests import build_code
from seldon_buildpack.manifests.project_files import PYPROJECT, is_inside, is_project, paths_of
from seldon_buildpack.names import canonical, requirement_name
from seldon_buildpack.user_files import is_dir, parse_toml

# Backends that read only what the configuration names, and what they require.
_PURE = frozenset(
    [
        *("setuptools", "wheel", "hatchling", "editables", "flit-core", "poetry-core"),
        *("pdm-backend", "uv-build"),
    ]
)


def read_table(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file, or an empty table if it cannot be parsed."""
    try:
        return parse_toml(build_code.read_text(path))
    except ValueError:
        return {}


def table(pyproject: object, *names: str) -> dict[str, Any]:
    """Return a nested table, or an empty one if there is none."""
    for name in names:
        pyproject = pyproject.get(name) if isinstance(pyproject, dict) else None
    return pyproject if isinstance(pyproject, dict) else {}


def all_strings(value: object) -> Iterator[str]:
    """Yield all strings in a nested table, its keys too: some backends have paths there."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        yield from value if isinstance(value, dict) else ()
        for one in value.values() if isinstance(value, dict) else value:
            yield from all_strings(one)


def version_attributes(pyproject: dict[str, Any]) -> Iterator[str]:
    """Yield the values of `attr` under [tool.setuptools.dynamic]."""
    for one in table(pyproject, "tool", "setuptools", "dynamic").values():
        if isinstance(one, dict) and isinstance(one.get("attr"), str):
            yield one["attr"]


def backend_modules(folder: Path, pyproject: dict[str, Any]) -> Iterator[str]:
    """Yield the names of the modules that a build backend reads.

    These are an in-tree build backend, and the module that flit reads version and summary from.
    """
    system = table(pyproject, "build-system")
    backend = str(system.get("build-backend", "")).partition(":")[0]
    if backend.startswith("flit"):
        module = table(pyproject, "tool", "flit", "module").get("name")
        yield str(module or table(pyproject, "project").get("name", "")).replace("-", "_")
    places = system.get("backend-path")
    for place in places if isinstance(places, list) else ():
        if isinstance(place, str) and is_dir(folder / place):
            yield ".".join((*Path(place).parts, backend))


def has_more_than_a_backend(pyproject: dict[str, Any]) -> bool:
    """Return whether a build runs code that reads files which the configuration does not name.

    That is a backend in the project, a plug-in of a backend, and a backend that compiles, such as
    scikit-build-core, which reads CMakeLists.txt.
    """
    system = table(pyproject, "build-system")
    requires = system.get("requires")
    names = map(requirement_name, all_strings(requires if isinstance(requires, list) else []))
    return "backend-path" in system or any(canonical(name) not in _PURE for name in names)


def workspace_members(folder: Path, home: Path, pyproject: dict[str, Any]) -> Iterator[Path]:
    """Yield the members of the uv workspace that a project takes packages from."""
    sources = table(pyproject, "tool", "uv", "sources")
    if not any(isinstance(one, dict) and one.get("workspace") for one in _tables(sources, depth=2)):
        return
    for root in (folder, *folder.parents):
        if not is_inside(root, home):
            return
        members = table(read_table(root / PYPROJECT), "tool", "uv", "workspace").get("members")
        for pattern in members if isinstance(members, list) else ():
            yield from (path for path in paths_of(root, home, str(pattern)) if is_project(path))


def _tables(value: object, depth: int) -> Iterator[object]:
    yield value
    if depth and isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _tables(one, depth - 1)
