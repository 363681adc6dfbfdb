"""Errors about seldon-core: its version, its pin set, and conflicts with the requirements."""

from collections.abc import Sequence

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.packages import _searched
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
            f"No version of {package} satisfies both:{both}"
            if wants
            else "The output below shows the conflict."
        )
        direct = pinned.startswith(package) and bool(package)
        self.asks = pinned
        super().__init__(
            f"Your requirements conflict with seldon-core {wrapper}",
            f"{who}\nThe wrapper serves your model in the same Python environment, so both must accept the same version of each package.",
            "Unset BP_SELDON_PINS and BP_SELDON_CORE_VERSION, so that the build can choose wrapper dependencies that match your requirements.",
            *(
                _lock_together(wrapper, package, lock)
                if lock
                else _loosen(package, suits, pinned, direct, bool(wants))
            ),
            tail=() if wants else tail,
        )


def _loosen(package: str, suits: str, pinned: str, direct: bool, known: bool) -> list[str]:
    if not known:
        return ["Loosen your pins, so that the build can choose a version that satisfies both."]
    if not direct:
        return [
            f"Require a release of {requirement_name(pinned)} that works with {suits}. Without a version, the newest such release is installed."
        ]
    return [
        f"Require {suits} instead of {pinned}, or remove {package} to let the build choose a version.",
        f"If another of your packages needs the newer {package}, require an older release of that package.",
    ]


def _lock_together(wrapper: str, package: str, lock: str) -> list[str]:
    both = f"'seldon-core=={wrapper}' 'setuptools<82'"
    how = {
        "uv.lock": f"Lock your project together with the wrapper. The build does not install what only the dev group requires:\nuv add --dev {both}",
        "pylock.toml": f"Lock your requirements together with the wrapper. With pip, if requirements.in lists the model's packages:\npip lock -r requirements.in {both}",
    }
    return [
        how[lock],
        f"If no lock satisfies both, the locking tool names the package that needs another {package or 'version'}: require an older release of it.",
    ]


class WrapperUnknown(BuildError):
    """A BP_SELDON_CORE_VERSION that does not exist or that the indexes don't have."""

    def __init__(self, version: str, asked: Sequence[str] = (), no_index: bool = False) -> None:
        super().__init__(
            f"seldon-core `{version}` was not found",
            f"BP_SELDON_CORE_VERSION sets the wrapper's release. Searched: {_searched(asked, no_index)}.",
            "Unset it: the buildpack includes 1.17.1, the newest release under Apache-2.0.",
            "Set it to a release that exists, such as 1.18.2 (licence BSL 1.1).",
        )


class WrapperTooOld(BuildError):
    """A release from before the wrapper served both REST and gRPC."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"seldon-core `{version}` is too old",
            f"Releases before 1.5 start only one API, REST or gRPC. This buildpack serves both, so it needs seldon-core 1.5 or newer.\n"
            f"Your requirements or BP_SELDON_CORE_VERSION require {version}.",
            "Require seldon-core==1.5.1 instead, on Python 3.8 (BP_PYTHON_VERSION=3.8). It works with packages of that time, such as Flask 1.1.",
            "Remove seldon-core from your requirements, together with what was pinned for it (Flask, Werkzeug, Jinja2, itsdangerous, MarkupSafe,\n"
            "protobuf, grpcio, gunicorn): the build then installs seldon-core 1.17.1 with its dependencies.",
        )


class WrapperVersionInvalid(BuildError):
    """A BP_SELDON_CORE_VERSION that is not a version."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"`BP_SELDON_CORE_VERSION={version}` is not a version",
            "It sets the wrapper's release, such as 1.17.1.",
            "Unset it: the buildpack includes 1.17.1, the newest release under Apache-2.0.",
            _set("BP_SELDON_CORE_VERSION", "1.18.2") + " Its licence is BSL 1.1.",
        )


class WrapperBroken(BuildError):
    """A wrapper that does not serve with the installed packages.

    ``unmet`` lists what the wrapper requires, and what is installed instead.
    """

    def __init__(self, unmet: Sequence[str], tail: Sequence[str]) -> None:
        listed = "".join(f"\n  {one}" for one in unmet)
        super().__init__(
            "The wrapper does not work with the versions that you require",
            (
                f"seldon-core requires other versions:{listed}"
                if unmet
                else "They replace versions that seldon-core was released with."
            )
            + "\nThe build started it with your versions, and that failed.",
            *(
                [
                    f"Require {one.partition(', not ')[0]}, or releases of your packages that work with it."
                    for one in unmet
                ]
            ),
            *([] if unmet else ["Remove the pin that the output below points to."]),
            tail=tail,
        )


class PinsUnknown(BuildError):
    """A BP_SELDON_PINS that is none of the three valid values."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"`BP_SELDON_PINS={value}` is not valid",
            "It selects the versions of the wrapper's dependencies: auto (to match your requirements), upstream (the versions that seldon-core allows) or\n"
            "current (the same wrapper with current dependencies).",
            _set("BP_SELDON_PINS", "auto"),
        )


class PinsNotLocked(BuildError):
    """A pin set that doesn't exist for the wrapper's release or this Python.

    ``others`` are the pin sets that do.
    """

    def __init__(self, pins: str, version: str, python: str, others: Sequence[str]) -> None:
        instead = (
            f"Available for Python {python}: {', '.join(others)}."
            if others
            else "Pin sets exist for seldon-core 1.17.1 only."
        )
        super().__init__(
            f"`BP_SELDON_PINS={pins}` is not available for seldon-core {version} on Python {python}",
            f"{instead} See docs/wrapper.md.",
            "Unset BP_SELDON_PINS, so that the build can choose.",
        )
