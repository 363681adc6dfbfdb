"""Digests of a layer's packages in the source: wheels, archives and projects.

A project in a folder counts with all of its files, because it is built from them. If the source's
top directory is installed in place, only the files that its build reads count, because its code is
not part of the layer. If it is installed as a copy (`.`), all of its files count.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from seldon_buildpack import digests, user_files
from seldon_buildpack.manifests import project_files, project_inputs, requirements_txt
from seldon_buildpack.manifests.requirements_txt import Requirements
from seldon_buildpack.package_sources import wheel_folders
from seldon_buildpack.package_sources.indexes import Index

# Larger files in the source's top directory count by size only: they belong to a model, and no
# package build reads them.
_LARGE = 10_000_000
_OF_A_PROJECT = (project_files.SETUP, project_files.PYPROJECT, "uv.lock")


def key(app: Path, manifest: Requirements | None, index: Index) -> str:
    """Return a digest of the packages in the source and in wheel folders; empty for none."""
    folders = dict.fromkeys((*index.folders, *index.local_links))
    archives = [path for folder in folders for path in wheel_folders.archives(folder, app)]
    named = [path for path in (manifest.local if manifest else ()) if path not in folders]
    parts = [
        _projects(app, manifest, named) if manifest else "",
        digests.of_archives(archives, app),
    ]
    return "".join(parts)


def built_in_source(
    app: Path, manifest: Requirements | None
) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Return the folders of the source that a package is built in, and those of them in place.

    Folders that only hold wheels, and folders outside the source, are not among them.
    """
    folders = tuple(
        path
        for path in (manifest.local if manifest else ())
        if user_files.is_dir(path)
        and user_files.is_inside(app, path)
        and project_files.is_project(path)
    )
    return folders, manifest.editable if manifest else ()


def constraints_key(app: Path, index: Index, variables: Iterable[tuple[str, str]]) -> str:
    """Return a digest of the constraints files; empty for none.

    It covers the files that they include, and the local packages that they name.
    """
    constraints = requirements_txt.read_constraints(app, index.constraints, dict(variables))
    if not constraints.files:
        return ""
    return digests.of_values([constraints.digest, digests.of_trees(constraints.local, app)])


def _projects(app: Path, manifest: Requirements, named: list[Path]) -> str:
    """Return a digest of what is installed from the source, including its local dependencies."""
    home, waiting = app.resolve(), list(named)
    at_top = [path for path in named if path.resolve() == home]
    in_place = len(at_top) <= sum(1 for path in manifest.editable if path.resolve() == home)
    if not at_top and manifest.path.parent == app and manifest.path.name in _OF_A_PROJECT:
        # Only the project's dependencies are installed, and its own files declare them.
        waiting.append(app)
    seen: set[Path] = set()
    trees: dict[Path, None] = {}
    read: dict[Path, None] = {}
    names: dict[str, tuple[str, ...]] = {}
    for path in waiting:
        real = path.resolve()
        if real in seen:
            continue
        seen.add(real)
        outside = not real.is_relative_to(home)
        if outside and (home.is_relative_to(real) or _no_project(real)):
            continue
        whole = not (real == home and in_place)
        if whole:
            trees[path] = None
        if user_files.is_dir(path) and (project_files.is_project(path) or not whole):
            inputs = project_inputs.read(path, app)
            read |= dict.fromkeys(inputs.files)
            names |= {} if whole else {str(path): inputs.names}
            waiting += inputs.packages
    if not seen:
        return ""
    small, large = _by_size(read)
    told: Mapping[str, object] = {
        "trees": digests.of_trees(trees, app),
        "read": digests.of_trees(small, app),
        "large": [[str(path), path.stat().st_size] for path in large],
        "names": [*names.values()],
    }
    return digests.of_values(told)


def _no_project(path: Path) -> bool:
    """Return whether a path is a folder without a project.

    A folder like this outside the source (`/proc`) is not read: uv reports it.
    """
    return user_files.is_dir(path) and not project_files.is_project(path)


def _by_size(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    found = sorted(paths)
    large = [path for path in found if path.stat().st_size > _LARGE]
    return [path for path in found if path not in large], large
