"""File names of the supported manifests, and detection of manifests under other names."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from seldon_buildpack import user_files
from seldon_buildpack.manifests.conda import select as conda_files

# In order of precedence.
MANIFESTS = (
    *(
        "requirements.txt",
        "setup.py",
        *conda_files.NAMES,
        "pylock.toml",
        "uv.lock",
        "pyproject.toml",
        "setup.cfg",
    ),
    *("poetry.lock", "Pipfile.lock", "Pipfile"),
)

_MISSPELT = re.compile(
    r"requi?re?i?ments?\.(txt|text|pip|in)|requirements|requirement\.txt|environments?\.(yml|yaml)",
    re.IGNORECASE,
)

# Names that people give to requirements files and conda environments: requirements_predict.txt,
# requirements-gpu.txt, requirements.prod.txt, pip-requirements.txt, reqs.txt, env.yml, conda.yaml.
_REQUIREMENTS = re.compile(
    r"(?:[\w.]+[-_.])?(?:requirements?|reqs?|dependencies|deps)(?:[-_.][\w.-]+)?\.(?:txt|in|pip|lock)"
    r"|(?:pip[-_])?freeze\.txt",
    re.IGNORECASE,
)
_CONDA = re.compile(
    r"(?:[\w.]+[-_.])?(?:conda|env|environments?)(?:[-_.][\w.-]+)?\.ya?ml", re.IGNORECASE
)
# PEP 751 allows a name in pylock.NAME.toml.
_PYLOCK = re.compile(r"pylock\.[^.]+\.toml")
_FOLDERS = re.compile(r"requirements?|reqs|deps|conda|envs?|environments?", re.IGNORECASE)
_LISTED = re.compile(rb"^[ \t]*[^#\s]", re.MULTILINE)
_OF_CONDA = re.compile(rb"^dependencies[ \t]*:", re.MULTILINE)
# Parts of a name that say what a file is for.
_FOR_DEVELOPERS = re.compile(
    r"dev|devel|development|tests?|testing|docs?|lint|linting|style|ci|notebooks?|jupyter|build|setup",
    re.IGNORECASE,
)
_FOR_SERVING = re.compile(
    r"predict\w*|prod|production|serv\w*|infer\w*|deploy\w*|runtime",
    re.IGNORECASE,
)
_FOR_TRAINING = re.compile(r"train\w*|gpu|cuda|eval\w*|optional|extras?", re.IGNORECASE)
_BELOW = ("requirements.txt", "environment.yml", "conda.yaml")
_MOST_ENTRIES = 2000


def is_manifest(path: Path) -> bool:
    """Return whether a file that has a manifest's name is a manifest.

    Conda's explicit package lists have names that are also used for unrelated text files.
    """
    return path.name not in conda_files.EXPLICIT or conda_files.is_one(path)


def misspelt_manifest(names: Iterable[str]) -> str | None:
    """Return the first file name that looks like a misspelt manifest, or None."""
    return next(
        (name for name in sorted(names) if _MISSPELT.fullmatch(name) and name not in MANIFESTS),
        None,
    )


def other_manifests(app: Path) -> tuple[str, ...]:
    """Return the files that look like manifests, but whose names are not read.

    They are at the top or in a folder such as `requirements/`, and list something. The one that a
    model most likely needs comes first.
    """
    names = (name for name in _candidates(app) if _lists_packages(app, app / name))
    return tuple(sorted(names, key=lambda name: (_rank(name), name)))


def manifests_below(app: Path) -> tuple[str, ...]:
    """Return the manifests in folders of the source, one level below its top."""
    folders = (entry for entry in islice(app.iterdir(), _MOST_ENTRIES) if _may_hold_code(entry))
    paths = (folder / name for folder in folders for name in _BELOW)
    listing = (path for path in paths if user_files.is_file(path) and _lists_packages(app, path))
    return tuple(sorted(f"{path.parent.name}/{path.name}" for path in listing))


def _may_hold_code(path: Path) -> bool:
    hidden = path.name.startswith((".", "_")) or _FOR_DEVELOPERS.fullmatch(path.name)
    return not hidden and user_files.is_dir(path)


def is_for_developers(name: str) -> bool:
    """Return whether a file's name says that a model does not need it: requirements-dev.txt."""
    return any(_FOR_DEVELOPERS.fullmatch(part) for part in _parts(name))


def _candidates(app: Path) -> Iterator[str]:
    for entry in islice(app.iterdir(), _MOST_ENTRIES):
        if user_files.is_file(entry):
            if entry.name not in MANIFESTS and _has_manifest_name(entry.name):
                yield entry.name
        elif _FOLDERS.fullmatch(entry.name) and user_files.is_dir(entry):
            yield from (
                f"{entry.name}/{path.name}"
                for path in islice(entry.iterdir(), _MOST_ENTRIES)
                if path.suffix in (".txt", ".in", ".yml", ".yaml") and user_files.is_file(path)
            )


def _has_manifest_name(name: str) -> bool:
    patterns = (_REQUIREMENTS, _CONDA, _PYLOCK)
    return any(pattern.fullmatch(name) for pattern in patterns)


def _lists_packages(app: Path, path: Path) -> bool:
    pattern = _OF_CONDA if path.suffix in (".yml", ".yaml") else _LISTED
    try:
        return bool(pattern.search(user_files.read(app, path)))
    except OSError:
        return False


def _rank(name: str) -> int:
    parts = _parts(name)
    if is_for_developers(name):
        return 3
    if any(_FOR_SERVING.fullmatch(part) for part in parts):
        return 0
    return 2 if any(_FOR_TRAINING.fullmatch(part) for part in parts) else 1


def _parts(name: str) -> list[str]:
    """Return the words of a file's name, without its suffix."""
    return re.split(r"[-_.]", name.rpartition("/")[2].rpartition(".")[0])
