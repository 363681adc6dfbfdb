"""Errors about wheel folders and local wheels."""

from collections.abc import Sequence
from pathlib import Path

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.settings import _set


class WheelFolderMissing(BuildError):
    """A wheel folder that does not exist.

    ``named_by`` are the settings or flags that name it; ``is_file`` is set if it is a file.
    """

    def __init__(
        self, folder: str, named_by: str = "PIP_FIND_LINKS or --find-links", is_file: bool = False
    ) -> None:
        super().__init__(
            f"The wheel folder `{folder}` {'is a file' if is_file else 'does not exist'}",
            f"{named_by} sets it. Relative paths start at the root of the source.",
            "Set the folder that contains the file."
            if is_file
            else "Add the folder to the source, or correct its name.",
            "If it is outside the source, mount it: pack build --volume $PWD/wheels:/whl. The folder /whl is searched without any setting.",
        )


class WheelFolderUnreadable(BuildError):
    """A wheel folder, or a file in it, that the build can't read."""

    def __init__(self, path: str, folder: bool, reason: str) -> None:
        super().__init__(
            f"The wheel {'folder ' if folder else ''}`{path}` cannot be read",
            f"Opening it failed: {reason}. The build does not run as root.",
            f"Make it readable for everyone, on the machine it comes from: `chmod {'a+rx' if folder else 'a+r'} {Path(path).name}`.",
            "If you do not need it, remove the --volume or the setting that names it.",
        )


class WheelFolderLacks(BuildError):
    """A requirement that neither the wheel folders nor the indexes have.

    ``package`` is what the folders lack, if known; ``empty`` are the empty folders; ``first`` is
    the indexes' error.
    """

    def __init__(
        self, package: str, folders: Sequence[str], empty: Sequence[str], first: BuildError
    ) -> None:
        mounted = any(folder.startswith("/") for folder in empty)
        lacking = [f"The wheel folder {folder} is empty." for folder in empty]
        lacking += (
            [f"There is no wheel of {package} in {' or '.join(folders)}."]
            if package and not lacking
            else []
        )
        super().__init__(
            first.title,
            "\n".join((*lacking, first.cause)),
            *([f"Add a wheel of {package} to {folders[0]}."] if package else []),
            *(
                [
                    "Check the path before the colon of --volume. If it does not exist, Docker creates an empty folder."
                ]
                if mounted
                else []
            ),
            *first.fixes,
        )


class WheelUnsuited(BuildError):
    """Local wheels that are for another Python or platform.

    ``others`` has each file with a description of its target; ``image`` is the image's Python and
    platform; ``pythons`` are the supported Pythons that one of the files fits. ``alone`` is set if
    no index was searched, because a folder comes first and has the package.
    """

    def __init__(
        self,
        package: str,
        others: Sequence[tuple[str, str]],
        image: tuple[str, str],
        pythons: Sequence[str],
        alone: bool,
    ) -> None:
        python, platform = image
        minor = ".".join(python.split(".")[:2])
        first = f"`{others[0][0]}`" if len(others) == 1 else f"No wheel of `{package}`"
        super().__init__(
            f"{first} {'is not compatible' if len(others) == 1 else 'is compatible'} with the image",
            "\n".join(f"{file} is for {words}." for file, words in others)
            + f"\nThe image has Python {python} on {platform}.",
            *([_set("BP_PYTHON_VERSION", pythons[-1])] if pythons else []),
            f"Build the wheel of {package} for Python {minor} on {platform} (pip wheel), and use that instead.",
            *(
                [
                    f"If an index has {package} for it, remove the wheel, or set BP_PIP_INDEX_STRATEGY=unsafe-best-match. By default, a package that is in a wheel\n"
                    "folder is not searched for elsewhere."
                ]
                if alone
                else []
            ),
        )


class WheelBroken(BuildError):
    """A file with a wheel's name that is not a wheel."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(
            f"The wheel `{file}` is broken",
            f"It cannot be installed: {reason}.",
            "Build or download it again. `python -m zipfile --test FILE` checks whether a wheel is complete.",
            "Remove it if you do not need it.",
        )


class WheelMisnamed(BuildError):
    """A wheel without a valid wheel name."""

    def __init__(self, file: str) -> None:
        super().__init__(
            f"`{file}` is not a valid wheel name",
            "A wheel is named NAME-VERSION-PYTHON-ABI-PLATFORM.whl, which says what it is for. Files with other names are not installed.",
            "Rename it to the name that it was built with.",
        )
