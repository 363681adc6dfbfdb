"""Removal of index settings and credentials from the source before it goes into the image.

The whole application directory is exported (spec: Phase #4: Export). It is a copy on every platform
except one that builds in a checkout. Only files that contain a secret are rewritten.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from seldon_buildpack.app_dir import image_labels, permissions
from seldon_buildpack.manifests.requirements_txt import Requirements
from seldon_buildpack.masking import Masker, without_queries
from seldon_buildpack.origin import Kind
from seldon_buildpack.settings import settings
from seldon_buildpack.settings.s2i_environment import FILE


def application(
    app: Path,
    requirements: Requirements | None,
    others: Iterable[Path] = (),
    configuring: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    """Remove index settings from .s2i/environment, and mask credentials in other files.

    The other files are requirements files, image_metadata.json, and ``others``: constraints files,
    manifests that were not installed, and conda files. ``configuring`` are the variables that
    conda's channels use.

    Returns the paths of the rewritten files.
    """
    changed = []
    environment = app / FILE
    not_for_it = configuring | (requirements.configuring if requirements else frozenset[str]())
    if environment.is_file() and _rewrite(
        environment, lambda text: _without_index_settings(text, not_for_it)
    ):
        changed.append(FILE)
    readable = (path for path in others if path.is_file() and os.access(path, os.R_OK))
    inside = [path for path in readable if path.resolve().is_relative_to(app.resolve())]
    for path in dict.fromkeys((*(requirements.files if requirements else ()), *inside)):
        if _rewrite(path, lambda text: without_queries(Masker().mask(text))):
            changed.append(os.path.relpath(path, app))
    if image_labels.mask(app):
        changed.append(image_labels.FILE)
    return tuple(changed)


def _rewrite(path: Path, change: Callable[[str], str]) -> bool:
    text = path.read_bytes().decode(errors="surrogateescape")
    new = change(text)
    if new == text:
        return False
    permissions.write(path, new.encode(errors="surrogateescape"))
    return True


def _without_index_settings(text: str, configuring: frozenset[str]) -> str:
    lines = [line for line in text.split("\n") if not _configures_build(line, configuring)]
    return Masker().mask("\n".join(lines))


def _configures_build(line: str, configuring: frozenset[str]) -> bool:
    name = line.lstrip("# ").partition("=")[0].strip().removeprefix("export ").strip()
    return "=" in line and (
        name in configuring or not settings.in_image(name, Kind.S2I_ENVIRONMENT)
    )
