"""Errors about packages that an index doesn't have, or that arrive damaged."""

from collections.abc import Sequence

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.settings import _set


class RequirementNotFound(BuildError):
    """A package that no index has.

    ``needed_for`` is the package whose build requires it, if it is not a requirement itself.
    ``place`` is the file and the line that require it, if they do.
    """

    def __init__(
        self,
        package: str,
        asked: Sequence[str],
        no_index: bool = False,
        needed_for: str = "",
        place: str = "",
    ) -> None:
        if needed_for:
            fixes = [
                f"Add {package} to the index.",
                f"Build the wheel of {needed_for} elsewhere, and install that.",
            ]
        elif no_index:
            fixes = [
                f"Add a wheel of {package} to the wheel folder.",
                "Check the spelling in your requirements.",
                "Unset PIP_NO_INDEX (or remove --no-index) to also search the package index.",
            ]
        else:
            fixes = [
                "Check the spelling in your requirements.",
                "If it is your own package, set its index: EXTRA_INDEX_URL in .s2i/environment or with --env.",
                "If you have its wheel, add it to a folder in the source and set BP_PIP_FIND_LINKS to that folder, or mount one: --volume $PWD/wheels:/whl.",
            ]
        self.package = package
        by = f"Building {needed_for} from source" if needed_for else place
        why = f"{by} requires it. " if by else ""
        super().__init__(
            f"The package `{package}` was not found",
            f"{why}Searched: {_searched(asked, no_index)}.",
            *fixes,
        )


def _searched(places: Sequence[str], no_index: bool) -> str:
    shown = ", ".join(places) or "nothing"
    return f"{shown} (no index: PIP_NO_INDEX or --no-index is set)" if no_index else shown


class VersionNotFound(BuildError):
    """A package without a version that matches.

    ``available`` are the versions that exist, if known; ``asked`` are the places that were
    searched. ``place`` is the file and the line that require it, if they do.
    """

    def __init__(
        self,
        requirement: str,
        asked: Sequence[str],
        no_index: bool,
        available: str,
        place: str = "",
    ) -> None:
        found = f" Available: {available}." if available else ""
        super().__init__(
            f"No version matches `{requirement}`",
            f"{f'{place} requires it. ' if place else ''}The package exists, but has no matching release.{found} Searched: {_searched(asked, no_index)}.",
            "Require a version that exists.",
            *(
                [
                    "If another index has it, set BP_PIP_INDEX_STRATEGY=unsafe-best-match. By default, only the first index that has the package is searched."
                ]
                if len(asked) > 1 and not no_index
                else []
            ),
        )


class WrongPython(BuildError):
    """A release that does not support this Python.

    ``others`` is a sentence on the Pythons it has wheels for or requires; ``chosen`` is a supported
    one of them, or empty.
    """

    def __init__(self, requirement: str, python: str, others: str, chosen: str) -> None:
        super().__init__(
            f"`{requirement}` cannot be installed on Python {python}",
            others,
            f"Require a release that supports Python {python}. Without a version, the newest such release is installed.",
            *([_set("BP_PYTHON_VERSION", chosen)] if chosen else []),
        )


class NoMatchingWheel(BuildError):
    """A release without a wheel for this platform, or without any if building is disabled."""

    def __init__(self, requirement: str, python: str, why: str) -> None:
        super().__init__(
            f"`{requirement}` has no wheel that can be installed",
            why,
            f"Require a release that has a wheel for Python {python} on linux/amd64.",
            "Remove it if the model does not need it for predictions.",
        )


_HASHES = "your requirements, or from the index if they have no hashes"


class HashMismatch(BuildError):
    """A download whose hash is not the expected one.

    ``lock`` is the lock file that the hash is from, if any.
    """

    def __init__(self, package: str, tail: Sequence[str], lock: str = "") -> None:
        super().__init__(
            f"The hash of `{package}` does not match",
            f"The expected hash is from {lock or _HASHES}. The file has changed since then,\n"
            "the index serves a different file, or the hash is for another platform's file.",
            f"Regenerate {lock} if you trust the index."
            if lock
            else "Regenerate the hashes in your requirements if you trust the index: pip-compile --generate-hashes, or uv pip compile --generate-hashes.",
            "If the index is a mirror, compare its file with the original before you trust it.",
            tail=tail,
        )


class DownloadBroken(BuildError):
    """A download that the index or file server aborts."""

    def __init__(self, package: str, url: str) -> None:
        super().__init__(
            f"The download of `{package}` was interrupted",
            f"{url} closed the connection before the file was complete, on every attempt.",
            "Build again: a proxy or the server may have restarted.",
            "If it happens again, download the file by hand from where the build runs, and show the server's administrator where it stops.",
        )


class PackageBroken(BuildError):
    """A downloaded file that is not an archive, or only part of one."""

    def __init__(self, package: str, reason: str) -> None:
        super().__init__(
            f"The file of `{package}` is damaged",
            f"The file from the index cannot be unpacked: {reason}.",
            "Build again: the download may have been interrupted.",
            "If it happens again, upload the file to the index again. If the index is a mirror, remove its damaged copy.",
        )


class ShadowedByFirstIndex(BuildError):
    """A package whose first index has no version that matches.

    The other indexes (``others``) are not searched, because the first one has the name.
    """

    def __init__(self, package: str, requirement: str, index: str, others: Sequence[str]) -> None:
        super().__init__(
            f"`{index}` has {package}, but no version that matches `{requirement}`",
            f"Only the first index that has a package is searched for it. Not searched for {package}: {', '.join(others) or 'the other indexes'}.\n"
            "This way, nobody can replace your package by publishing the same name with a higher version.",
            f"Require a version that {index} has, or upload the missing version to it.",
            "If you trust all your indexes equally, set BP_PIP_INDEX_STRATEGY=unsafe-best-match. The best version of all indexes is then installed, as with pip.",
        )


class DownloadFailed(BuildError):
    """A requirement whose URL can't be downloaded."""

    def __init__(self, requirement: str, reason: str) -> None:
        super().__init__(
            "A requirement could not be downloaded from its URL",
            f"{requirement}\nThe download failed: {reason}.",
            "Check the URL in your requirements.",
            "Download the file, add it to the source, and require it by its path.",
        )
