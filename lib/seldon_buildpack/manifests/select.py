"""Selection of the manifest that the source is installed from.

s2i's manifests come first, in s2i's order: requirements.txt, setup.py, environment.yml. Locks of
environment.yml take precedence over it. Next are manifests that s2i did not support: pylock.toml,
uv.lock, pyproject.toml, and MLflow's. Other manifests have no effect, but are named in the log.
BP_REQUIREMENTS selects the manifest in place of this order.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from seldon_buildpack import user_files
from seldon_buildpack.manifests import (
    conflicting_pins,
    lock_files,
    mlflow,
    pylock,
    requirements_txt,
    uv_indexes,
    uv_lock,
)
from seldon_buildpack.manifests.conda import select as conda_files
from seldon_buildpack.manifests.conda.types import CondaEnvironment
from seldon_buildpack.manifests.conditions import Asked
from seldon_buildpack.manifests.inputs import (
    MANIFESTS,
    is_for_developers,
    is_manifest,
    manifests_below,
    misspelt_manifest,
    other_manifests,
)
from seldon_buildpack.manifests.requested import is_conda, requested_files
from seldon_buildpack.manifests.requirements_txt import WRAPPER, Requirements
from seldon_buildpack.masking import url_secrets
from seldon_buildpack.messages.errors.lockfiles import LockNotExported, LockWithoutProject
from seldon_buildpack.messages.errors.requirements import (
    ManifestMisspelt,
    ManifestUnderOtherName,
    ProjectWithoutBuildFile,
    PyprojectNotTable,
    PyprojectUnreadable,
    RequestedFileUnsuited,
)
from seldon_buildpack.messages.warnings import requirements as requirements_warnings
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.names import canonical

REQUIREMENTS = "requirements.txt"
_PROJECT, _SETUP, _SETUP_CFG = "pyproject.toml", "setup.py", "setup.cfg"
# The files that determine how a project is installed, apart from its code.
_PROJECT_FILES = (_SETUP, _SETUP_CFG, _PROJECT, "MANIFEST.in")
# The tables of pyproject.toml that are read here.
_TABLES = ("build-system", "project", "tool", "tool.uv", "tool.poetry")
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
    if user_files.is_file(app / _SETUP):
        return _project(app, _SETUP, ("-e", "."))
    if user_files.is_file(app / lock_files.PYLOCK):
        return pylock.read_pylock(app)
    if user_files.is_file(app / lock_files.UV_LOCK):
        return _read_uv_lock(app)
    told = _pyproject(app)
    kind = _arguments(app, told)
    if user_files.is_file(app / _POETRY):
        raise LockNotExported(_POETRY, installed_without=bool(kind))
    if kind:
        return _project(app, _PROJECT, kind)
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
    if _matches(app / _SETUP_CFG, _INSTALL_REQUIRES):
        raise ProjectWithoutBuildFile
    names = other_manifests(app)
    if names and not is_for_developers(names[0]):
        raise ManifestUnderOtherName(names, names[0])
    return None


def _read_requested(app: Path, paths: tuple[Path, ...], env: Mapping[str, str]) -> Requirements:
    """Read the files that BP_REQUIREMENTS selects: requirements files, or one other manifest."""
    name = str(paths[0].relative_to(app))
    if name == _SETUP:
        return _project(app, _SETUP, ("-e", "."))
    if name == lock_files.PYLOCK:
        return pylock.read_pylock(app)
    if name == lock_files.UV_LOCK:
        return _read_uv_lock(app)
    if name == _PROJECT:
        if kind := _arguments(app, _pyproject(app)):
            return _project(app, _PROJECT, kind)
        raise RequestedFileUnsuited(name)
    if name in (_POETRY, *_PIPENV):
        raise LockNotExported(name)
    if name == _SETUP_CFG:
        raise ProjectWithoutBuildFile
    return requirements_txt.read(app, paths[0], env, more=paths[1:])


def _read_uv_lock(app: Path) -> Requirements:
    if not user_files.is_file(app / _PROJECT):
        raise LockWithoutProject(lock_files.UV_LOCK, _PROJECT)
    return uv_lock.read_uv_lock(app, _project_files(app), _pyproject(app))


def conda(app: Path, env: Mapping[str, str]) -> CondaEnvironment | None:
    """Return the conda environment that the source is installed from.

    The result is None if there is none, or if a pip manifest takes precedence.

    Raises:
        BuildError: The environment cannot be used.
    """
    if paths := requested_files(app, env):
        return conda_files.read(app, paths[0], env) if is_conda(paths[0]) else None
    if _has_requirements(app) or user_files.is_file(app / _SETUP):
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
        *((app / name for name in _PROJECT_FILES) if itself else ()),
    }
    others = (path for path in present(app) if path not in drawn_in)
    return tuple(
        path.name
        for path in others
        if path.name not in ("setup.cfg", _PROJECT) or _matches(path, _OF_A_PROJECT)
    )


def advice(app: Path, chosen: Requirements | CondaEnvironment | None) -> tuple[Advice, ...]:
    """Return warnings about manifests that conflict and dependencies that are not installed."""
    if isinstance(chosen, CondaEnvironment):
        return chosen.advice
    if chosen:
        conflicts = conflicting_pins.advice(app, chosen.files, not_installed(app, chosen))
        return (*chosen.advice, *conflicts)
    poetry = _table(_table(_pyproject(app), "tool"), "poetry")
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


def _project_files(app: Path) -> tuple[Path, ...]:
    return tuple(app / file for file in _PROJECT_FILES if user_files.is_file(app / file))


def _project(app: Path, name: str, arguments: tuple[str, ...]) -> Requirements:
    """Return the requirements of a source that is a project.

    ``arguments`` with `-e` install the project in editable mode, as s2i did (`pip install -e .`),
    so that a change of its code does not reinstall it.
    """
    in_place = (app,) if "-e" in arguments else ()
    pyproject = _pyproject(app)
    index = uv_indexes.read(app, pyproject)
    asked = tuple(_asked_of_wrapper(pyproject))
    secrets = tuple(
        secret
        for url in (index.index_url, *index.extra_index_urls, *index.find_links)
        for secret in url_secrets(url)
    )
    return Requirements(
        path=app / name,
        files=_project_files(app),
        local=in_place,
        editable=in_place,
        arguments=arguments,
        names=(WRAPPER,) if asked else (),
        wrapper=",".join(one.specifier for one in asked if one.specifier),
        wrapper_by_url=any(one.by_url for one in asked),
        index=index,
        secrets=secrets,
        asked=asked,
    )


def _asked_of_wrapper(pyproject: Mapping[str, Any]) -> Iterator[Asked]:
    """Yield the requirements for seldon-core in pyproject.toml.

    Those in setup.py and dynamic dependencies are not known here.
    """
    lines = _table(pyproject, "project").get("dependencies")
    lines = [one for one in lines if isinstance(one, str)] if isinstance(lines, list) else []
    for line in lines:
        if not canonical(line.strip()).startswith(WRAPPER):
            continue
        from packaging.requirements import InvalidRequirement, Requirement

        try:
            found = Requirement(line)
        except InvalidRequirement:
            continue
        if canonical(found.name) == WRAPPER:
            yield Asked(WRAPPER, str(found.specifier), str(found.marker or ""), bool(found.url))


def _pyproject(app: Path) -> dict[str, Any]:
    """Return the content of pyproject.toml, or an empty table if there is no such file."""
    path = app / _PROJECT
    if not user_files.is_file(path):
        return {}
    try:
        content = user_files.parse_toml(user_files.read(app, path).decode("utf-8"))
    except (OSError, ValueError) as error:
        raise PyprojectUnreadable(str(error)) from error
    for key in _TABLES:
        above, _, name = key.rpartition(".")
        within = _table(content, above) if above else content
        if not isinstance(within.get(name, {}), dict):
            raise PyprojectNotTable(key)
    return content


def _table(within: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a table of pyproject.toml, or an empty one if it is missing or not a table."""
    found = within.get(name)
    return found if isinstance(found, dict) else {}


def _arguments(app: Path, pyproject: Mapping[str, Any]) -> tuple[str, ...]:
    """Return uv's arguments for a pyproject.toml.

    A project with a build system is installed itself; of other projects, only the dependencies are
    installed. The result is empty if the file only configures tools.

    uv and poetry each have a setting which says that a project is not a package, even if it has a
    build system. A project with dynamic dependencies but without a build system is built by
    setuptools (PEP 517: Source trees), unless it is a poetry project.
    """
    tool = _table(pyproject, "tool")
    no_package = (
        _table(tool, "uv").get("package") is False
        or _table(tool, "poetry").get("package-mode") is False
    )
    if "build-system" in pyproject and not no_package:
        return ("-e", ".")
    project = _table(pyproject, "project")
    dynamic = project.get("dynamic")
    if (
        isinstance(dynamic, list)
        and "dependencies" in dynamic
        and not no_package
        and "poetry" not in tool
    ):
        return ("-e", ".")
    return ("-r", str(app / _PROJECT)) if project.get("dependencies") else ()
