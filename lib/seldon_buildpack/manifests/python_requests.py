"""What the source says about its Python: version files, project metadata, locks and markers.

Only reading is here. python_version.py chooses a Python that satisfies all of it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from seldon_buildpack import origin, user_files
from seldon_buildpack.manifests import mlflow, project_python
from seldon_buildpack.manifests.conditions import Asked, all_of, holds
from seldon_buildpack.manifests.python_request import Minor, PythonRequest
from seldon_buildpack.manifests.requirement_parts import Requirement
from seldon_buildpack.manifests.requirements_txt import Requirements
from seldon_buildpack.messages.errors.manifests import PyprojectUnreadable
from seldon_buildpack.messages.errors.python import (
    PythonVersionUnknown,
    PythonVersionUnsupported,
    Unsupported,
)
from seldon_buildpack.messages.errors.source_files import SourceUnreadable
from seldon_buildpack.messages.warnings import python as python_warnings
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.origin import Kind, Origin

VERSION_FILE, RUNTIME_FILE = ".python-version", "runtime.txt"
PROJECT_FILE, SETUP, SETUP_CFG = "pyproject.toml", "setup.py", "setup.cfg"

SUPPORTED: tuple[Minor, ...] = tuple((3, minor) for minor in range(6, 14))

# `3.11`, `3.11.7`, `3.11.*`, `python-3.11.7`, `cpython@3.11`, `cpython-3.11.7-linux-x86_64-gnu`,
# and any of them with pyenv's `/envs/name`.
_VERSION = re.compile(r"(?:c?python)?[-@]?v?(\d+)(?:\.(\d+))?(?:\.(?:(\d+)|[*x]))?(\D.*)?")
_SUFFIX = re.compile(r"[-/+].*")
_OTHER_PYTHON = re.compile(
    r"(pypy|pyston|graalpy|jython|ironpython|stackless|micropython|activepython)", re.IGNORECASE
)
_SPECIFIER = re.compile(r"[<>=!~]")
# Python turns no more than 4300 digits into a number, and packaging does so at each comparison.
_TOO_LONG = re.compile(r"\d{100}")


def asked_lines(requirements: Requirements | None) -> tuple[Asked, ...]:
    """Return the lines of requirements files, with their specifiers and markers.

    Of a project, only the requirement for the wrapper is known. A lock says itself which Pythons it
    is for, and its packages may come from elsewhere than the indexes.
    """
    if not requirements or requirements.arguments or requirements.lock:
        return ()
    return requirements.asked


def pinned_lines(
    requirements: Requirements | None, constraints: Iterable[Requirement] = ()
) -> tuple[Asked, ...]:
    """Return what may say which Pythons have wheels: requirements with their bounds.

    Of a lock, these are its packages. ``constraints`` bound the requirements that they name; what
    they say of other packages decides nothing, because those may not be installed.
    """
    if requirements and requirements.lock:
        return requirements.pinned
    limits: dict[str, list[Requirement]] = {}
    for line in (*constraints, *(requirements.lines if requirements else ())):
        if line.specifier and line.constraint:
            limits.setdefault(line.name, []).append(line)
    return tuple(
        bounded
        for line in asked_lines(requirements)
        for bounded in _bounded(line, limits.get(line.name, []))
    )


def _bounded(line: Asked, limits: Iterable[Requirement]) -> Iterator[Asked]:
    """Yield a requirement with the bounds of its constraints, and for each with a marker."""
    always = [limit.specifier for limit in limits if not limit.marker]
    line = replace(line, specifier=_joined(line.specifier, *always))
    yield line
    for limit in limits:
        if limit.marker:
            yield replace(
                line,
                specifier=_joined(line.specifier, limit.specifier),
                marker=all_of((line.marker, limit.marker)),
            )


def _joined(*specifiers: str) -> str:
    return ",".join(dict.fromkeys(filter(None, specifiers)))


def of_variable(value: str, source: Origin) -> PythonRequest:
    """Return the request of a variable.

    Raises:
        PythonVersionUnknown: The value is neither a version nor a specifier.
        PythonVersionUnsupported: It is another implementation than CPython.
    """
    request = _of_version(value.strip("\"'"), source)
    if request is None:
        raise PythonVersionUnknown(value, source)
    return request


def read(
    app: Path, requirements: Requirements | None
) -> tuple[tuple[PythonRequest, ...], tuple[Advice, ...]]:
    """Return the requests of the source, the most specific kind first, and warnings about them.

    Raises:
        BuildError: A file cannot be read, or a value in it is invalid.
    """
    requests: list[PythonRequest] = []
    advice: list[Advice] = []
    for name in (VERSION_FILE, RUNTIME_FILE):
        if not (value := _first_word(app, name)):
            continue
        if request := _of_version(value, origin.file(name)):
            requests.append(_without_patch(request) if name == RUNTIME_FILE else request)
        else:
            advice.append(python_warnings.version_file_passed_over(name, value))
    in_place = requirements is not None and app in requirements.local
    requests += [replace(each, enforced=in_place) for each in _of_project(app)]
    if requirements and requirements.requires_python:
        source = Origin(kind=Kind.REQUIRES_PYTHON, name=requirements.path.name)
        requests.append(_of_specifier(requirements.requires_python, source))
    if requirements and (minors := _of_markers(asked_lines(requirements))):
        source = Origin(kind=Kind.MARKERS, name=requirements.path.name)
        requests.append(PythonRequest(source=source, value="", minors=minors))
    if not requests and (request := _of_mlflow(app)):
        requests.append(request)
    return tuple(requests), tuple(advice)


def _of_mlflow(app: Path) -> PythonRequest | None:
    """Return the request of a model that MLflow saved, which any other statement replaces."""
    python, name = mlflow.python_version(app)
    if not python or (3, int(python.partition(".")[2][:3])) not in SUPPORTED:
        return None
    source = replace(origin.file(name), specifier=python)
    return PythonRequest(source=source, value=python, specifiers=(f"=={python}.*",))


def _first_word(app: Path, name: str) -> str:
    """Return the first version in a version file.

    pyenv and uv allow comments, several lines, and several versions.
    """
    text = _data(app, name).decode("utf-8-sig", "replace")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    first = next((line for line in lines if line), "")
    return first if _SPECIFIER.match(first) else first.partition(" ")[0]


def _data(app: Path, name: str) -> bytes:
    """Return a file's content, or b"" if there is no such file.

    Raises:
        SourceUnreadable: The file cannot be read.
    """
    try:
        return user_files.read(app, app / name)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise SourceUnreadable(name, error.strerror or str(error)) from error


def _of_version(value: str, source: Origin) -> PythonRequest | None:
    """Return the request of a version or a specifier, or None if the value is neither."""
    if _SPECIFIER.match(value):
        return _of_specifier(value, source)
    if _OTHER_PYTHON.match(value):
        raise PythonVersionUnsupported(value, source, Unsupported.OTHER)
    match = _VERSION.fullmatch(value)
    if not match:
        return None
    major, minor, patch, rest = match.groups()
    if minor is None:
        return (
            PythonRequest(source=source, value=value, specifiers=(">=3",)) if value == "3" else None
        )
    if len(major) > 3 or len(minor) > 3:
        return None
    # `3.12rc1` and `3.11.7foo` are not releases that we know. Of a Python that is not supported,
    # that is the error to report.
    is_known = (int(major), int(minor)) in SUPPORTED
    if is_known and rest and not _SUFFIX.fullmatch(rest):
        return None
    specifier = f"=={major}.{minor}.*" if patch is None else f"=={major}.{minor}.{patch}"
    exact = f"{major}.{minor}.{patch}" if patch else ""
    return PythonRequest(source=source, value=value, specifiers=(specifier,), exact=exact)


def _without_patch(request: PythonRequest) -> PythonRequest:
    """Return a request for the minor alone.

    The release that runtime.txt names is the newest that another platform had at that time.
    """
    source = replace(request.source, specifier=request.value)
    if not request.exact:
        return replace(request, source=source)
    minor = request.exact.rpartition(".")[0]
    return replace(request, source=source, specifiers=(f"=={minor}.*",), exact="")


def _of_specifier(specifier: str, source: Origin) -> PythonRequest:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    # `==3.11` means only 3.11.0, which is never intended.
    meant = re.sub(r"={2,3}\s*(\d+\.\d+)\s*(?=,|$)", r"==\1.*", specifier)
    try:
        wanted = SpecifierSet(meant)
    except InvalidSpecifier as error:
        raise PythonVersionUnknown(specifier, source) from error
    if _TOO_LONG.search(meant):
        raise PythonVersionUnknown(specifier, source)
    pinned = [
        each.version for each in wanted if each.operator == "==" and not each.version.endswith("*")
    ]
    return PythonRequest(
        source=replace(source, specifier=specifier),
        value=specifier,
        specifiers=(meant,),
        exact=pinned[0] if len(pinned) == len(list(wanted)) == 1 else "",
    )


def _of_project(app: Path) -> Iterator[PythonRequest]:
    """Yield what the project's own files say.

    Raises:
        PyprojectUnreadable: pyproject.toml is invalid.
        PythonVersionUnknown: A value is not a version range.
    """
    data = _data(app, PROJECT_FILE)
    # Reading TOML costs 20 ms, and many of these files only configure tools.
    if b"requires-python" in data or (b"poetry" in data and b"python" in data):
        yield from _of_pyproject(_toml(data))
    for name, value_in in (
        (SETUP, project_python.read_setup),
        (SETUP_CFG, project_python.read_setup_cfg),
    ):
        data = _data(app, name)
        if value := value_in(data) if b"python_requires" in data else "":
            yield _of_specifier(value, Origin(kind=Kind.PYTHON_REQUIRES, name=name))


def _of_pyproject(content: Mapping[str, Any]) -> Iterator[PythonRequest]:
    value = _table(content, "project").get("requires-python")
    if isinstance(value, str) and value.strip():
        yield _of_specifier(value.strip(), Origin(kind=Kind.REQUIRES_PYTHON, name=PROJECT_FILE))
    poetry = _table(_table(content, "tool"), "poetry")
    value = _table(poetry, "dependencies").get("python")
    if isinstance(value, str) and value.strip():
        yield _of_poetry(
            value.strip(), Origin(kind=Kind.POETRY_PYTHON, name=PROJECT_FILE, specifier=value)
        )


def _toml(data: bytes) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise PyprojectUnreadable(str(error)) from error


def _table(within: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = within.get(name)
    return table if isinstance(table, dict) else {}


def _of_poetry(value: str, source: Origin) -> PythonRequest:
    specifiers = project_python.read_poetry_constraint(value)
    if not specifiers or any(map(_TOO_LONG.search, specifiers)):
        raise PythonVersionUnknown(value, source)
    return PythonRequest(source=source, value=value, specifiers=specifiers)


def _of_markers(lines: tuple[Asked, ...]) -> frozenset[Minor]:
    """Return the minors that some line applies to, if every line is for some Pythons only.

    Returns an empty set if a line applies to all, or none applies to any.
    """
    if not lines or not all("python" in line.marker for line in lines):
        return frozenset()
    applying = [
        {minor for minor in SUPPORTED if holds(line.marker, f"{minor[0]}.{minor[1]}")}
        for line in lines
    ]
    if any(len(minors) == len(SUPPORTED) for minors in applying):
        return frozenset()
    return frozenset().union(*applying)
