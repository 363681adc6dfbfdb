"""What of the source must not reach the image as it is: index settings and credentials.

The whole application directory is exported (spec: Phase #4: Export). It is a copy on every platform but one that builds
in a checkout; only files that do carry something secret are rewritten.
"""

from collections.abc import Callable
from pathlib import Path

from seldon_buildpack import settings
from seldon_buildpack.install.requirements import Requirements
from seldon_buildpack.project.s2i_environment import FILE
from seldon_buildpack.secrets import Masker


def application(app: Path, requirements: Requirements | None) -> tuple[str, ...]:
    """Take index settings out of .s2i/environment and mask credentials in requirements files; returns the files rewritten."""
    changed = []
    environment = app / FILE
    if environment.is_file() and _rewrite(environment, _without_index_settings):
        changed.append(FILE)
    for path in requirements.files if requirements else ():
        if _rewrite(path, Masker().mask):
            changed.append(str(path.relative_to(app)))
    return tuple(changed)


def _rewrite(path: Path, change: Callable[[str], str]) -> bool:
    text = path.read_bytes().decode(errors="surrogateescape")
    new = change(text)
    if new == text:
        return False
    path.write_bytes(new.encode(errors="surrogateescape"))
    return True


def _without_index_settings(text: str) -> str:
    lines = [line for line in text.split("\n") if not _configures_build(line)]
    return Masker().mask("\n".join(lines))


def _configures_build(line: str) -> bool:
    name = line.lstrip("# ").partition("=")[0].strip().removeprefix("export ").strip()
    return "=" in line and not settings.in_image(name, settings.FILE)
