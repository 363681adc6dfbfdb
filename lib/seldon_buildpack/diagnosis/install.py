"""Named errors for a failed installation.

They come from uv's messages, and from a request to the index if those leave the cause open.
"""

import re
from pathlib import Path

from seldon_buildpack.commands.uv import Outcome
from seldon_buildpack.diagnosis import connection, requirement_line, resolution, source_build
from seldon_buildpack.diagnosis.uv_output import Attempt, UvFailure, parse_uv_failure
from seldon_buildpack.masking import without_credentials
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.internal import DiskFull
from seldon_buildpack.messages.errors.packages import (
    HashMismatch,
    PackageBroken,
)
from seldon_buildpack.messages.errors.requirements import (
    InstallFailed,
    LocalPackageMissing,
    VcsFailed,
)
from seldon_buildpack.messages.errors.wheels import WheelFolderMissing
from seldon_buildpack.package_sources import wheel_folders


def explain(outcome: Outcome, attempt: Attempt) -> BuildError:
    """Return the named error for a failed run of uv."""
    failure = parse_uv_failure(outcome, attempt.app)
    for part in (
        _disk,
        requirement_line.explain,
        _hash,
        _vcs,
        _local,
        _local_wheel,
        connection.explain,
        connection.refused,
        _broken,
        source_build.explain,
        resolution.explain,
    ):
        if error := part(failure, attempt):
            return wheel_folders.with_folders(error, _local_wheels(attempt), attempt.lacking)
    return InstallFailed(attempt.doing, failure.tail)


def reason(outcome: Outcome, download: str) -> str:
    """Return the reason why uv could not get ``download``, as a clause."""
    failure = parse_uv_failure(outcome, Path("/workspace"))
    if "No download found" in failure.message:
        return f"it has no {download}"
    return connection.reason(failure)


def _disk(failure: UvFailure, _attempt: Attempt) -> BuildError | None:
    text = "\n".join(failure.lines)
    if "os error 28" not in text and "No space left on device" not in text:
        return None
    return DiskFull("the packages")


def _hash(failure: UvFailure, attempt: Attempt) -> BuildError | None:
    mismatch = re.search(r"Hash mismatch for `([^`]+)`", failure.message)
    hashes = [
        line.strip() for line in failure.lines if re.search(r"Expected:|Computed:|sha\d+:", line)
    ]
    return HashMismatch(mismatch[1], hashes, attempt.lock) if mismatch else None


def _vcs(failure: UvFailure, _attempt: Attempt) -> BuildError | None:
    if "Git operation failed" not in failure.message:
        return None
    named = re.search(r"`([^`]+ @ git\+[^`]+|git\+[^`]+)`", failure.message)
    fatal = [line.partition("fatal: ")[2] for line in failure.lines if "fatal: " in line]
    return VcsFailed(
        without_credentials(named[1] if named else failure.causes[0]),
        without_credentials(fatal[0] if fatal else failure.causes[-1]),
    )


def _local(failure: UvFailure, _attempt: Attempt) -> BuildError | None:
    if package := re.search(r"Distribution not found at: (\S+)", failure.message):
        return LocalPackageMissing(package[1])
    folder = re.search(r"Failed to read `--find-links` directory: (\S+)", failure.message)
    return WheelFolderMissing(folder[1]) if folder else None


def _local_wheels(attempt: Attempt) -> wheel_folders.LocalWheels:
    return wheel_folders.LocalWheels(
        attempt.app, attempt.index.folders, (*attempt.index.local_links, *attempt.local)
    )


def _local_wheel(failure: UvFailure, attempt: Attempt) -> BuildError | None:
    return wheel_folders.explain(failure.message, _local_wheels(attempt), attempt.python)


def _broken(failure: UvFailure, _attempt: Attempt) -> BuildError | None:
    """Return the error for a file that is not an archive, or is incomplete.

    uv also reports a download that broke off in this way.
    """
    if archive := re.search(
        r"The structure of `([^`]+)` \(v([^)]+)\) was invalid: *(.*)", failure.message
    ):
        return PackageBroken(f"{archive[1]} {archive[2]}", archive[3].strip())
    if not re.search(
        r"Failed to extract archive|Failed to read from zip|invalid (?:zip|gzip|Zip)",
        failure.message,
    ):
        return None
    package = re.search(r"Failed to (?:download|extract|unzip)[^`]*`([^`]+)`", failure.message)
    return (
        PackageBroken(without_credentials(package[1]), failure.causes[-1].strip())
        if package
        else None
    )
