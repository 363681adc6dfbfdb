"""Errors about uv.lock and pylock.toml."""

from collections.abc import Sequence

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.settings import _set

# Why a lock can't be read, as a clause.
NESTED = "it has more lists within lists than can be read"


class LockUnreadable(BuildError):
    """A lock file that is damaged or of an unknown format; ``renew`` is a sentence."""

    def __init__(self, name: str, reason: str, renew: str) -> None:
        super().__init__(f"{name} is not a valid lock file", f"Reading it failed: {reason}.", renew)


class LockWithoutProject(BuildError):
    """A uv.lock without the project that it locks."""

    def __init__(self, name: str, project: str) -> None:
        super().__init__(
            f"{name} lies without its {project}",
            f"It locks what {project} asks for, and does not say by itself which of its packages are to be installed.",
            f"Add {project}, which {name} was made from.",
            "Where that is, write what is to be installed into a lock that stands alone, and add that instead:\n"
            "uv export --no-default-groups --format pylock.toml --output-file pylock.toml",
        )


class LockOutOfDate(BuildError):
    """A uv.lock that is older than a change of pyproject.toml.

    ``differing`` are the packages whose requirements changed; ``reason`` is uv's message.
    """

    def __init__(self, name: str, reason: str, differing: Sequence[str]) -> None:
        what = (
            f"in what it asks for of {', '.join(differing)}"
            if differing
            else f"for uv finds a {reason}"
        )
        super().__init__(
            f"{name} is out of date",
            f"pyproject.toml was changed after {name} was made, {what}.\nWhat is locked would not be what the project asks for.",
            "Renew it, in the directory of the model: uv lock",
            f"If {name} is right and pyproject.toml is not, take the change of pyproject.toml back.",
            "If it is to be installed as it is, write it into a lock that stands alone, which goes before it:\n"
            "uv export --frozen --no-default-groups --format pylock.toml --output-file pylock.toml",
        )


class LockForOtherPython(BuildError):
    """A lock whose requires-python excludes the chosen Python.

    ``fits`` is a supported Python that it includes, if any.
    """

    def __init__(self, name: str, specifier: str, python: str, source: str, fits: str) -> None:
        super().__init__(
            f"{name} is not for Python {python}",
            f"Its requires-python is {specifier}, and Python {python} was chosen: {source}.",
            *([_set("BP_PYTHON_VERSION", fits)] if fits else []),
            f"Lock for Python {python}: let requires-python in pyproject.toml allow it, and make {name} anew.",
        )


class LockNotForHere(BuildError):
    """A pylock.toml without packages for this Python and platform.

    ``reason`` is the message of the packaging library.
    """

    def __init__(self, name: str, python: str, reason: str) -> None:
        super().__init__(
            f"{name} was made for another Python or platform",
            f"The model is to run on Python {python} and linux/amd64, and the lock cannot be installed there:\n{reason}.",
            "If it was made for another Python, set BP_PYTHON_VERSION to that one.",
            f"Make it anew with Python {python} on Linux: pip lock -r requirements.in",
            "Make one that is for every platform: uv export --format pylock.toml --output-file pylock.toml",
        )


class PathOutsideSource(BuildError):
    """A lock that names a folder or file outside the source."""

    def __init__(self, lock: str, path: str) -> None:
        super().__init__(
            f"{lock} names {path}, which lies outside the source",
            "Only the directory being built is there during a build.",
            "Build the directory that holds both, and name the model in it: MODEL_NAME=package.module.MyModel.",
            f"Copy it into the source, name the copy in pyproject.toml, and make {lock} anew.",
            "Build a wheel of it (uv build --wheel), put that into the source and depend on the wheel.",
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
            f"{name} has to be exported",
            f"Only {tool} can install from it. The build reads requirements.txt, and there is none.",
            f"Export it, in the directory of the model, and keep both:\n{export[name]}",
            *(
                [
                    "Remove it: what pyproject.toml depends on is then installed, at versions that suit the wrapper."
                ]
                if installed_without
                else []
            ),
            "If nothing is to be installed, add an empty requirements.txt.",
        )
