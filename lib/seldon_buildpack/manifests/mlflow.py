"""The manifests of a model that MLflow saved: conda.yaml and python_env.yaml beside MLmodel.

MLflow writes the same packages three times: requirements.txt, the section `pip:` of conda.yaml, and
python_env.yaml, which includes requirements.txt. requirements.txt goes first, as under s2i.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seldon_buildpack import user_files
from seldon_buildpack.manifests import requirements_txt
from seldon_buildpack.manifests.requirements_txt import ManifestSection, Requirements
from seldon_buildpack.messages.errors.conda_files import (
    EnvironmentNotList,
    EnvironmentNotMapping,
)

MARK = "MLmodel"
CONDA, PYTHON_ENV = "conda.yaml", "python_env.yaml"

# The packages of conda's that every environment for pip has.
_FOR_PIP = re.compile(r"(?:[\w-]+::)?(?:python|pip|setuptools|wheel)(?=$|[\s=<>!~\[])")
_PYTHON = {
    PYTHON_ENV: re.compile(rb"^python:[ \t]*['\"]?(3\.\d+)", re.MULTILINE),
    CONDA: re.compile(rb"^[ \t]*-[ \t]*['\"]?python[ \t]*=+[ \t]*(3\.\d+)", re.MULTILINE),
    MARK: re.compile(rb"^[ \t]*python_version:[ \t]*['\"]?(3\.\d+)", re.MULTILINE),
}


def find_conda_environment(app: Path) -> Path | None:
    """Return MLflow's conda.yaml if it asks conda for more than Python and pip."""
    path = app / CONDA
    if not _is_model(app) or not user_files.is_file(path):
        return None
    return None if _is_for_pip(_document(app, path).value) else path


def read_pip_requirements(app: Path, env: Mapping[str, str]) -> Requirements | None:
    """Return the pip packages of MLflow's files, or None if there are no such files.

    Raises:
        BuildError: The file is not valid.
    """
    for name in (CONDA, PYTHON_ENV):
        path = app / name
        if not _is_model(app) or not user_files.is_file(path):
            continue
        document = _document(app, path)
        place: tuple[str | int, ...] = ("dependencies",)
        if not isinstance(document.value, dict):
            raise EnvironmentNotMapping(name, 1, isinstance(document.value, list))
        listed = document.value.get("dependencies")
        if name == CONDA and isinstance(listed, list):
            number, listed = next(
                (
                    (number, entry.get("pip", []))
                    for number, entry in enumerate(listed)
                    if isinstance(entry, dict)
                ),
                (0, []),
            )
            place = ("dependencies", number, "pip")
        if not isinstance(listed or [], list):
            raise EnvironmentNotList(name, document.line(place), str(place[-1]), str(listed))
        lines = [(str(line), document.line((*place, at))) for at, line in enumerate(listed or [])]
        # An empty text would mean the whole file.
        text = "".join(f"{line}\n" for line, _ in lines) or "\n"
        part = ManifestSection(text, tuple(number for _, number in lines))
        return requirements_txt.read(app, path, env, part)
    return None


def python_version(app: Path) -> tuple[str, str]:
    """Return the minor version of Python that the model was saved with, and the file that says so.

    Both are empty if nothing says it. Its objects are pickled, and a pickle depends on the minor.
    """
    for name, pattern in _PYTHON.items() if _is_model(app) else ():
        try:
            found = pattern.search(user_files.read(app, app / name))
        except OSError:
            continue
        if found:
            return found[1].decode(), name
    return "", ""


def _is_model(app: Path) -> bool:
    return user_files.is_file(app / MARK)


def _document(app: Path, path: Path) -> Any:
    # Slow to import, and few sources have such a file.
    from seldon_buildpack.manifests.conda import yaml_lines

    return yaml_lines.load(path.name, requirements_txt.text_of(app, path))


def _is_for_pip(value: object) -> bool:
    """Return whether an environment has nothing of conda's but Python, pip and pip's own needs."""
    listed = value.get("dependencies") if isinstance(value, dict) else None
    return isinstance(listed, list) and all(
        _FOR_PIP.match(entry)
        if isinstance(entry, str)
        else isinstance(entry, dict) and set(entry) == {"pip"}
        for entry in listed
    )
