"""The detect phase: decide whether the source is a Python model for Seldon.

A source that looks like a model with a mistake passes too, so that the build can explain the
mistake. Only the top of the source and one level below it are read, and a limited number of entries
of each, because a source may hold gigabytes.
"""

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.log import Log
from seldon_buildpack.manifests.inputs import MANIFESTS, is_manifest, misspelt_manifest
from seldon_buildpack.messages import detection
from seldon_buildpack.messages.errors.internal import InternalError
from seldon_buildpack.model.methods import GRAPH_METHODS
from seldon_buildpack.model.source_tree import entries, is_file, is_source, looked_into
from seldon_buildpack.settings import s2i_environment

PASS = 0
FAIL = 100

# Files of Seldon's other wrappers: Node.js, R and Java.
_OTHER_LANGUAGES = re.compile(
    r"package\.json|install\.R|DESCRIPTION|pom\.xml|build\.gradle(\.kts)?|.*\.(js|mjs|ts|R|java|jar)"
)
_OTHER_MODEL = re.compile(r"\.(js|mjs|ts|R|java)$")

_CLASS = re.compile(rb"^class\s+(\w+)", re.MULTILINE)
_COMPONENT = re.compile(rb"^class[ \t]+\w+\([^)]{0,500}\bSeldonComponent\b", re.MULTILINE)
_METHOD = re.compile(
    rf"^[ \t]+(?:async[ \t]+)?def[ \t]+(?:{'|'.join(GRAPH_METHODS)})[ \t]*\(".encode(), re.MULTILINE
)
# Many other programs have methods called `route` and `aggregate`.
_CERTAIN_METHOD = re.compile(
    rb"^[ \t]+(?:async[ \t]+)?def[ \t]+(?:predict|transform_input|transform_output)(?:_raw)?[ \t]*\(",
    re.MULTILINE,
)

# The longest possible file name.
_LONGEST_NAME = 255
_LARGEST = 1_000_000
_MOST_FILES = 300
_MOST_ENTRIES = 50_000
_MOST_FOLDERS = 50


def main() -> int:
    """Run bin/detect and return its exit code (spec: Phase #1: Detection).

    0 accepts the source, and 100 leaves it to other buildpacks.
    """
    try:
        platform = Platform.read(os.environ, Path.cwd())
        result = detect(platform.app, platform.env)
    except Exception:
        # Imported only on failure.
        import traceback

        error = InternalError(traceback.format_exc().splitlines())
        for line in error.lines():
            Log(sys.stdout).line(line)
        return error.exit_code
    if result.passes:
        return PASS
    Log(sys.stdout).line(f"seldon/python: {result.reason}")
    return FAIL


@dataclass(frozen=True)
class Detection:
    """The result of detect, and a line that says why, or what was missing."""

    passes: bool
    reason: str


def detect(app: Path, environment: Mapping[str, str]) -> Detection:
    """Return whether the source ``app`` is a model.

    ``environment`` holds the variables given with --env. Raises nothing, whatever the source holds.
    """
    top = entries(app, _MOST_ENTRIES)
    files = {entry.name for entry in top if is_file(entry)}
    python = [app / entry.name for entry in top if is_source(entry)]
    has_python = bool(python) or _python_below(top)
    manifest = next((name for name in MANIFESTS if name in files and is_manifest(app / name)), None)
    if _other_language(app, files, has_python or manifest is not None, environment):
        return Detection(False, detection.not_ours_but_seldons())
    if (environment.get("MODEL_NAME") or "").strip():
        return Detection(True, "MODEL_NAME is set")
    s2i = app / s2i_environment.FILE
    if _may_be_there(s2i) and (has_python or manifest):
        return Detection(True, f"{s2i_environment.FILE} next to {manifest or 'Python code'}")
    if model := _model(python):
        return Detection(True, f"a Python model in {model} and {manifest or 'no manifest'}")
    if user_files.is_dir(app / ".s2i") and has_python:
        return Detection(True, ".s2i next to Python code, without an environment file")
    misspelt = misspelt_manifest(files)
    if misspelt and has_python:
        return Detection(
            True, f"{misspelt}, which looks like a misspelt manifest, next to Python code"
        )
    return Detection(False, detection.not_ours())


def _may_be_there(path: Path) -> bool:
    """Return whether the build must read or explain this path.

    That is a file, a link, or something in a directory that cannot be read.
    """
    try:
        return user_files.is_file(path) or path.is_symlink()
    except OSError:
        return True


def _python_below(top: list[os.DirEntry[str]]) -> bool:
    folders = (entry for entry in top if looked_into(entry))
    return any(
        is_source(child)
        for folder in islice(folders, _MOST_FOLDERS)
        for child in entries(Path(folder.path))
    )


def _other_language(
    app: Path, files: set[str], pythonic: bool, environment: Mapping[str, str]
) -> bool:
    """Return whether the source is for Seldon's Node.js, R or Java wrapper.

    The model's file decides, else the manifest.
    """
    name = environment.get("MODEL_NAME") or _model_name(app)
    name = name.encode(errors="replace")[:_LONGEST_NAME].decode(errors="ignore")
    if _OTHER_MODEL.search(name):
        return True
    if (
        name
        and f"{name}.py" not in files
        and not user_files.is_dir(app / name)
        and files & {f"{name}.js", f"{name}.R", f"{name}.java"}
    ):
        return True
    return not pythonic and any(_OTHER_LANGUAGES.fullmatch(file) for file in files)


def _model_name(app: Path) -> str:
    """Return MODEL_NAME in ``.s2i/environment``.

    The parsing is lenient: the build reports what is wrong with the file.
    """
    try:
        text = user_files.read(app, app / s2i_environment.FILE).decode("utf-8", "replace")
    except OSError:
        return ""
    found = re.findall(
        r"^\ufeff?[ \t]*(?:export[ \t]+)?MODEL_NAME[ \t]*=[ \t]*[\"']?([^\"'\s]*)",
        text,
        re.MULTILINE,
    )
    return found[-1] if found else ""


def _model(python: list[Path]) -> str | None:
    """Return the first file with a class that has a method of the wrapper.

    The text of the file decides, because it may not parse.
    """
    for path in python[:_MOST_FILES]:
        try:
            data = user_files.read(path.parent, path) if path.stat().st_size <= _LARGEST else b""
        except OSError:
            continue
        classes = {name.decode() for name in _CLASS.findall(data)}
        if (
            _COMPONENT.search(data)
            or (classes and _CERTAIN_METHOD.search(data))
            or (path.stem in classes and _METHOD.search(data))
        ):
            return path.name
    return None
