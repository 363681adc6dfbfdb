"""Errors about conda channels."""

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.settings import _set


class ChannelVariableUnset(BuildError):
    """A channel URL with a variable that is not set."""

    def __init__(self, name: str, number: int, variable: str) -> None:
        super().__init__(
            f"Line {number} of `{name}` uses `{variable}`, which is not set",
            "The channel's URL is incomplete without it.",
            _set(variable, "..."),
            "If it is a password or a token, put it into a binding of type conda, and remove it from the URL.",
        )


class ChannelFolderMissing(BuildError):
    """A channel folder that does not exist; ``source`` says where it was set."""

    def __init__(self, channel: str, source: str) -> None:
        super().__init__(
            f"The channel `{channel}` does not exist",
            f"It is a folder, and comes {source}. Relative paths start at the root of the source.",
            "Add the folder, or correct its name.",
            "If an ignore file excludes it (.gitignore in a git build), change that file. If it is elsewhere, mount it: --volume $PWD/channel:/channel.",
        )


class ChannelFolderNotIndexed(BuildError):
    """A channel folder without a package list."""

    def __init__(self, channel: str, source: str) -> None:
        super().__init__(
            f"The folder `{channel}` is not a channel",
            f"It comes {source}, and has neither linux-64/repodata.json nor noarch/repodata.json, which list a channel's packages.",
            "Put the packages into its folders linux-64 and noarch, and create the lists: `rattler-index fs FOLDER`, or `python -m conda_index FOLDER`.",
            "If the channel's root is another folder, use that one.",
        )


class ChannelAliasInvalid(BuildError):
    """A channel alias, the base URL of channel names, that is not a URL.

    ``variable`` is the variable that sets it, or empty.
    """

    def __init__(self, source: str, variable: str) -> None:
        super().__init__(
            "The base URL of channel names is not a URL",
            f"It comes from {source}.",
            _set(variable, "https://conda.example.com")
            if variable
            else "Write channel_alias with its scheme: https://conda.example.com.",
        )


class ChannelUnreachable(BuildError):
    """A channel that does not respond; ``source`` says where it was set."""

    def __init__(self, channel: str, reason: str, source: str) -> None:
        super().__init__(
            f"The channel `{channel}` cannot be reached",
            f"Connecting failed: {reason}." + (f" The channel comes {source}." if source else ""),
            "In a closed network, use a mirror: BP_CONDA_CHANNELS (instead of the file's channels), or BP_CONDA_CHANNEL_ALIAS (for all names).",
            "If you use a proxy, pass it to the build: --env HTTPS_PROXY=...",
            "Without a network, provide the packages as a channel in a folder of the source (BP_CONDA_CHANNELS=./channel) or in a mounted folder.",
        )


class ChannelUnknown(BuildError):
    """A URL without a channel; ``source`` says where it was set."""

    def __init__(self, channel: str, source: str) -> None:
        super().__init__(
            f"There is no channel at `{channel}`",
            "A channel lists its packages in noarch/repodata.json, which was not found."
            + (f" It comes {source}." if source else ""),
            "Check the spelling. A mirror may serve conda-forge or main under another path.",
            "If the server needs a user or token, it may respond like this without one: provide it in a binding of type conda (docs/conda.md).",
        )


class ChannelRefused(BuildError):
    """A channel that responds with 401, 403 or 407.

    ``source`` says where the login comes from; it is empty if there was none.
    """

    def __init__(self, channel: str, status: int, source: str) -> None:
        super().__init__(
            f"The channel `{channel}` denied access ({status})",
            f"It rejected the credentials from {source}."
            if source
            else "There is no token, and no user and password, for it.",
            *(
                [
                    f"Check the credentials in {source}.",
                    "If they are right, ask the channel's administrator what the account may read.",
                ]
                if source
                else [
                    "Provide one in a binding of type conda, with the entries uri and token, or uri, username and password (docs/conda.md).",
                    "Ask the channel's administrator for an account that may read it.",
                ]
            ),
        )


class ChannelFails(BuildError):
    """A channel that responds with a server error (5xx)."""

    def __init__(self, channel: str, status: str) -> None:
        super().__init__(
            f"The channel `{channel}` fails",
            f"It responded with {status} on every attempt.",
            "Build again later: the problem is on the channel's side.",
            "Use another channel: BP_CONDA_CHANNELS.",
        )


class ChannelNotTrusted(BuildError):
    """A rejected TLS certificate of a channel.

    ``signer`` is set if it is not signed by a trusted CA certificate.
    """

    def __init__(self, channel: str, reason: str, signer: bool) -> None:
        super().__init__(
            f"The TLS certificate of the channel `{channel}` is not trusted",
            f"Verifying it failed: {reason}.",
            *(
                [
                    "Add your CA certificate to the build: with a binding of type ca-certificates, or as the entry certificates of the binding of type conda.",
                    "Create a builder that trusts it: add the CA certificate to the trust store of the machine that creates the builder, and run make builder.",
                ]
                if signer
                else [
                    "Install a certificate on the server that is valid for its name, has not expired, and is signed by a CA certificate."
                ]
            ),
        )


class ChannelGarbled(BuildError):
    """A channel whose package list can't be parsed."""

    def __init__(self, channel: str, reason: str) -> None:
        super().__init__(
            f"The channel `{channel}` does not send a list of packages",
            f"Its response cannot be parsed: {reason.rstrip('.')}. A proxy or a login page may respond instead.",
            "Open the URL followed by /noarch/repodata.json from where the build runs: it should return JSON.",
            "If it is a mirror, refresh its package lists.",
        )
