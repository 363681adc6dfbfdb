"""Errors about conda channels."""

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.settings import _set


class ChannelVariableUnset(BuildError):
    """A channel URL with a variable that is not set."""

    def __init__(self, name: str, number: int, variable: str) -> None:
        super().__init__(
            f"Line {number} of {name} uses {variable}, which is not set",
            "The channel's address is not complete without it.",
            _set(variable, "..."),
            "If it is a password or a token, put it into a binding of the type conda, and leave it out of the address.",
        )


class ChannelFolderMissing(BuildError):
    """A channel folder that does not exist; ``source`` says where it was set."""

    def __init__(self, channel: str, source: str) -> None:
        super().__init__(
            f"The channel {channel} is not there",
            f"It is a folder, and comes {source}. A relative one starts at the source's top.",
            "Add the folder, or correct its name.",
            "If it is left out by an ignore file (.gitignore in a git build), let it through; if it lies elsewhere, mount it: --volume $PWD/channel:/channel.",
        )


class ChannelFolderNotIndexed(BuildError):
    """A channel folder without a package list."""

    def __init__(self, channel: str, source: str) -> None:
        super().__init__(
            f"The folder {channel} is not a channel",
            f"It comes {source}, and has neither linux-64/repodata.json nor noarch/repodata.json, which list a channel's packages.",
            "Put the packages into the folders linux-64 and noarch in it, and write the lists: `rattler-index fs FOLDER`, or `python -m conda_index FOLDER`.",
            "If its top is another folder, name that one.",
        )


class ChannelAliasInvalid(BuildError):
    """A channel alias, the base URL of channel names, that is not a URL.

    ``variable`` is the variable that sets it, or empty.
    """

    def __init__(self, source: str, variable: str) -> None:
        super().__init__(
            "The address that names of channels are looked up below is not a URL",
            f"It comes from {source}.",
            _set(variable, "https://conda.example.com")
            if variable
            else "Write channel_alias with its scheme: https://conda.example.com.",
        )


class ChannelUnreachable(BuildError):
    """A channel that does not respond; ``source`` says where it was set."""

    def __init__(self, channel: str, reason: str, source: str) -> None:
        super().__init__(
            f"The channel {channel} cannot be reached",
            f"Connecting failed: {reason}." + (f" The channel comes {source}." if source else ""),
            "In a network of your own, name a mirror: BP_CONDA_CHANNELS (in the place of the file's channels), or BP_CONDA_CHANNEL_ALIAS (for all names).",
            "Behind a proxy, give it to the build: --env HTTPS_PROXY=...",
            "Without any network, bring the packages as a channel in a folder: BP_CONDA_CHANNELS=./channel, or one that is mounted.",
        )


class ChannelUnknown(BuildError):
    """A URL without a channel; ``source`` says where it was set."""

    def __init__(self, channel: str, source: str) -> None:
        super().__init__(
            f"There is no channel at {channel}",
            "A channel has a list of its packages at noarch/repodata.json, and there is none."
            + (f" It comes {source}." if source else ""),
            "Check the spelling. What a mirror calls conda-forge or main may lie below another path.",
            "If the server wants a user or token, some answer so without one: give it by a binding of the type conda (docs/conda.md).",
        )


class ChannelRefused(BuildError):
    """A channel that responds with 401, 403 or 407.

    ``source`` says where the login comes from; it is empty if there was none.
    """

    def __init__(self, channel: str, status: int, source: str) -> None:
        super().__init__(
            f"The channel {channel} refused access ({status})",
            f"What {source} gives for it was refused."
            if source
            else "There is no token, and no user and password for it.",
            *(
                [
                    f"Check what {source} says.",
                    "If it is right, ask the channel's administrator what the account may read.",
                ]
                if source
                else [
                    "Give it by a binding of the type conda, with the entries uri and token, or uri, username and password (docs/conda.md).",
                    "Ask the channel's administrator for an account that may read it.",
                ]
            ),
        )


class ChannelFails(BuildError):
    """A channel that responds with a server error (5xx)."""

    def __init__(self, channel: str, status: str) -> None:
        super().__init__(
            f"The channel {channel} fails",
            f"It answered {status}, each time it was tried.",
            "Build again later: the fault lies with the channel.",
            "Name another one: BP_CONDA_CHANNELS.",
        )


class ChannelNotTrusted(BuildError):
    """A rejected TLS certificate of a channel.

    ``signer`` is set if it is not signed by a trusted CA certificate.
    """

    def __init__(self, channel: str, reason: str, signer: bool) -> None:
        super().__init__(
            f"The TLS certificate of the channel {channel} is not trusted",
            f"Verifying it failed: {reason}.",
            *(
                [
                    "Give the build your authority's certificate: a binding of the type ca-certificates, or the entry certificates of the binding conda.",
                    "Make a builder that trusts it: add it to the store of the machine that makes the builder, and run make builder.",
                ]
                if signer
                else [
                    "Give the server a certificate that is valid for its name, now, and signed by an authority."
                ]
            ),
        )


class ChannelGarbled(BuildError):
    """A channel whose package list can't be parsed."""

    def __init__(self, channel: str, reason: str) -> None:
        super().__init__(
            f"The channel {channel} does not send a list of packages",
            f"What it sends cannot be read: {reason.rstrip('.')}. A proxy or a page to log in may answer in its place.",
            "Open the address with noarch/repodata.json behind it from where the build runs: JSON is expected there.",
            "If it is a mirror, renew its lists there.",
        )
