"""Scripts in ``.s2i/bin`` that s2i runs instead of the builder image's.

They are not run here.
"""

from pathlib import Path

from seldon_buildpack.messages.warnings import source_files as source_files_warnings
from seldon_buildpack.messages.warnings.base import Advice

FOLDER = ".s2i/bin"

# s2i v1.5.1, pkg/api/constants/scripts.go, and test/run from its docs/builder_image.md.
_SCRIPTS = ("assemble", "run", "save-artifacts", "test/run")


def advice(app: Path) -> tuple[Advice, ...]:
    """Return advice for each script that is present, saying what to use instead.

    s2i takes the scripts from the source before it reads .s2iignore.
    """
    return tuple(
        source_files_warnings.script_not_run(f"{FOLDER}/{name}")
        for name in _SCRIPTS
        if _is_there(app / FOLDER / name)
    )


def _is_there(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False
