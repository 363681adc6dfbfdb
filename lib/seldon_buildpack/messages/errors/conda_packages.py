"""Errors about solving and installing conda packages."""

from collections.abc import Mapping, Sequence

from seldon_buildpack.messages.errors.base import BuildError


class CondaPackageUnknown(BuildError):
    """Packages that no channel has.

    ``missing`` has the name, its line or 0, and similar names. ``origin`` is the system that the
    file was exported on, or empty.
    """

    def __init__(
        self,
        name: str,
        missing: Sequence[tuple[str, int, Sequence[str]]],
        channels: Sequence[str],
        origin: str,
    ) -> None:
        one = len(missing) == 1
        lines = [
            f"{what}"
            + (f", line {line}" if line else "")
            + (f"; similar: {', '.join(near)}" if near else "")
            for what, line, near in missing
        ]
        super().__init__(
            f"`{name}` requires {'a package' if one else 'packages'} that no channel has",
            "\n".join(lines) + f"\nSearched: {', '.join(channels)}.",
            *([_from_history(origin, name)] if origin else []),
            "Check the spelling. Conda's names may differ from pip's.",
            "If another channel has it, add the channel to `channels:`.",
            "If it is a pip package, move it to the section `- pip:`.",
        )


def _from_history(origin: str, name: str) -> str:
    return f"The file was exported on {origin}, and lists packages that exist only there. Export only what you requested: `conda env export --from-history > {name}`."


class CondaUnsolvable(BuildError):
    """An environment that can't be solved.

    ``virtual`` is what a package requires of the system, if that is the reason. ``versions`` are
    the specs that nothing matches, each with the newest versions that exist.
    """

    def __init__(
        self,
        name: str,
        report: Sequence[str],
        virtual: str,
        origin: str,
        versions: Mapping[str, Sequence[str]],
    ) -> None:
        system = {
            "__cuda": "A package needs a GPU: set the CUDA version that the driver supports where the model runs, BP_CONDA_OVERRIDE_CUDA=12.4.",
            "__glibc": "A package needs a newer C library than the image has: require an earlier version of it.",
            "__win": "A package is only for Windows: remove it.",
            "__osx": "A package is only for macOS: remove it.",
        }
        super().__init__(
            f"No set of packages satisfies `{name}`",
            "\n".join(
                [
                    *report,
                    *(
                        f"Available for {spec}: {', '.join(there)}."
                        for spec, there in versions.items()
                    ),
                ]
            ),
            *([_from_history(origin, name)] if origin else []),
            *([system[virtual]] if virtual in system else []),
            "Loosen a version named above, or require another Python.",
            "If another channel has the missing package, add it to `channels:`. A package is installed from the first channel that has it.",
        )


class CondaAgainstWrapper(BuildError):
    """An environment that can be solved, but not together with the wrapper.

    ``wants`` has the wrapper's requirement, and the line and text that conflict with it; they are 0
    and empty if no single line does.
    """

    def __init__(
        self, name: str, version: str, wants: Sequence[tuple[str, int, str]], report: Sequence[str]
    ) -> None:
        lines = [
            f"seldon-core {version} requires {want}; in {name}, "
            + (
                f"line {line} requires {asked}."
                if line
                else "a package that the file requires needs another version."
            )
            for want, line, asked in wants
        ]
        super().__init__(
            f"`{name}` conflicts with seldon-core {version}",
            "\n".join(lines)
            + "\nThe wrapper serves your model in the same Python environment, so both must accept the same version of each package.",
            *(
                f"Require {want} in {name}, or versions of your packages that work with it."
                for want, _, _ in wants[:1]
            ),
            "Unset BP_SELDON_PINS, so that the build can choose wrapper dependencies that match your packages.",
            tail=report,
        )


class CondaPackageMismatch(BuildError):
    """A package whose content does not match its channel's metadata or a lock.

    ``lock`` is the lock file.
    """

    def __init__(self, file: str, expected: str, got: str, lock: str) -> None:
        super().__init__(
            f"The package `{file}` does not match {lock or 'its channel'}",
            f"Expected {expected}\nFound    {got}\nThe package was changed after {'it was locked' if lock else 'the channel was indexed'}, or damaged during the download.",
            "Build again: the download may have been damaged.",
            *(
                [f"If the change is intended, lock again, and replace {lock}."]
                if lock
                else ["If it is a mirror, refresh the package and the lists there."]
            ),
            "If it should not have changed, ask the channel's administrator before you continue.",
        )


class CondaPackageBroken(BuildError):
    """A package that can't be unpacked."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(
            f"The package `{file}` is damaged",
            f"It cannot be unpacked: {reason.rstrip('.')}.",
            "Build again: the download may have been interrupted.",
            "If it happens again, upload the package to the channel again. A mirror may have stored only a part of it.",
        )


class CondaPackageGone(BuildError):
    """A package that a channel or a lock lists, but that does not exist."""

    def __init__(self, file: str, channel: str) -> None:
        super().__init__(
            f"The package `{file}` is no longer in its channel",
            f"Searched: {channel}",
            "If a lock names it, lock again: channels remove packages that turn out to be wrong.",
            "If it is a mirror, refresh it.",
        )


class CondaFailed(BuildError):
    """An unknown failure while installing conda packages."""

    def __init__(self, kind: str, tail: Sequence[str]) -> None:
        super().__init__(
            "The conda packages cannot be installed",
            f"rattler, which installs them, failed with {kind}.",
            "The output below often names the package: build without it, or with another version.",
            tail=tail,
        )


class CondaPipMissing(BuildError):
    """An environment without pip, and with a Python that uv does not support."""

    def __init__(self, python: str, name: str) -> None:
        super().__init__(
            f"The environment has no pip for Python {python}",
            "The build installs the wrapper with pip: conda has no package of it.",
            f"Add `- pip` to the dependencies of {name}. If it is a lock, lock again and replace it.",
        )


class CondaPipFailed(BuildError):
    """A failure of the environment's own pip."""

    def __init__(self, python: str, tail: Sequence[str]) -> None:
        super().__init__(
            "Installing the environment's pip packages failed",
            f"The environment's pip (Python {python}) installs the section `pip:` and the wrapper.",
            "The output below shows what failed. Set an index as for requirements.txt: PIP_INDEX_URL, or a binding of type pypi.",
            tail=tail,
        )


class CondaWrapperBroken(BuildError):
    """A complete environment in which the wrapper does not serve."""

    def __init__(self, version: str, replaced: Sequence[str], tail: Sequence[str]) -> None:
        listed = "".join(f"\n  {one}" for one in replaced)
        super().__init__(
            "The wrapper does not work in this environment",
            f"The build started seldon-core {version} in it, and that failed."
            + (
                f"\nThe pip section replaces versions that conda's packages were built for:{listed}"
                if replaced
                else ""
            ),
            "The output below names what does not match: require another version of it, in the section that it comes from.",
            tail=tail,
        )
