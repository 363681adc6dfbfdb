"""Which manifest the source has.

s2i's order first: requirements.txt, setup.py, environment.yml, in whose place its locks come before it. Where there is none of them,
what s2i did not know: pylock.toml, uv.lock, pyproject.toml. A manifest that is not installed decides nothing, but a log line names it.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from seldon_buildpack import user_files
from seldon_buildpack.manifests import conflicting_pins, lock_files, requirements_txt, uv_indexes
from seldon_buildpack.manifests.conda import select as conda_files
from seldon_buildpack.manifests.conda.types import CondaEnvironment
from seldon_buildpack.manifests.conditions import Asked
from seldon_buildpack.manifests.inputs import MANIFESTS, is_manifest, misspelt_manifest
from seldon_buildpack.manifests.requirements_txt import WRAPPER, Requirements
from seldon_buildpack.masking import url_secrets
from seldon_buildpack.messages import warnings
from seldon_buildpack.messages.errors.lockfiles import LockNotExported, LockWithoutProject
from seldon_buildpack.messages.errors.requirements import ManifestMisspelt, PyprojectUnreadable
from seldon_buildpack.messages.warnings import Advice
from seldon_buildpack.names import canonical

REQUIREMENTS = "requirements.txt"
_PROJECT = "pyproject.toml"
# What decides about a project's installation, its code aside.
_PROJECT_FILES = ("setup.py", "setup.cfg", _PROJECT, "MANIFEST.in")
_POETRY = "poetry.lock"
_PIPENV = ("Pipfile.lock", "Pipfile")
_OF_A_PROJECT = re.compile(
    rb"^[ \t]*\[(?:build-system|project|tool\.poetry(?:\.dependencies)?)\]", re.MULTILINE
)


def find(app: Path, env: Mapping[str, str]) -> Requirements | None:
    """The requirements of the source, or None where it has no manifest. Raises a BuildError for one that cannot be installed."""
    if _has_requirements(app):
        return requirements_txt.read(app, app / REQUIREMENTS, env)
    if (app / "setup.py").is_file():
        return _project(app, "setup.py", ("-e", "."))
    if (app / lock_files.PYLOCK).is_file():
        return lock_files.read_pylock(app)
    if (app / lock_files.UV_LOCK).is_file():
        if not (app / _PROJECT).is_file():
            raise LockWithoutProject(lock_files.UV_LOCK, _PROJECT)
        return lock_files.read_uv(app, _project_files(app), _pyproject(app))
    told = _pyproject(app)
    kind = _arguments(app, told)
    if (app / _POETRY).is_file():
        raise LockNotExported(_POETRY, installed_without=bool(kind))
    if kind:
        return _project(app, _PROJECT, kind)
    if found := next((name for name in _PIPENV if (app / name).is_file()), None):
        raise LockNotExported(found)
    if misspelt := misspelt_manifest(entry.name for entry in app.iterdir() if entry.is_file()):
        raise ManifestMisspelt(
            misspelt, REQUIREMENTS if "equir" in misspelt.lower() else "environment.yml"
        )
    return None


def conda(app: Path, env: Mapping[str, str]) -> CondaEnvironment | None:
    """The environment of conda's that the source is installed from; None where it has none, or a manifest of pip's goes before it.

    Raises a BuildError for one that cannot be used.
    """
    if _has_requirements(app) or (app / "setup.py").is_file():
        return None
    path = conda_files.find(app)
    return conda_files.read(app, path, env) if path else None


def _has_requirements(app: Path) -> bool:
    return (app / REQUIREMENTS).exists() or (app / REQUIREMENTS).is_symlink()


def present(app: Path) -> tuple[Path, ...]:
    """Every manifest of the source, also those that nothing is installed from: any of them may carry credentials."""
    return tuple(
        app / name for name in MANIFESTS if (app / name).is_file() and is_manifest(app / name)
    )


def not_installed(app: Path, chosen: Requirements | CondaEnvironment | None) -> tuple[str, ...]:
    """The manifests that the chosen one goes before, none of which it draws in itself."""
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
        if path.name not in ("setup.cfg", _PROJECT) or _says_a_project(path)
    )


def advice(app: Path, chosen: Requirements | CondaEnvironment | None) -> tuple[Advice, ...]:
    """What will surprise: manifests that pin other versions than the chosen one, and dependencies that nothing installs."""
    if isinstance(chosen, CondaEnvironment):
        return chosen.advice
    if chosen:
        return conflicting_pins.advice(app, chosen.files, not_installed(app, chosen))
    poetry = _table(_table(_pyproject(app), "tool"), "poetry")
    return (warnings.poetry_not_built(),) if "dependencies" in poetry else ()


def _says_a_project(path: Path) -> bool:
    """Whether a file that tools are configured in also says what a project is or needs."""
    try:
        return bool(_OF_A_PROJECT.search(user_files.read(path.parent, path)))
    except OSError:
        return False


def _project_files(app: Path) -> tuple[Path, ...]:
    return tuple(app / file for file in _PROJECT_FILES if (app / file).is_file())


def _project(app: Path, name: str, arguments: tuple[str, ...]) -> Requirements:
    """A source that installs itself: in place, as s2i did (`pip install -e .`), so that a change of its code installs nothing anew."""
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
    """What pyproject.toml says of seldon-core; not what setup.py says, or a build computes."""
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
    """What pyproject.toml says; nothing where there is none."""
    path = app / _PROJECT
    if not path.is_file():
        return {}
    # Slow to import, and most sources have no such file.
    import tomllib

    try:
        return tomllib.loads(user_files.read(app, path).decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise PyprojectUnreadable(str(error)) from error


def _table(within: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A table of pyproject.toml; an empty one where something else stands there, or nothing."""
    found = within.get(name)
    return found if isinstance(found, dict) else {}


def _arguments(app: Path, pyproject: Mapping[str, Any]) -> tuple[str, ...]:
    """What uv is told of a pyproject.toml: the project if it says how it is built, else what it depends on; nothing if it is of tools only.

    uv and poetry each have a way to say that a project is no package although it has a build system. One without a build system
    whose dependencies are computed is setuptools' (PEP 517: Source trees), unless poetry has them.
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
