"""Which manifest the source has, in s2i's order: requirements.txt, setup.py, environment.yml; then pyproject.toml, which s2i did not know."""

from collections.abc import Mapping
from pathlib import Path

from seldon_buildpack import errors
from seldon_buildpack.project import requirements, uv_indexes
from seldon_buildpack.project.detection import misspelt_manifest
from seldon_buildpack.project.requirements import Requirements
from seldon_buildpack.secrets import url_secrets

REQUIREMENTS = "requirements.txt"
# What decides about a project's installation, its code aside.
_PROJECT_FILES = ("setup.py", "setup.cfg", "pyproject.toml", "MANIFEST.in")


def find(app: Path, env: Mapping[str, str]) -> Requirements | None:
    """The requirements of the source, or None where it has no manifest. Raises a BuildError for one that cannot be installed."""
    if (app / REQUIREMENTS).exists() or (app / REQUIREMENTS).is_symlink():
        return requirements.read(app, app / REQUIREMENTS, env)
    if (app / "setup.py").is_file():
        return _project(app, "setup.py", ("-e", "."))
    for name in ("environment.yml", "environment.yaml"):
        if (app / name).is_file():
            raise errors.NotYetSupported(name, "Write what it lists under pip, and pip's names of the rest, into requirements.txt.")
    if (app / "pyproject.toml").is_file() and (kind := _pyproject(app / "pyproject.toml")):
        return _project(app, "pyproject.toml", kind)
    if misspelt := misspelt_manifest(entry.name for entry in app.iterdir() if entry.is_file()):
        raise errors.ManifestMisspelt(misspelt, REQUIREMENTS if "equir" in misspelt.lower() else "environment.yml")
    return None


def _project(app: Path, name: str, arguments: tuple[str, ...]) -> Requirements:
    """A source that installs itself: in place, as s2i did (`pip install -e .`), so that a change of its code installs nothing anew."""
    files = tuple(app / file for file in _PROJECT_FILES if (app / file).is_file())
    in_place = (app,) if "-e" in arguments else ()
    index = uv_indexes.read(app)
    secrets = tuple(secret for url in (index.index_url, *index.extra_index_urls, *index.find_links) for secret in url_secrets(url))
    return Requirements(app / name, files, local=in_place, editable=in_place, arguments=arguments, index=index, secrets=secrets)


def _pyproject(path: Path) -> tuple[str, ...]:
    """What uv is told of a pyproject.toml: the project if it says how it is built, else what it depends on; nothing if it is of tools only."""
    # Slow to import, and most sources have no such file.
    import tomllib

    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise errors.PyprojectUnreadable(str(error)) from error
    if "build-system" in told:
        return ("-e", ".")
    project = told.get("project")
    return ("-r", str(path)) if isinstance(project, dict) and project.get("dependencies") else ()
