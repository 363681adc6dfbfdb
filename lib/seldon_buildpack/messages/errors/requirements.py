"""Errors about requirements files and projects, and about building packages from source."""

from collections.abc import Sequence

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.settings import _set

# Longer names are cut: they are no names of files.


class BadRequirementLine(BuildError):
    """A line that pip would reject; ``meant`` is the likely intended line."""

    def __init__(self, name: str, number: int, line: str, reason: str, meant: str = "") -> None:
        super().__init__(
            f"Line {number} of `{name}` is not a valid requirement",
            f"{line}\n{reason}.",
            *([f"If you mean a version, write {meant}"] if meant else []),
            "Write it in pip's format: name==1.2.3, name>=1,<2, name @ URL, a path, or a pip option.",
            "If it is a comment, start it with #.",
        )


class MissingInclude(BuildError):
    """A file named by -r or -c that does not exist."""

    def __init__(self, name: str, included: str) -> None:
        super().__init__(
            f"`{name}` includes `{included}`, which does not exist",
            "Names after -r and -c are relative to the file that contains them.",
            f"Add {included}, or correct its name in {name}.",
            "If an ignore file excludes it (.gitignore in a git build), change that file.",
        )


class IncludeOutside(BuildError):
    """A file named by -r or -c that is outside the source directory."""

    def __init__(self, name: str, included: str) -> None:
        super().__init__(
            f"`{name}` includes `{included}`, which is outside the source",
            "Only the directory that you build is available during the build.",
            f"Copy the file into the directory, and include the copy in {name}.",
        )


class LocalFolderOutside(BuildError):
    """A requirement that is a folder outside the source."""

    def __init__(self, name: str, folder: str) -> None:
        super().__init__(
            f"`{name}` names `{folder}`, a folder outside the source",
            "A package is built in its folder, and a build must not change anything outside the source.",
            "Copy the folder into the source, and require the copy.",
            "Build a wheel of it (`uv build --wheel`), add the wheel to the source, and require the wheel.",
        )


class LocalPackageMissing(BuildError):
    """A requirement that is a path to nothing."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"`{path}` does not exist",
            "Your requirements install it as a local package. Relative paths start at the root of the source.",
            f"Add {path}, or correct its name in the requirements.",
            "If an ignore file excludes it (.gitignore in a git build), change that file.",
        )


class Conflict(BuildError):
    """Requirements that no set of versions satisfies.

    ``asks`` is the requirement that can't be satisfied, if known.
    """

    asks = ""


class RequirementsConflict(Conflict):
    """A conflict among the user's own requirements."""

    def __init__(self, tail: Sequence[str]) -> None:
        super().__init__(
            "Your requirements conflict",
            "No set of versions satisfies all of them. The output below shows why.",
            "Loosen one of the pins that it names.",
            tail=tail,
        )


class VcsFailed(BuildError):
    """A requirement that git could not fetch; ``requirement`` has no credentials."""

    def __init__(self, requirement: str, reason: str) -> None:
        super().__init__(
            "A requirement could not be fetched with git",
            f"{requirement}\ngit says: {reason}",
            "Check the URL and the branch, tag or commit after @.",
            "If the repository is private, provide a user and password for its host in a binding of type netrc (docs/private-indexes.md).",
            "Or write ${TOKEN} and an @ before the host, and pass the token with --env TOKEN=...; it is not stored in the image.",
        )


class InstallFailed(BuildError):
    """A uv failure without a more specific error."""

    def __init__(self, doing: str, tail: Sequence[str]) -> None:
        super().__init__(
            f"{doing} failed",
            "uv's output is below.",
            "Correct what it reports, and build again.",
            tail=tail,
        )


class NoLineApplies(BuildError):
    """Requirements whose markers are all false for the chosen Python.

    ``chosen`` is that Python and the origin of the choice. ``fitting`` is a Python for which a
    marker is true, or empty if there is none.
    """

    def __init__(self, name: str, chosen: tuple[str, str], marker: str, fitting: str) -> None:
        python, source = chosen
        super().__init__(
            f"No line of `{name}` applies to Python {python}",
            f"Every line has an environment marker, and all of them are false, such as `{marker}`: nothing would be installed.\n"
            f"Python {python} comes from {source}.",
            *([_set("BP_PYTHON_VERSION", fitting)] if fitting else []),
            f"Correct the markers, or export {name} again on Python {python}.",
            f"If you want to install nothing, remove the lines from {name}.",
        )
