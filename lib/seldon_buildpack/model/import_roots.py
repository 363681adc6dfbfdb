"""Where imports start: the directories of the source that are in sys.path of the image."""

import re
from pathlib import Path

from seldon_buildpack import user_files

# s2i put the source here. In our run image, this is a link to it.
OF_S2I = Path("/microservice")

# With these files, modules other than those at the top of the source may be installed.
_INSTALLS_ITSELF = ("setup.py", "setup.cfg")


def entries_of_python_path(app: Path, python_path: str) -> tuple[Path, ...]:
    """Return the entries of PYTHONPATH that are in the source, relative to it."""
    paths = [Path(entry) for entry in python_path.split(":") if entry]
    inside = [
        next(
            (path.relative_to(place) for place in (app, OF_S2I) if path.is_relative_to(place)),
            path,
        )
        for path in paths
    ]
    return tuple(
        dict.fromkeys(path for path in inside if not path.is_absolute() and ".." not in path.parts)
    )


def import_roots(app: Path, ahead: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return the directories where imports start, relative to the source.

    These are the entries of PYTHONPATH, the source itself, and ``src`` if the source is an
    installable project.
    """
    installed = (Path("src"),) if installs_itself(app) and user_files.is_dir(app / "src") else ()
    return tuple(dict.fromkeys((*ahead, Path(), *installed)))


def installs_itself(app: Path) -> bool:
    """Return whether the source is an installable project, by its files."""
    if any(user_files.is_file(app / name) for name in _INSTALLS_ITSELF):
        return True
    try:
        pyproject = user_files.read(app, app / "pyproject.toml")
    except OSError:
        return False
    return bool(re.search(rb"^[ \t]*\[(build-system|project)\]", pyproject, re.MULTILINE))
