"""Selection of the manifest that the source is installed from.

s2i's manifests come first, in s2i's order: requirements.txt, setup.py, environment.yml. Locks of
environment.yml take precedence over it. Next are manifests that s2i did not support: pylock.toml,
uv.lock, pyproject.toml, and MLflow's. Other manifests have no effect, but are named in the log.
BP_REQUIREMENTS selects the manifest in place of this order.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.manifests import (
    conflicting_pins,
    lock_files,
    mlflow,
    requirements_txt,
)
from seldon_buildpack.manifests.conda import select as conda_files
from seldon_buildpack.manifests.conda.types import CondaEnvironment
from seldon_buildpack.manifests.inputs import (
    MANIFESTS,
    is_for_developers,
    is_manifest,
    manifests_below,
    misspelt_manifest,
    other_manifests,
)
from seldon_buildpack.manifests.pyproject import (
    PROJECT_FILES,
    PYPROJECT,
    SETUP,
    SETUP_CFG,
    arguments_of,
    project_files,
    read_project,
    read_pyproject,
    table,
)
from seldon_buildpack.manifests.requested import is_conda, requested_files
from seldon_buildpack.manifests.requirements_txt import Requirements
from seldon_buildpack.messages.errors.lockfiles import LockNotExported, LockWithoutProject
from seldon_buildpack.messages.errors.manifests import (
    ManifestMisspelt,
    ManifestUnderOtherName,
    ProjectWithoutBuildFile,
    RequestedFileUnsuited,
)
from seldon_buildpack.messages.warnings import requirements as requirements_warnings
from seldon_buildpack.messages.warnings.base import Advice

REQUIREMENTS = "requirements.txt"
_POETRY = "poetry.lock"
_PIPENV = ("Pipfile.lock", "Pipfile")
_OF_A_PROJECT = re.compile(
    rb"^[ \t]*\[(?:build-system|project|tool\.poetry(?:\.dependencies)?)\]", re.MULTILINE
)

_INSTALL_REQUIRES = re.compile(rb"^install_requires[ \t]*=", re.MULTILINE)


def find(app: Path, env: Mapping[str, str]) -> Requirements | None:
    """Return the requirements of the source, or None if it has no manifest.

    Raises:
        BuildError: The manifest cannot be installed.
    """
    if paths := requested_files(app, env):
        return _read_requested(app, paths, env)
    if _has_requirements(app):
        return requirements_txt.read(app, app / REQUIREMENTS, env)
    if user_files.is_file(app / SETUP):
        return read_project(app, SETUP, ("-e", "."))
    if user_files.is_file(app / lock_files.PYLOCK):
        return _read_pylock(app)
    if user_files.is_file(app / lock_files.UV_LOCK):
        return _read_uv_lock(app)
    told = read_pyproject(app)
    kind = arguments_of(app, told)
    if user_files.is_file(app / _POETRY):
        raise LockNotExported(_POETRY, installed_without=bool(kind))
    if kind:
        return read_project(app, PYPROJECT, kind)
    if found := next((name for name in _PIPENV if user_files.is_file(app / name)), None):
        raise LockNotExported(found)
    if saved := mlflow.read_pip_requirements(app, env):
        return saved
    if misspelt := misspelt_manifest(
        entry.name for entry in app.iterdir() if user_files.is_file(entry)
    ):
        raise ManifestMisspelt(
            misspelt, REQUIREMENTS if "equir" in misspelt.lower() else "environment.yml"
        )
    if _matches(app / SETUP_CFG, _INSTALL_REQUIRES):
        raise ProjectWithoutBuildFile
    names = other_manifests(app)
    if names and not is_for_developers(names[0]):
        raise ManifestUnderOtherName(names, names[0])
    return None


def _read_requested(app: Path, paths: tuple[Path, ...], env: Mapping[str, str]) -> Requirements:
    """Read the files that BP_REQUIREMENTS selects: requirements files, or one other manifest."""
    name = str(paths[0].relative_to(app))
    if name == SETUP:
        return read_project(app, SETUP, ("-e", "."))
    if name == lock_files.PYLOCK:
        return _read_pylock(app)
    if name == lock_files.UV_LOCK:
        return _read_uv_lock(app)
    if name == PYPROJECT:
        if kind := arguments_of(app, read_pyproject(app)):
            return read_project(app, PYPROJECT, kind)
        raise RequestedFileUnsuited(name)
    if name in (_POETRY, *_PIPENV):
        raise LockNotExported(name)
    if name == SETUP_CFG:
        raise ProjectWithoutBuildFile
    return requirements_txt.read(app, paths[0], env, more=paths[1:])


def _read_pylock(app: Path) -> Requirements:
    from seldon_buildpack.manifests.pylock import read_pylock

    return read_pylock(app)


def _read_uv_lock(app: Path) -> Requirements:
    from seldon_buildpack.manifests.uv_lock import read_uv_lock

    if not user_files.is_file(app / PYPROJECT):
        raise LockWithoutProject(lock_files.UV_LOCK, PYPROJECT)
    return read_uv_lock(app, project_files(app), read_pyproject(app))


def conda(app: Path, env: Mapping[str, str]) -> CondaEnvironment | None:
    """Return the conda environment that the source is installed from.

    The result is None if there is none, or if a pip manifest takes precedence.

    Raises:
        BuildError: The environment cannot be used.
    """
    if paths := requested_files(app, env):
        return conda_files.read(app, paths[0], env) if is_conda(paths[0]) else None
    if _has_requirements(app) or user_files.is_file(app / SETUP):
        return None
    path = conda_files.find(app) or mlflow.find_conda_environment(app)
    return conda_files.read(app, path, env) if path else None


def _has_requirements(app: Path) -> bool:
    return user_files.exists(app / REQUIREMENTS) or (app / REQUIREMENTS).is_symlink()


def present(app: Path) -> tuple[Path, ...]:
    """Return all manifests of the source.

    This includes manifests that are not installed: any of them may contain credentials.
    """
    names = (*MANIFESTS, mlflow.CONDA) if user_files.is_file(app / mlflow.MARK) else MANIFESTS
    return tuple(
        app / name for name in names if user_files.is_file(app / name) and is_manifest(app / name)
    )


def not_installed(app: Path, chosen: Requirements | CondaEnvironment | None) -> tuple[str, ...]:
    """Return the names of the manifests that are not installed.

    Manifests that the chosen one includes are not among them.
    """
    if not chosen:
        return ()
    itself = isinstance(chosen, Requirements) and app in chosen.local
    drawn_in = {
        chosen.path,
        *chosen.files,
        *((app / name for name in PROJECT_FILES) if itself else ()),
    }
    others = (path for path in present(app) if path not in drawn_in)
    return tuple(
        path.name
        for path in others
        if path.name not in ("setup.cfg", PYPROJECT) or _matches(path, _OF_A_PROJECT)
    )


def advice(app: Path, chosen: Requirements | CondaEnvironment | None) -> tuple[Advice, ...]:
    """Return warnings about manifests that conflict and dependencies that are not installed."""
    if isinstance(chosen, CondaEnvironment):
        return chosen.advice
    if chosen:
        conflicts = conflicting_pins.advice(app, chosen.files, not_installed(app, chosen))
        return (*chosen.advice, *conflicts)
    poetry = table(table(read_pyproject(app), "tool"), "poetry")
    left_out, below = other_manifests(app), manifests_below(app)
    return (
        *((requirements_warnings.poetry_not_built(),) if "dependencies" in poetry else ()),
        *((requirements_warnings.manifests_for_developers(left_out),) if left_out else ()),
        *((requirements_warnings.manifests_below_the_top(below),) if below else ()),
    )


def _matches(path: Path, pattern: re.Pattern[bytes]) -> bool:
    try:
        return bool(pattern.search(user_files.read(path.parent, path)))
    except OSError:
        return False
