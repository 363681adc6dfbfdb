"""Which manifest the source has: requirements.txt is installed; what cannot be is said before anything is made."""

from collections.abc import Mapping
from pathlib import Path

from seldon_buildpack import errors
from seldon_buildpack.install import requirements
from seldon_buildpack.install.requirements import Requirements
from seldon_buildpack.project.detection import misspelt_manifest

REQUIREMENTS = "requirements.txt"


def find(app: Path, env: Mapping[str, str]) -> Requirements | None:
    """The requirements of the source, or None where it has no manifest. Raises a BuildError for one that cannot be installed."""
    if (app / REQUIREMENTS).exists() or (app / REQUIREMENTS).is_symlink():
        return requirements.read(app, app / REQUIREMENTS, env)
    for name in ("environment.yml", "environment.yaml"):
        if (app / name).is_file():
            raise errors.NotYetSupported(name, "Write what it lists under pip, and pip's names of the rest, into requirements.txt.")
    if (app / "setup.py").is_file() or _declares_dependencies(app / "pyproject.toml"):
        name = "setup.py" if (app / "setup.py").is_file() else "pyproject.toml"
        raise errors.NotYetSupported(name, "Write requirements.txt with the one line `.` to install the project with what it declares.")
    if misspelt := misspelt_manifest(entry.name for entry in app.iterdir() if entry.is_file()):
        raise errors.ManifestMisspelt(misspelt, REQUIREMENTS if "equir" in misspelt.lower() else "environment.yml")
    return None


def _declares_dependencies(path: Path) -> bool:
    if not path.is_file():
        return False
    # Slow to import, and most sources have no such file.
    import tomllib

    try:
        project = tomllib.loads(path.read_text()).get("project", {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return False
    return bool(project.get("dependencies")) if isinstance(project, dict) else False
