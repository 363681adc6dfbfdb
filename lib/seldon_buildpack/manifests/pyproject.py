"""How is a source installed that is a project itself: what does its pyproject.toml say?"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from seldon_buildpack import user_files
from seldon_buildpack.manifests import (
    uv_indexes,
)
from seldon_buildpack.manifests.conditions import Asked
from seldon_buildpack.manifests.requirements_txt import WRAPPER, Requirements
from seldon_buildpack.masking import url_secrets
from seldon_buildpack.messages.errors.manifests import (
    PyprojectNotTable,
    PyprojectUnreadable,
)
from seldon_buildpack.names import canonical

PYPROJECT, SETUP, SETUP_CFG = "pyproject.toml", "setup.py", "setup.cfg"
# The files that determine how a project is installed, apart from its code.
PROJECT_FILES = (SETUP, SETUP_CFG, PYPROJECT, "MANIFEST.in")
# The tables of pyproject.toml that are read here.
_TABLES = ("build-system", "project", "tool", "tool.uv", "tool.poetry")


def project_files(app: Path) -> tuple[Path, ...]:
    """Return the files that determine how the project is installed, apart from its code."""
    return tuple(app / file for file in PROJECT_FILES if user_files.is_file(app / file))


def read_project(app: Path, name: str, arguments: tuple[str, ...]) -> Requirements:
    """Return the requirements of a source that is a project.

    ``arguments`` with `-e` install the project in editable mode, as s2i did (`pip install -e .`),
    so that a change of its code does not reinstall it.
    """
    in_place = (app,) if "-e" in arguments else ()
    pyproject = read_pyproject(app)
    index = uv_indexes.read(app, pyproject)
    asked = tuple(_asked_of_wrapper(pyproject))
    secrets = tuple(
        secret
        for url in (index.index_url, *index.extra_index_urls, *index.find_links)
        for secret in url_secrets(url)
    )
    return Requirements(
        path=app / name,
        files=project_files(app),
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
    lines = table(pyproject, "project").get("dependencies")
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
            yield Asked(
                name=WRAPPER,
                specifier=str(found.specifier),
                marker=str(found.marker or ""),
                by_url=bool(found.url),
            )


def read_pyproject(app: Path) -> dict[str, Any]:
    """Return the content of pyproject.toml, or an empty table if there is no such file."""
    path = app / PYPROJECT
    if not user_files.is_file(path):
        return {}
    try:
        content = user_files.parse_toml(user_files.read(app, path).decode("utf-8"))
    except (OSError, ValueError) as error:
        raise PyprojectUnreadable(str(error)) from error
    for key in _TABLES:
        above, _, name = key.rpartition(".")
        within = table(content, above) if above else content
        if not isinstance(within.get(name, {}), dict):
            raise PyprojectNotTable(key)
    return content


def table(within: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a table of pyproject.toml, or an empty one if it is missing or not a table."""
    found = within.get(name)
    return found if isinstance(found, dict) else {}


def arguments_of(app: Path, pyproject: Mapping[str, Any]) -> tuple[str, ...]:
    """Return uv's arguments for a pyproject.toml.

    A project with a build system is installed itself; of other projects, only the dependencies are
    installed. The result is empty if the file only configures tools.

    uv and poetry each have a setting which says that a project is not a package, even if it has a
    build system. A project with dynamic dependencies but without a build system is built by
    setuptools (PEP 517: Source trees), unless it is a poetry project.
    """
    tool = table(pyproject, "tool")
    no_package = (
        table(tool, "uv").get("package") is False
        or table(tool, "poetry").get("package-mode") is False
    )
    if "build-system" in pyproject and not no_package:
        return ("-e", ".")
    project = table(pyproject, "project")
    dynamic = project.get("dynamic")
    if (
        isinstance(dynamic, list)
        and "dependencies" in dynamic
        and not no_package
        and "poetry" not in tool
    ):
        return ("-e", ".")
    return ("-r", str(app / PYPROJECT)) if project.get("dependencies") else ()
