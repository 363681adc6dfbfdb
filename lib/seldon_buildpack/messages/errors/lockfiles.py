"""Errors about uv.lock and pylock.toml."""

from collections.abc import Sequence

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.settings import _set

# Why a lock can't be read, as a clause.
NESTED = "its lists are nested too deeply"


class LockUnreadable(BuildError):
    """A lock file that is damaged or of an unknown format; ``renew`` is a sentence."""

    def __init__(self, name: str, reason: str, renew: str) -> None:
        super().__init__(
            f"`{name}` is not a valid lock file", f"Reading it failed: {reason}.", renew
        )


class LockWithoutProject(BuildError):
    """A uv.lock without the project that it locks."""

    def __init__(self, name: str, project: str) -> None:
        super().__init__(
            f"`{name}` is present, but its `{project}` is missing",
            f"It locks the requirements of {project}, and does not say by itself which of its packages to install.",
            f"Add the {project} that {name} was created from.",
            f"Where you have {project}, export a standalone lock, and add that instead:\n"
            "uv export --no-default-groups --format pylock.toml --output-file pylock.toml",
        )


class LockOutOfDate(BuildError):
    """A uv.lock that is older than a change of pyproject.toml.

    ``differing`` are the packages whose requirements changed; ``reason`` is uv's message.
    """

    def __init__(self, name: str, reason: str, differing: Sequence[str]) -> None:
        what = (
            f"the requirements on {', '.join(differing)} differ"
            if differing
            else f"uv reports a {reason}"
        )
        super().__init__(
            f"`{name}` is out of date",
            f"pyproject.toml has changed since {name} was created: {what}.\nThe lock no longer matches what the project requires.",
            "Update it, in the directory of the model: uv lock",
            f"If {name} is right and pyproject.toml is not, revert the change to pyproject.toml.",
            "If you want to install it as it is, export a standalone lock, which takes precedence:\n"
            "uv export --frozen --no-default-groups --format pylock.toml --output-file pylock.toml",
        )


class LockForOtherPython(BuildError):
    """A lock whose requires-python excludes the chosen Python.

    ``fits`` is a supported Python that it includes, if any.
    """

    def __init__(self, name: str, specifier: str, python: str, source: str, fits: str) -> None:
        super().__init__(
            f"`{name}` is not for Python {python}",
            f"Its requires-python is {specifier}, and Python {python} was chosen: {source}.",
            *([_set("BP_PYTHON_VERSION", fits)] if fits else []),
            f"Lock for Python {python}: allow it in requires-python of pyproject.toml, and regenerate {name}.",
        )


class LockNotForHere(BuildError):
    """A pylock.toml without packages for this Python and platform.

    ``reason`` is the message of the packaging library.
    """

    def __init__(self, name: str, python: str, reason: str) -> None:
        super().__init__(
            f"`{name}` is for another Python or platform",
            f"The image has Python {python} on linux/amd64, and the lock cannot be installed there:\n{reason}.",
            "If it is for another Python, set BP_PYTHON_VERSION to that version.",
            f"Regenerate it with Python {python} on Linux: pip lock -r requirements.in",
            "Create one for every platform: uv export --format pylock.toml --output-file pylock.toml",
        )


class PathOutsideSource(BuildError):
    """A lock that names a folder or file outside the source."""

    def __init__(self, lock: str, path: str) -> None:
        super().__init__(
            f"`{lock}` names `{path}`, which is outside the source",
            "Only the directory that you build is available during the build.",
            "Build the directory that contains both, and set the model's name in it: MODEL_NAME=package.module.MyModel.",
            f"Copy it into the source, use the copy in pyproject.toml, and regenerate {lock}.",
            "Build a wheel of it (uv build --wheel), add the wheel to the source, and depend on the wheel.",
        )


class LockNotExported(BuildError):
    """A manifest of poetry or pipenv, which no other installer reads.

    ``installed_without`` is set if pyproject.toml is sufficient without it.
    """

    def __init__(self, name: str, installed_without: bool = False) -> None:
        tool = "poetry" if name == "poetry.lock" else "pipenv"
        export = {
            "poetry.lock": "poetry self add poetry-plugin-export\npoetry export --output requirements.txt",
            "Pipfile.lock": "pipenv requirements > requirements.txt",
            "Pipfile": "pipenv lock\npipenv requirements > requirements.txt",
        }
        super().__init__(
            f"`{name}` must be exported",
            f"Only {tool} can install from it. The build reads requirements.txt, which does not exist.",
            f"Export it in the directory of the model, and keep both:\n{export[name]}",
            *(
                [
                    "Remove it: the build then installs the dependencies in pyproject.toml, in versions that match the wrapper."
                ]
                if installed_without
                else []
            ),
            "If you want to install nothing, add an empty requirements.txt.",
        )
