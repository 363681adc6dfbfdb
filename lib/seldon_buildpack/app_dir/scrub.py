"""Removal of index settings and credentials from the source before it goes into the image.

The whole application directory is exported (spec: Phase #4: Export). It is a copy on every platform
except one that builds in a checkout. Only files that contain a secret are rewritten.
"""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.app_dir import image_labels, permissions
from seldon_buildpack.manifests.requirements_lines import encoding_of
from seldon_buildpack.manifests.requirements_txt import Requirements
from seldon_buildpack.masking import Masker, without_queries
from seldon_buildpack.origin import Kind
from seldon_buildpack.settings.s2i_environment import FILE, SPACES
from seldon_buildpack.settings.variable_kinds import in_image

# A variable that a line sets (settings/s2i_environment.py), or would set without what precedes its
# name, or if it had `=` for its colon.
_CONTINUATION = re.compile(r"(?<!\\)\\+\r?\n")
_SETS = re.compile(rf"[#{SPACES}]*(?:export[{SPACES}]+)?([A-Za-z0-9_.-]+)[{SPACES}]*[=:]")


def application(
    app: Path,
    requirements: Requirements | None,
    others: Iterable[Path] = (),
    configuring: frozenset[str] = frozenset(),
    masker: Masker | None = None,
) -> tuple[str, ...]:
    """Remove index settings from .s2i/environment, and mask credentials in other files.

    The other files are requirements files, image_metadata.json, and ``others``: constraints files,
    manifests that were not installed, and conda files. ``configuring`` are the variables that
    conda's channels use. ``masker`` knows the build's secrets.

    Returns the paths of the rewritten files.
    """
    changed = []
    masker = masker or Masker()
    environment = app / FILE
    not_for_it = configuring | (requirements.configuring if requirements else frozenset[str]())
    if _rewrite(app, environment, lambda text: _without_settings(text, not_for_it, masker)):
        changed.append(FILE)
    for path in dict.fromkeys((*(requirements.files if requirements else ()), *others)):
        if _rewrite(app, path, lambda text: _without_secrets(text, masker)):
            changed.append(os.path.relpath(path, app))
    if image_labels.mask(app, masker):
        changed.append(image_labels.FILE)
    return tuple(changed)


def _rewrite(app: Path, path: Path, change: Callable[[str], str]) -> bool:
    """Change the text of a file of the source, and return whether it changed.

    A file outside the source, and one that the build does not read, stay as they are.
    """
    if not user_files.is_inside(app, path):
        return False
    try:
        data = user_files.read(app, path)
    except OSError:
        return False
    # A requirements file may be in any encoding that Python reads.
    encoding, errors = encoding_of(data), "strict"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        encoding, errors = "utf-8", "surrogateescape"
        text = data.decode(encoding, errors)
    new = change(text)
    if new == text:
        return False
    permissions.write(path, new.encode(encoding, errors))
    return True


def _without_secrets(text: str, masker: Masker) -> str:
    """Return the text with its secrets masked, also if a backslash continues one on a new line."""
    masked = without_queries(masker.mask(text))
    joined = _CONTINUATION.sub("", masked)
    whole = without_queries(masker.mask(joined))
    return masked if whole == joined else whole


def _without_settings(text: str, configuring: frozenset[str], masker: Masker) -> str:
    """Return the text of .s2i/environment without the variables that configure the build.

    The lines that set them are those that set them for the build, and comments that look so.
    """
    lines = text.split("\n")
    kept = [line for line in lines if not _configures_build(line, configuring)]
    return masker.mask("\n".join(kept))


def _configures_build(line: str, configuring: frozenset[str]) -> bool:
    found = _SETS.match(line.removeprefix("\ufeff"))
    return found is not None and (
        found[1] in configuring or not in_image(found[1], Kind.S2I_ENVIRONMENT)
    )
