"""Errors about packages that an index doesn't have, or that arrive damaged."""

from collections.abc import Sequence

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.settings import _set


class RequirementNotFound(BuildError):
    """A package that no index has.

    ``needed_for`` is the package whose build requires it, if it is not a requirement itself.
    """

    def __init__(
        self, package: str, asked: Sequence[str], no_index: bool = False, needed_for: str = ""
    ) -> None:
        if needed_for:
            fixes = [
                f"Add {package} to the index.",
                f"Build the wheel of {needed_for} elsewhere, and have that installed.",
            ]
        elif no_index:
            fixes = [
                f"Add a wheel of {package} to the wheel folder.",
                "Check the spelling in your requirements.",
                "Take PIP_NO_INDEX (or --no-index) out: then the package index is asked too.",
            ]
        else:
            fixes = [
                "Check the spelling in your requirements.",
                "If it is a package of your own, name its index: EXTRA_INDEX_URL in .s2i/environment or --env.",
                "If it is a wheel of your own, name its folder in the source: BP_PIP_FIND_LINKS; or mount one: --volume $PWD/wheels:/whl.",
            ]
        self.package = package
        why = f"Building {needed_for} from source needs it. " if needed_for else ""
        super().__init__(
            f"The package {package} was not found",
            f"{why}Asked: {_asked(asked, no_index)}.",
            *fixes,
        )


def _asked(places: Sequence[str], no_index: bool) -> str:
    shown = ", ".join(places) or "nothing"
    return f"{shown}, and no index, for PIP_NO_INDEX or --no-index is set" if no_index else shown


class VersionNotFound(BuildError):
    """A package without a version that matches.

    ``available`` are the versions that exist, if known; ``asked`` are the places that were
    searched.
    """

    def __init__(
        self, requirement: str, asked: Sequence[str], no_index: bool, available: str
    ) -> None:
        found = f" There is only {available}." if available else ""
        super().__init__(
            f"There is no version that satisfies {requirement}",
            f"The package is known, but no release of it fits.{found} Asked: {_asked(asked, no_index)}.",
            "Ask for a version that exists.",
            *(
                [
                    "If another index has it, set BP_PIP_INDEX_STRATEGY=unsafe-best-match: otherwise the first index that knows the name decides."
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
            f"{requirement} cannot be installed on Python {python}",
            others,
            f"Ask for a release that supports Python {python}; without a version the newest that does is chosen.",
            *([_set("BP_PYTHON_VERSION", chosen)] if chosen else []),
        )


class NoMatchingWheel(BuildError):
    """A release without a wheel for this platform, or without any if building is disabled."""

    def __init__(self, requirement: str, python: str, why: str) -> None:
        super().__init__(
            f"{requirement} has no wheel that can be installed",
            why,
            f"Ask for a release that has a wheel for Python {python} on linux/amd64.",
            "Take it out if the model does not need it to predict.",
        )


_HASHES = "your requirements, or where they give none, on the index's own page"


class HashMismatch(BuildError):
    """A download whose hash is not the expected one.

    ``lock`` is the lock file that the hash is from, if any.
    """

    def __init__(self, package: str, tail: Sequence[str], lock: str = "") -> None:
        super().__init__(
            f"{package} does not have the hash that is given for it",
            f"The hash stands in {lock or _HASHES}. The file was changed since it was written,\n"
            "the index serves another one, or the hash is of another platform's file.",
            f"Make {lock} anew where you trust the index."
            if lock
            else "Write the hashes of your requirements anew where you trust the index: pip-compile --generate-hashes, or uv pip compile --generate-hashes.",
            "If the index is a mirror, compare its file with the original before you trust it.",
            tail=tail,
        )


class DownloadBroken(BuildError):
    """A download that the index or file server aborts."""

    def __init__(self, package: str, url: str) -> None:
        super().__init__(
            f"The download of {package} broke off",
            f"{url} closed the connection before all of the file was there, each time it was tried.",
            "Build again: a proxy or the server may have been restarted.",
            "If it repeats, download the file by hand from where the build runs, and show the server's administrator where it stops.",
        )


class PackageBroken(BuildError):
    """A downloaded file that is not an archive, or only part of one."""

    def __init__(self, package: str, reason: str) -> None:
        super().__init__(
            f"The file of {package} is damaged",
            f"What the index sends cannot be unpacked: {reason}.",
            "Build again: its download may have broken off.",
            "If it repeats, upload the file to the index anew; a mirror may have kept half a file: remove it there.",
        )


class ShadowedByFirstIndex(BuildError):
    """A package whose first index has no version that matches.

    The other indexes (``others``) are not searched, because the first one has the name.
    """

    def __init__(self, package: str, requirement: str, index: str, others: Sequence[str]) -> None:
        super().__init__(
            f"{index} has {package}, but no version that satisfies {requirement}",
            f"A name is taken from the first index that has it; not asked for {package}: {', '.join(others) or 'the others'}.\n"
            "So nobody can slip in a package of yours by putting one of the same name and a higher version on a public index.",
            f"Ask for a version that {index} has, or add the wanted one to it.",
            "If you trust all your indexes alike, set BP_PIP_INDEX_STRATEGY=unsafe-best-match: the best version of all is then taken, as pip does.",
        )


class DownloadFailed(BuildError):
    """A requirement whose URL can't be downloaded."""

    def __init__(self, requirement: str, reason: str) -> None:
        super().__init__(
            "A requirement could not be downloaded from its URL",
            f"{requirement}\nDownloading it failed: {reason}.",
            "Check the URL in your requirements.",
            "Download the file, add it to the source and name it there by its path.",
        )
