"""Errors of choosing the manifest, and of pyproject.toml."""

from collections.abc import Sequence

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.settings import _set

_LONGEST_NAME = 250


class ManifestMisspelt(BuildError):
    """A misspelt manifest, such as requirments.txt; nothing would be installed from it."""

    def __init__(self, name: str, meant: str) -> None:
        super().__init__(
            f"`{name}` looks like a misspelling of `{meant}`",
            f"Nothing would be installed: packages are read from {meant}, which does not exist.",
            f"Rename it: `mv {name} {meant}`.",
            f"If you want to install nothing, remove {name}, or add an empty {meant}.",
        )


class ManifestUnderOtherName(BuildError):
    """Manifests under names that are not read, without any that is.

    ``names`` lists them, and ``likely`` is the one that the model most likely needs.
    """

    def __init__(self, names: Sequence[str], likely: str) -> None:
        is_lock = likely.endswith(".toml")
        meant = "environment.yml" if likely.endswith((".yml", ".yaml")) else "requirements.txt"
        listed = "".join(f"\n  {name}" for name in names)
        super().__init__(
            f"Nothing says whether to install `{likely}`",
            f"No manifest has a standard name, so nothing would be installed. These look like manifests:{listed}",
            *([] if is_lock else [_select(likely)]),
            f"Rename it: `mv {likely} {'pylock.toml' if is_lock else meant}`.",
            "If the model needs no packages, add an empty requirements.txt.",
        )


def _select(name: str) -> str:
    return _set("BP_REQUIREMENTS", name) + "\nSeveral requirements files are separated by spaces."


class ProjectWithoutBuildFile(BuildError):
    """A ``setup.cfg`` with requirements, but without setup.py and pyproject.toml.

    pip and uv do not install such a directory.
    """

    def __init__(self) -> None:
        super().__init__(
            "`setup.cfg` alone does not make a project",
            "It lists install_requires, but without setup.py or pyproject.toml no tool installs the directory, so nothing would be installed.",
            "Add a setup.py with these two lines:\nfrom setuptools import setup\nsetup()",
            "List what the model needs in requirements.txt.",
        )


class RequestedFileMissing(BuildError):
    """A file in BP_REQUIREMENTS that is not in the source."""

    def __init__(self, name: str, *, is_outside: bool) -> None:
        name = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..."
        why = "is outside the source" if is_outside else "is not a file of the source"
        super().__init__(
            f"The file in `BP_REQUIREMENTS={name}` does not exist",
            f"{name} {why}. Names are relative to the root of the source, and separated by spaces.",
            "Correct the name, or add the file.",
            "Unset BP_REQUIREMENTS to install from requirements.txt or another manifest.",
        )


class RequestedFileUnsuited(BuildError):
    """A file in BP_REQUIREMENTS that is neither a list of requirements nor of conda packages."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The file in `BP_REQUIREMENTS={name}` is not a list of packages",
            "BP_REQUIREMENTS names requirements files, a conda environment (.yml, .yaml), or another manifest at the root of the source.",
            "Name a requirements file.",
            f"Unset BP_REQUIREMENTS, and build the directory that contains {name.rpartition('/')[2]} (`pack build --path DIRECTORY`).",
        )


class RequestedFilesMixed(BuildError):
    """Several files in BP_REQUIREMENTS, of which one is not a requirements file."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"`BP_REQUIREMENTS` names `{name}` together with other files",
            f"Several requirements files can be installed together; {name} is another kind of manifest, and is installed on its own.",
            f"Set BP_REQUIREMENTS to {name} only.",
            f"Remove {name}, and list only requirements files.",
        )


class PyprojectNotTable(BuildError):
    """A key of ``pyproject.toml`` that has to be a table, and is a value."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"`pyproject.toml`: `{key}` is not a table",
            f"Its keys must be below [{key}], or written as {key}.NAME = VALUE.",
            f"Correct `{key}` in pyproject.toml, or remove it.",
        )


class PyprojectUnreadable(BuildError):
    """A ``pyproject.toml`` that is not TOML; ``reason`` is the parser's."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "`pyproject.toml` cannot be read",
            f"The build reads requires-python from it, and it is not valid TOML: {reason}.",
            "Correct pyproject.toml.",
            _set("BP_PYTHON_VERSION", "3.12") + "\nThe build then does not read the file.",
        )
