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
            + (f"; near: {', '.join(near)}" if near else "")
            for what, line, near in missing
        ]
        super().__init__(
            f"{name} asks for {'a package' if one else 'packages'} that no channel has",
            "\n".join(lines) + f"\nAsked: {', '.join(channels)}.",
            *([_from_history(origin, name)] if origin else []),
            "Check the spelling; conda's names may differ from pip's.",
            "If another channel has it, add that to `channels:`.",
            "If it is a package of pip's, move it into the section `- pip:`.",
        )


def _from_history(origin: str, name: str) -> str:
    return f"The file was exported on {origin}, and names what exists only there. Export what you asked for instead: `conda env export --from-history > {name}`."


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
            "__cuda": "A package asks for a GPU: give the version of CUDA that the driver can do where the model runs, BP_CONDA_OVERRIDE_CUDA=12.4.",
            "__glibc": "A package asks for a newer C library than the image has: take an earlier version of it.",
            "__win": "A package is for Windows alone: leave it out.",
            "__osx": "A package is for macOS alone: leave it out.",
        }
        super().__init__(
            f"No set of packages meets what {name} asks for",
            "\n".join(
                [
                    *report,
                    *(
                        f"Of {spec} there is only {', '.join(there)}."
                        for spec, there in versions.items()
                    ),
                ]
            ),
            *([_from_history(origin, name)] if origin else []),
            *([system[virtual]] if virtual in system else []),
            "Loosen a version that stands above, or ask for another Python.",
            "If another channel has what is missing, add that to `channels:`; a package is taken from the first channel that has it.",
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
            f"seldon-core {version} wants {want}; in {name}, "
            + (
                f"line {line} asks for {asked}."
                if line
                else "a package that the file asks for needs another."
            )
            for want, line, asked in wants
        ]
        super().__init__(
            f"{name} and seldon-core {version} exclude each other",
            "\n".join(lines)
            + "\nThe wrapper serves your model in the same Python, so one version of each package must suit both.",
            *(
                f"Ask for {want} in {name}, or for versions of your packages that do with it."
                for want, _, _ in wants[:1]
            ),
            "Leave BP_SELDON_PINS out: seldon-core 1.17.1 is locked on current dependencies too, and what suits is taken.",
            tail=report,
        )


class CondaPackageMismatch(BuildError):
    """A package whose content does not match its channel's metadata or a lock.

    ``lock`` is the lock file.
    """

    def __init__(self, file: str, expected: str, got: str, lock: str) -> None:
        super().__init__(
            f"The package {file} is not what {lock or 'its channel'} says",
            f"Expected {expected}\nFound    {got}\nThe package was changed after {'it was locked' if lock else 'the list was written'}, or damaged on its way.",
            "Build again: its download may have been damaged.",
            *(
                [f"If it was changed on purpose, lock again, and add {lock} anew."]
                if lock
                else ["If it is a mirror, renew the package and the lists there."]
            ),
            "If it should not have changed, ask who runs the channel before you go on.",
        )


class CondaPackageBroken(BuildError):
    """A package that can't be unpacked."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(
            f"The package {file} is damaged",
            f"It cannot be unpacked: {reason.rstrip('.')}.",
            "Build again: its download may have broken off.",
            "If it repeats, add the package to the channel anew; a mirror may have kept half a file.",
        )


class CondaPackageGone(BuildError):
    """A package that a channel or a lock lists, but that does not exist."""

    def __init__(self, file: str, channel: str) -> None:
        super().__init__(
            f"The package {file} is not in its channel any more",
            f"Asked: {channel}",
            "If a lock names it, lock again: channels withdraw packages that turn out to be wrong.",
            "If it is a mirror, renew the mirror.",
        )


class CondaFailed(BuildError):
    """An unknown failure while installing conda packages."""

    def __init__(self, kind: str, tail: Sequence[str]) -> None:
        super().__init__(
            "Conda's packages cannot be installed",
            f"rattler, which installs them, ended with {kind}.",
            "The last lines often name the package: try the build without it, or with another version.",
            tail=tail,
        )


class CondaPipMissing(BuildError):
    """An environment without pip, and with a Python that uv does not support."""

    def __init__(self, python: str, name: str) -> None:
        super().__init__(
            f"The environment has no pip for Python {python}",
            "The wrapper is installed by it: conda has no package of the wrapper.",
            f"Add `- pip` to the dependencies of {name}; where it is a lock, lock again and add it anew.",
        )


class CondaPipFailed(BuildError):
    """A failure of the environment's own pip."""

    def __init__(self, python: str, tail: Sequence[str]) -> None:
        super().__init__(
            "Installing pip's half of the environment failed",
            f"The environment's own pip (Python {python}) was to install the section `pip:` and the wrapper.",
            "The last lines say what is missing. An index is named as for requirements.txt: PIP_INDEX_URL, or a binding of the type pypi.",
            tail=tail,
        )


class CondaWrapperBroken(BuildError):
    """A complete environment in which the wrapper does not serve."""

    def __init__(self, version: str, replaced: Sequence[str], tail: Sequence[str]) -> None:
        listed = "".join(f"\n  {one}" for one in replaced)
        super().__init__(
            "The wrapper does not serve in this environment",
            f"seldon-core {version} was started in it, and that failed."
            + (
                f"\nPip's half has other versions of what conda's packages were built for:{listed}"
                if replaced
                else ""
            ),
            "The last lines name what does not fit: ask for another version of it, in the half that it comes from.",
            tail=tail,
        )
