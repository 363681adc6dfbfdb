"""What a layer with installed packages is made from in the source itself: wheels, archives and projects that lie there.

A project in a folder counts with all of its files, as it is built from them. The source's top as a project in place counts with what its build
reads, for its code is not part of the layer; as a copy (`.`) it counts with all files.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from seldon_buildpack import digests
from seldon_buildpack.manifests import project_inputs, requirements_txt
from seldon_buildpack.manifests.requirements_txt import Requirements
from seldon_buildpack.package_sources import wheel_folders
from seldon_buildpack.package_sources.indexes import Index

# A file of the source's top that is larger counts by its size: it is a model's, and no build of a package reads it.
_LARGE = 10_000_000
_OF_A_PROJECT = (project_inputs.SETUP, project_inputs.PYPROJECT, "uv.lock")


def key(app: Path, manifest: Requirements | None, index: Index) -> str:
    """A digest of the packages that lie in the source, or in folders of wheels; empty for none."""
    folders = dict.fromkeys((*index.folders, *index.local_links))
    archives = [path for folder in folders for path in wheel_folders.archives(folder, app)]
    named = [path for path in (manifest.local if manifest else ()) if path not in folders]
    parts = [
        _projects(app, manifest, named) if manifest else "",
        digests.of_archives(archives, app),
    ]
    return "".join(parts)


def constraints_key(app: Path, index: Index, variables: Iterable[tuple[str, str]]) -> str:
    """A digest of the constraints files, those that they include and the local packages that they name; empty for none."""
    read = requirements_txt.with_includes(index.constraints, dict(variables))
    if not read:
        return ""
    local = [path for text in read.values() for path in requirements_txt.local_of_text(app, text)]
    names = {path: path.relative_to(app) if path.is_relative_to(app) else path for path in read}
    return digests.of_values(
        [
            [[str(names[path]), digests.of_text(text)] for path, text in read.items()],
            digests.of_trees(dict.fromkeys(local), app),
        ]
    )


def _projects(app: Path, manifest: Requirements, named: list[Path]) -> str:
    """What is installed of the source, with all that this depends on in turn."""
    home, waiting = app.resolve(), list(named)
    at_top = [path for path in named if path.resolve() == home]
    in_place = len(at_top) <= sum(1 for path in manifest.editable if path.resolve() == home)
    if not at_top and manifest.path.parent == app and manifest.path.name in _OF_A_PROJECT:
        # Only what it depends on is installed, and its own files say what that is.
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
        if path.is_dir() and (project_inputs.is_project(path) or not whole):
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
    """Whether a path is a folder that is none: of such outside the source (`/proc`), uv says so."""
    return path.is_dir() and not project_inputs.is_project(path)


def _by_size(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    found = sorted(paths)
    large = [path for path in found if path.stat().st_size > _LARGE]
    return [path for path in found if path not in large], large
