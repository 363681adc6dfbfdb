"""Errors about seldon-core: its version, its pin set, and conflicts with the requirements."""

from collections.abc import Sequence

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.packages import _asked
from seldon_buildpack.messages.errors.requirements import Conflict
from seldon_buildpack.messages.errors.settings import _set
from seldon_buildpack.names import requirement_name


class WrapperConflict(Conflict):
    """A conflict between the user's requirements and the wrapper's.

    ``package`` is the one without a version that satisfies both, ``wants`` lists who requires which
    version, and ``suits`` is the wrapper's requirement. ``pinned`` is the user's requirement that
    causes the conflict. All are empty if uv's output, in ``tail``, does not show them. ``lock`` is
    the lock file that the requirements were read from, if any.
    """

    def __init__(
        self,
        wrapper: str,
        package: str,
        wants: Sequence[str],
        suits: str,
        pinned: str,
        tail: Sequence[str],
        lock: str = "",
    ) -> None:
        both = "".join(f"\n  {want}" for want in wants)
        who = (
            f"No version of {package} suits both:{both}"
            if wants
            else "Who asks for what stands below."
        )
        direct = pinned.startswith(package) and bool(package)
        self.asks = pinned
        super().__init__(
            f"Your requirements and those of seldon-core {wrapper} exclude each other",
            f"{who}\nThe wrapper serves your model in the same Python, so one version of each package must suit both.",
            "Leave BP_SELDON_PINS and BP_SELDON_CORE_VERSION out: seldon-core 1.17.1 is locked on current dependencies too, and what suits is taken.",
            *(
                _lock_together(wrapper, package, lock)
                if lock
                else _loosen(package, suits, pinned, direct, bool(wants))
            ),
            tail=() if wants else tail,
        )


def _loosen(package: str, suits: str, pinned: str, direct: bool, known: bool) -> list[str]:
    if not known:
        return ["Loosen your pins: a version that suits both is then chosen."]
    if not direct:
        return [
            f"Ask for a release of {requirement_name(pinned)} that works with {suits}; without a version the newest that does is chosen."
        ]
    return [
        f"Ask for {suits} instead of {pinned}, or leave {package} out: a version that suits is then chosen.",
        f"If another of your packages needs the newer {package}, take a release of that package from before it did.",
    ]


def _lock_together(wrapper: str, package: str, lock: str) -> list[str]:
    both = f"'seldon-core=={wrapper}' 'setuptools<82'"
    how = {
        "uv.lock": f"Lock together with the wrapper; what only the group dev asks for is not installed:\nuv add --dev {both}",
        "pylock.toml": f"Lock together with the wrapper. With pip, where requirements.in lists what the model needs:\npip lock -r requirements.in {both}",
    }
    return [
        how[lock],
        f"Where no lock suits both, the locking tool says which package needs another {package or 'version'}: take an older release of it.",
    ]


class WrapperUnknown(BuildError):
    """A BP_SELDON_CORE_VERSION that does not exist or that the indexes don't have."""

    def __init__(self, version: str, asked: Sequence[str] = (), no_index: bool = False) -> None:
        super().__init__(
            f"There is no seldon-core {version}",
            f"BP_SELDON_CORE_VERSION names the release of the wrapper to serve with. Asked: {_asked(asked, no_index)}.",
            "Leave it out: 1.17.1 is the newest under Apache-2.0, and the buildpack carries it.",
            "Name a release that exists, such as 1.18.2 (licence BSL 1.1).",
        )


class WrapperVersionInvalid(BuildError):
    """A BP_SELDON_CORE_VERSION that is not a version."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"BP_SELDON_CORE_VERSION={version} is not a version",
            "It names the release of the wrapper to serve with, such as 1.17.1.",
            "Leave it out: 1.17.1 is the newest under Apache-2.0, and the buildpack carries it.",
            _set("BP_SELDON_CORE_VERSION", "1.18.2") + " Its licence is BSL 1.1.",
        )


class WrapperBroken(BuildError):
    """A wrapper that does not serve with the installed packages.

    ``unmet`` lists what the wrapper requires, and what is installed instead.
    """

    def __init__(self, unmet: Sequence[str], tail: Sequence[str]) -> None:
        listed = "".join(f"\n  {one}" for one in unmet)
        super().__init__(
            "The wrapper does not serve with the versions your requirements ask for",
            (
                f"seldon-core asks for other versions:{listed}"
                if unmet
                else "They replace versions that seldon-core was released with."
            )
            + "\nIt was started with yours, and that failed.",
            *(
                [
                    f"Ask for {one.partition(', not ')[0]}, or for releases of your packages that work with it."
                    for one in unmet
                ]
            ),
            *([] if unmet else ["Leave out the pin that the last lines point at."]),
            tail=tail,
        )


class PinsUnknown(BuildError):
    """A BP_SELDON_PINS that is none of the three valid values."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"BP_SELDON_PINS={value} is not known",
            "It chooses the versions of what the wrapper needs: auto (by your requirements), upstream (what seldon-core itself allows) or\n"
            "current (the same wrapper on current dependencies).",
            _set("BP_SELDON_PINS", "auto"),
        )


class PinsNotLocked(BuildError):
    """A pin set that doesn't exist for the wrapper's release or this Python.

    ``others`` are the pin sets that do.
    """

    def __init__(self, pins: str, version: str, python: str, others: Sequence[str]) -> None:
        instead = (
            f"For Python {python} there is {' and '.join(others)}."
            if others
            else "There are sets of pins for seldon-core 1.17.1 only."
        )
        super().__init__(
            f"BP_SELDON_PINS={pins}: there is no such set for seldon-core {version} on Python {python}",
            f"{instead} docs/wrapper.md lists what there is.",
            "Leave BP_SELDON_PINS out: what there is, is then chosen.",
        )
