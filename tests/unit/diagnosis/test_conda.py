"""rattler's words, as py-rattler 0.28.0 printed them, and the error that is made of each."""

from pathlib import Path

import pytest

from seldon_buildpack import origin
from seldon_buildpack.commands.rattler import Failed, Rattler, Unsolved
from seldon_buildpack.diagnosis import conda
from seldon_buildpack.manifests.conda.types import CondaEnvironment, Spec
from seldon_buildpack.masking import Secret
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.conda_packages import CondaFailed, CondaPackageMismatch
from seldon_buildpack.messages.errors.internal import DiskFull
from seldon_buildpack.package_sources.conda_channels import Channel, Channels
from seldon_buildpack.package_sources.conda_credentials import ChannelCredential
from seldon_buildpack.wrapper.conda_constraints import Attempt

FORGE = "http://127.0.0.1:1/forge"
LOGIN = ChannelCredential(url=FORGE, source=origin.binding("corp"), token=Secret("t0k3n"))
ENVIRONMENT = CondaEnvironment(
    path=Path("/app/environment.yml"),
    kind="environment",
    specs=(Spec("python=3.12", 4), Spec("forge::numpy>=2", 5)),
)
LOCK = CondaEnvironment(path=Path("/app/conda-lock.yml"), kind="conda-lock")


def rattler(*credentials: ChannelCredential, url: str = FORGE) -> Rattler:
    channels = Channels(
        channels=(
            Channel(url, "forge", origin.file("environment.yml")),
            Channel("file:///x", "./x", origin.variable("BP_CONDA_CHANNELS")),
        ),
        credentials=credentials,
    )
    return Rattler(channels=channels, env={}, libraries=Path("/libs"), scratch=Path("/scratch"))


def failed(
    said: str,
    *credentials: ChannelCredential,
    kind: str = "GatewayError",
    of: CondaEnvironment = ENVIRONMENT,
    url: str = FORGE,
) -> BuildError:
    return conda.explain_failure(Failed(kind, said), rattler(*credentials, url=url), of)


def told(error: BuildError) -> tuple[str, str, str]:
    return type(error).__name__, error.title, error.cause


def test_refused_login_is_named_with_its_origin() -> None:
    said = f"HTTP status client error (401 Unauthorized) for url ({FORGE}/linux-64/repodata_shards.msgpack.zst)"
    assert told(failed(said)) == (
        "ChannelRefused",
        f"The channel `{FORGE}` denied access (401)",
        "There is no token, and no user and password, for it.",
    )
    assert told(failed(said.replace("401 Unauthorized", "403 Forbidden"), LOGIN)) == (
        "ChannelRefused",
        f"The channel `{FORGE}` denied access (403)",
        "It rejected the credentials from the binding corp.",
    )


@pytest.mark.parametrize("secret", ["bob:s3cr3t@127.0.0.1:1/forge", "127.0.0.1:1/t/s3cr3t/forge"])
def test_the_login_in_an_address_is_neither_shown_nor_in_the_way(secret: str) -> None:
    said = f"HTTP status client error (401 Unauthorized) for url (http://{secret}/linux-64/repodata_shards.msgpack.zst)"
    error = failed(said, LOGIN)
    assert told(error)[1:] == (
        f"The channel `{FORGE}` denied access (401)",
        "It rejected the credentials from the binding corp.",
    )
    assert "s3cr3t" not in "\n".join(error.lines())


def test_a_channel_that_is_not_there_is_named_with_who_names_it() -> None:
    said = "could not find subdir 'noarch' in channel 'file:///x/'\nCaused by: failed to open file /x/noarch/repodata.json"
    assert told(failed(said)) == (
        "ChannelUnknown",
        "There is no channel at `file:///x`",
        "A channel lists its packages in noarch/repodata.json, which was not found. It comes from BP_CONDA_CHANNELS.",
    )
    said = f"HTTP status client error (404 Not Found) for url ({FORGE}/noarch/repodata.json)"
    assert told(failed(said))[:2] == ("ChannelUnknown", f"There is no channel at `{FORGE}`")


def test_a_channel_that_fails_is_not_the_users_fault() -> None:
    said = (
        f"HTTP status server error (503 Service Unavailable) for url ({FORGE}/noarch/repodata.json)"
    )
    assert told(failed(said)) == (
        "ChannelFails",
        f"The channel `{FORGE}` fails",
        "It responded with 503 (Service Unavailable) on every attempt.",
    )


@pytest.mark.parametrize(
    ("of_rustls", "reason", "by_authority"),
    [
        (
            "Other(OtherError(CaUsedAsEndEntity))",
            "it is a self-signed CA certificate, which a server cannot use",
            True,
        ),
        ("UnknownIssuer", "it is not signed by a CA certificate that the build trusts", True),
        ("Expired", "it is no longer valid", False),
        ("NotValidForName", "it is for another name", False),
    ],
)
def test_a_certificate_that_is_refused_is_said_in_words(
    of_rustls: str, reason: str, by_authority: bool
) -> None:
    said = (
        "Request failed after 2 retries\nCaused by: error sending request for url (https://h/forge/noarch/repodata.json)\n"
        f"Caused by: client error (Connect)\nCaused by: invalid peer certificate: {of_rustls}"
    )
    error = failed(said, url="https://h/forge")
    assert told(error) == (
        "ChannelNotTrusted",
        "The TLS certificate of the channel `https://h/forge` is not trusted",
        f"Verifying it failed: {reason}.",
    )
    assert ("ca-certificates" in error.fixes[0]) is by_authority


def test_unknown_host_and_silent_host_are_told_apart() -> None:
    start = f"Request failed after 2 retries\nCaused by: error sending request for url ({FORGE}/noarch/repodata.json)\nCaused by: client error (Connect)\n"
    unknown = start + (
        "Caused by: dns error\nCaused by: error resolving DNS\nCaused by: failed to lookup address information: Name or service not known"
    )
    away = start + "Caused by: tcp connect error\nCaused by: Connection refused (os error 111)"
    assert [told(failed(said))[:2] for said in (unknown, away)] == [
        ("ChannelUnreachable", f"The channel `{FORGE}` cannot be reached")
    ] * 2
    assert (
        failed(unknown).cause
        == "Connecting failed: the name 127.0.0.1:1 does not resolve. The channel comes from environment.yml."
    )
    assert (
        failed(away).cause
        == "Connecting failed: 127.0.0.1:1 refused the connection. The channel comes from environment.yml."
    )


MISMATCH = (
    "failed to fetch hello-conda-1.0-pyhd8ed1ab_0.conda\nCaused by: failed to interact with the package cache layer.\n"
    f"Caused by: hash mismatch when extracting {FORGE}/noarch/hello-conda-1.0-pyhd8ed1ab_0.conda to /tmp/x/pkgs: expected 00ab, got e9cd, total size 1936 bytes"
)


def test_changed_package_is_named_with_both_hashes() -> None:
    title = "The package `hello-conda-1.0-pyhd8ed1ab_0.conda` does not match {}"
    first, second = (
        failed(MISMATCH, kind="InstallerError"),
        failed(MISMATCH, kind="InstallerError", of=LOCK),
    )
    assert [type(first), type(second)] == [CondaPackageMismatch] * 2
    assert [first.title, second.title] == [
        title.format("its channel"),
        title.format("conda-lock.yml"),
    ]
    assert first.cause.splitlines()[:2] == ["Expected 00ab", "Found    e9cd"]


def test_what_is_no_list_of_packages_is_said_to_be_none() -> None:
    said = (
        f"failed to decode zstd shard from '{FORGE}/noarch/repodata_shards.msgpack.zst' (18 bytes received). "
        "The server may have returned invalid or truncated data.\nCaused by: Unknown frame descriptor"
    )
    assert told(failed(said)) == (
        "ChannelGarbled",
        f"The channel `{FORGE}` does not send a list of packages",
        "Its response cannot be parsed: Unknown frame descriptor. A proxy or a login page may respond instead.",
    )


def test_a_damaged_package_and_one_that_is_gone_are_named() -> None:
    start = (
        "failed to fetch x-1-0.conda\nCaused by: failed to interact with the package cache layer.\n"
    )
    damaged = failed(
        start + "Caused by: an io error occurred: Invalid checksum\nCaused by: Invalid checksum",
        kind="InstallerError",
    )
    assert told(damaged) == (
        "CondaPackageBroken",
        "The package `x-1-0.conda` is damaged",
        "It cannot be unpacked: Invalid checksum.",
    )
    gone = failed(
        start
        + f"Caused by: HTTP status client error (404 Not Found) for url ({FORGE}/noarch/x-1-0.conda)",
        kind="InstallerError",
    )
    assert told(gone) == (
        "CondaPackageGone",
        "The package `x-1-0.conda` is no longer in its channel",
        f"Searched: {FORGE}",
    )


@pytest.mark.parametrize(
    "words", ["No space left on device (os error 28)", "an io error occurred: os error 28"]
)
def test_a_full_disk_is_not_the_packages_fault(words: str) -> None:
    assert (
        type(failed(f"failed to fetch x-1-0.conda\nCaused by: {words}", kind="InstallerError"))
        is DiskFull
    )


def test_a_spec_that_only_rattler_refuses_is_named_with_its_line() -> None:
    said = "malformed version string '1..2': encountered more characters but expected none"
    error = conda.explain_failure(Failed("InvalidMatchSpecError", said, 1), rattler(), ENVIRONMENT)
    assert told(error) == (
        "SpecInvalid",
        "Line 5 of `environment.yml` is not a valid conda dependency",
        f"forge::numpy>=2\nIt cannot be parsed: {said}.",
    )


def test_what_is_not_known_is_shown_by_its_last_lines() -> None:
    error = failed("\n".join(f"line {number}" for number in range(20)), kind="LinkError")
    assert (type(error), error.cause) == (
        CondaFailed,
        "rattler, which installs them, failed with LinkError.",
    )
    assert error.tail == tuple(f"line {number}" for number in range(12, 20))


def unsolved(
    said: str, missing: dict[str, list[str]] | None = None, of: CondaEnvironment = ENVIRONMENT
) -> BuildError:
    return conda.explain_unsolved(Unsolved([said], missing or {}), of, rattler().channels)


def test_unknown_names_are_listed_with_lines_and_near_ones() -> None:
    error = unsolved("", {"numpy": ["numba", "numpydoc"], "pip": []})
    assert told(error) == (
        "CondaPackageUnknown",
        "`environment.yml` requires packages that no channel has",
        "numpy, line 5; similar: numba, numpydoc\npip\nSearched: forge, ./x.",
    )


@pytest.mark.parametrize(
    ("asked", "told_as", "fix"),
    [
        ("__cuda >=12", "__cuda >=12, which the image does not have", "BP_CONDA_OVERRIDE_CUDA"),
        (
            "__glibc >=2.99,<3",
            "__glibc >=2.99,<3, which the image does not have",
            "newer C library",
        ),
        ("__win *", "__win, which the image does not have", "only for Windows"),
        ("numpy >=9,<10", "numpy >=9,<10, which no channel has", "Loosen"),
    ],
)
def test_unmet_system_requirement_has_its_own_fix(asked: str, told_as: str, fix: str) -> None:
    said = (
        "Cannot solve the request because of: needs * cannot be installed because there are no viable options:\n"
        f"└─ needs 1.0 would require\n   └─ {asked}, for which no candidates were found.\n"
    )
    error = unsolved(said)
    assert error.title == "No set of packages satisfies `environment.yml`"
    assert (
        error.cause.splitlines()[0]
        == "needs cannot be installed because there are no viable options:"
    )
    assert error.cause.splitlines()[2] == f"   └─ {told_as}"
    assert fix in error.fixes[0]


def test_a_file_from_another_system_is_recognised() -> None:
    there = CondaEnvironment(
        path=Path("/app/environment.yml"), kind="environment", specs=(Spec("vc=14", 3),)
    )
    assert "exported on Windows" in unsolved("", {"vc": []}, there).fixes[0]


def test_python_excluded_by_another_spec_is_not_called_missing() -> None:
    said = conda.describe_report(
        "Cannot solve the request because of: scikit-learn 0.19.1.* cannot be installed because there are no viable options:\n"
        "└─ scikit-learn 0.19.1 would require\n   └─ python >=3.6,<3.7.0a0, for which no candidates were found.\n"
    )
    assert said == (
        "scikit-learn 0.19.1.* cannot be installed because there are no viable options:\n"
        "└─ scikit-learn 0.19.1 would require\n   └─ python >=3.6,<3.7.0a0, which is not the required Python, or does not exist"
    )


def test_of_a_long_report_the_first_lines_are_shown() -> None:
    lines = conda.describe_report("\n".join(f"line {number}" for number in range(40))).splitlines()
    assert (len(lines), lines[0], lines[-1]) == (25, "line 0", "... and 16 more lines")


# What the solver said to `numpy 2.*` and the constraint below, and to a package that needs such a NumPy.
DIRECT = (
    "Cannot solve the request because of: The following packages are incompatible\n"
    "└─ numpy 2.* can be installed with any of the following options:\n   └─ numpy 2.1\n└─ the constraint numpy <2 cannot be fulfilled\n"
)
INDIRECT = DIRECT.replace("└─ numpy 2.* can", "└─ needs2 * can").replace(
    "   └─ numpy 2.1\n", "   └─ needs2 1 would require\n      └─ numpy >=2\n"
)


@pytest.mark.parametrize(
    ("said", "who", "line"),
    [
        (DIRECT, "line 5 requires forge::numpy>=2", 5),
        (INDIRECT, "a package that the file requires needs another version", 0),
    ],
)
def test_what_the_wrapper_and_the_environment_each_want_is_said(
    said: str, who: str, line: int
) -> None:
    specs = (*ENVIRONMENT.specs[:1], *(ENVIRONMENT.specs[1:] if line else (Spec("needs2", 5),)))
    environment = CondaEnvironment(path=ENVIRONMENT.path, kind="environment", specs=specs)
    attempt = Attempt("1.17.1", "upstream", ("numpy <2", "python 3.12.*"))
    error = conda.explain_wrapper_conflict(Unsolved([said], {}), environment, [attempt])
    assert told(error)[:2] == (
        "CondaAgainstWrapper",
        "`environment.yml` conflicts with seldon-core 1.17.1",
    )
    assert (
        error.cause.splitlines()[0]
        == f"seldon-core 1.17.1 requires numpy <2; in environment.yml, {who}."
    )


def test_where_no_constraint_is_named_it_is_the_python() -> None:
    attempt = Attempt("1.17.1", "upstream", ("numpy <2", "python 3.12.*|3.11.*"))
    error = conda.explain_wrapper_conflict(
        Unsolved(["Cannot solve the request because of: something"], {}), ENVIRONMENT, [attempt]
    )
    assert (
        error.cause.splitlines()[0]
        == "seldon-core 1.17.1 requires python 3.12.*|3.11.*; in environment.yml, line 4 requires python=3.12."
    )


def test_of_the_releases_that_were_tried_the_first_is_told_of() -> None:
    older = Attempt("1.14.1", "upstream", ("numpy <1.20", "python 3.6.*"))
    attempts = [
        Attempt("1.17.1", "upstream", ("numpy <2",)),
        Attempt("1.17.1", "upstream", ("protobuf <4",)),
        older,
    ]
    error = conda.explain_wrapper_conflict(
        Unsolved([DIRECT, INDIRECT, DIRECT.replace("<2", "<1.20")], {}), ENVIRONMENT, attempts
    )
    assert error.title == "`environment.yml` conflicts with seldon-core 1.17.1"
    assert error.tail[-1] == "└─ the constraint numpy <2 cannot be fulfilled"
