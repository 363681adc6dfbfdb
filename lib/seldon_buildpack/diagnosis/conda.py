"""Named errors for failures to solve or install conda packages, from rattler's messages."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from seldon_buildpack.commands.rattler import Failed, Rattler, Unsolved
from seldon_buildpack.manifests.conda import match_spec
from seldon_buildpack.manifests.conda.exported_on import exported_on
from seldon_buildpack.manifests.conda.match_spec import MatchSpec
from seldon_buildpack.manifests.conda.types import CondaEnvironment, Spec
from seldon_buildpack.masking import without_credentials
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.conda_channels import (
    ChannelFails,
    ChannelGarbled,
    ChannelNotTrusted,
    ChannelRefused,
    ChannelUnknown,
    ChannelUnreachable,
)
from seldon_buildpack.messages.errors.conda_files import SpecInvalid
from seldon_buildpack.messages.errors.conda_packages import (
    CondaAgainstWrapper,
    CondaFailed,
    CondaPackageBroken,
    CondaPackageGone,
    CondaPackageMismatch,
    CondaPackageUnknown,
    CondaUnsolvable,
)
from seldon_buildpack.messages.errors.internal import DiskFull
from seldon_buildpack.package_sources.conda_channels import Channels
from seldon_buildpack.package_sources.network_errors import plainly
from seldon_buildpack.wrapper.conda_constraints import Attempt

_TAIL = 8
_URL = r"((?:https?|file)://[^\s'`)]+)"
_MOST_LINES = 24


def explain_failure(error: Failed, rattler: Rattler, environment: CondaEnvironment) -> BuildError:
    """Return the named error for a failure of rattler."""
    message = str(error)
    if "os error 28" in message or "No space left on device" in message:
        return DiskFull("conda's packages")
    if error.spec is not None and error.spec < len(environment.specs):
        spec = environment.specs[error.spec]
        return SpecInvalid(environment.path.name, spec.line, spec.text, message.splitlines()[0], "")
    if mismatch := re.search(
        rf"hash mismatch when extracting {_URL}.*expected ([0-9a-f]+), got ([0-9a-f]+)", message
    ):
        return CondaPackageMismatch(
            _file(mismatch[1]),
            mismatch[2],
            mismatch[3],
            environment.path.name if environment.locked else "",
        )
    package = re.search(r"failed to fetch (\S+)", message)
    if response := re.search(
        rf"HTTP status \w+ error \((\d+) ([^)]*)\) for url \({_URL}\)", message
    ):
        return _status(
            int(response[1]), response[2], response[3], package[1] if package else "", rattler
        )
    if subdir := re.search(rf"could not find subdir '[^']+' in channel '{_URL}'", message):
        return ChannelUnknown(
            _printable(subdir[1]), rattler.channels.source_of(_printable(subdir[1])).describe_from()
        )
    if request := re.search(rf"error sending request for url \({_URL}\)", message):
        return _connection(request[1], message, rattler)
    if re.search(r"failed to (?:decode|parse|deserialize) ", message):
        url = re.search(_URL, message)
        where = (
            _channel(url[1], rattler)
            if url
            else ", ".join(
                channel for channel in rattler.channels.urls if not channel.startswith("file:")
            )
        )
        return ChannelGarbled(where, message.splitlines()[-1].removeprefix("Caused by: "))
    if package:
        return CondaPackageBroken(package[1], message.splitlines()[-1].removeprefix("Caused by: "))
    return CondaFailed(error.kind, message.splitlines()[-_TAIL:])


def explain_unsolved(
    error: Unsolved, environment: CondaEnvironment, channels: Channels
) -> BuildError:
    """Return the named error for an environment that has no solution by itself."""
    name = environment.path.name
    origin = exported_on(environment)
    searched = [channel.name for channel in channels.channels]
    if error.missing:
        specs = {package: _find_spec(package, environment) for package in error.missing}
        missing = [
            (package, spec.line if (spec := specs[package]) else 0, near)
            for package, near in error.missing.items()
        ]
        return CondaPackageUnknown(name, missing, searched, origin)
    report = describe_report(str(error))
    available = {spec.rpartition("::")[2]: versions for spec, versions in error.versions.items()}
    virtual = next(
        (
            package
            for package in ("__cuda", "__glibc", "__win", "__osx")
            if re.search(rf"\b{package}\b", report)
        ),
        "",
    )
    return CondaUnsolvable(name, report.splitlines(), virtual, origin, available)


def explain_wrapper_conflict(
    error: Unsolved, environment: CondaEnvironment, attempts: Sequence[Attempt]
) -> BuildError:
    """Return the named error for an environment that can be solved, but not with the wrapper.

    It describes the last attempt with the first release that was tried. A user should not have to
    change the environment for an older release, which may be for a Python that nobody asked for.
    """
    attempt, report = [
        pair
        for pair in zip(attempts, error.said, strict=True)
        if pair[0].version == attempts[0].version
    ][-1]
    refused = re.findall(r"the constraint (.+?) cannot be fulfilled", report)
    wanted = list(dict.fromkeys(refused)) or [
        constraint for constraint in attempt.constraints if constraint.startswith("python ")
    ]
    specs = {want: _find_spec(want.split()[0], environment) for want in wanted}
    who = [
        (want, spec.line if spec else 0, spec.text if spec else "") for want, spec in specs.items()
    ]
    return CondaAgainstWrapper(
        environment.path.name, attempt.version, who, describe_report(report).splitlines()
    )


def describe_report(report: str) -> str:
    """Return the solver's report in plain words, cut after the first lines if it is long."""
    text = report.removeprefix("Cannot solve the request because of: ")
    text = re.sub(r"(?<!\S)(\S+) \* ", r"\1 ", text)
    # The solver also reports a package as not found if another of the user's specs excludes it.
    text = re.sub(
        r"(python [^,\n]*(?:,[^,\n]+)?), for which no candidates were found\.",
        r"\1, which is not the required Python, or does not exist",
        text,
    )
    text = re.sub(
        r"(__\w+(?: [^,\n*]+(?:,[^,\n]+)?)?)(?: \*)?, for which no candidates were found\.",
        r"\1, which the image does not have",
        text,
    )
    text = text.replace(", for which no candidates were found.", ", which no channel has")
    lines = [line for line in text.splitlines() if line.strip()]
    more = [f"... and {len(lines) - _MOST_LINES} more lines"] if len(lines) > _MOST_LINES else []
    return "\n".join(lines[:_MOST_LINES] + more)


def _find_spec(name: str, environment: CondaEnvironment) -> Spec | None:
    """Return the dependency in the file that requires the package directly."""
    return next(
        (
            spec
            for spec in environment.specs
            if isinstance(parsed := match_spec.parse(spec.text), MatchSpec) and parsed.name == name
        ),
        None,
    )


def _status(status: int, words: str, url: str, package: str, rattler: Rattler) -> BuildError:
    channel = _channel(url, rattler)
    if status in (401, 403, 407):
        credential = rattler.channels.credential_of(without_credentials(url))
        return ChannelRefused(channel, status, credential.source.describe() if credential else "")
    if status >= 500:
        return ChannelFails(channel, f"{status} ({words})")
    if package:
        return CondaPackageGone(package, channel)
    return ChannelUnknown(channel, rattler.channels.source_of(channel).describe_from())


def _connection(url: str, message: str, rattler: Rattler) -> BuildError:
    channel = _channel(url, rattler)
    last = message.splitlines()[-1].removeprefix("Caused by: ")
    if re.search(r"certificate|TLS|tls|HandshakeFailure|UnknownIssuer", message):
        return ChannelNotTrusted(
            channel,
            _certificate(last),
            signer="UnknownIssuer" in message or "CaUsedAsEndEntity" in message,
        )
    host = urlsplit(channel).netloc
    return ChannelUnreachable(
        channel,
        plainly(last, host) or last.rstrip("."),
        rattler.channels.source_of(channel).describe_from(),
    )


def _certificate(words: str) -> str:
    """Return a TLS error of rustls in plain words."""
    for name, plain in (
        ("UnknownIssuer", "it is not signed by a CA certificate that the build trusts"),
        ("CaUsedAsEndEntity", "it is a self-signed CA certificate, which a server cannot use"),
        ("Expired", "it is no longer valid"),
        ("NotValidYet", "it is not valid yet"),
        ("NotValidForName", "it is for another name"),
    ):
        if name in words:
            return plain
    return words.rstrip(".")


def _channel(url: str, rattler: Rattler) -> str:
    """Return the channel that a URL belongs to."""
    public = without_credentials(url)
    return next(
        (url for url in rattler.channels.urls if public.startswith(url.rstrip("/") + "/")), public
    )


def _printable(url: str) -> str:
    return without_credentials(url).rstrip("/")


def _file(url: str) -> str:
    return without_credentials(url).rpartition("/")[2]
