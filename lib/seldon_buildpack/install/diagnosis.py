"""Why installing failed: uv's words, and where they leave it open one look at the index, turned into a named error."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from seldon_buildpack import errors
from seldon_buildpack.install.index import Index
from seldon_buildpack.install.uv import Outcome
from seldon_buildpack.secrets import without_credentials

_TAIL = 15
_PROBE_SECONDS = 5
_URL = re.compile(r"https?://[^\s)`'\"]+")
_NO_CONNECTION = re.compile(
    r"dns error|connection refused|timed out|tcp connect error|network is unreachable|connection reset|error sending request", re.I
)
_STATUS = re.compile(r"(?:\(|a |status.*?)(401|403)\b")
# What a missing header or program of a failed build usually means, as Debian names the package.
_MISSING = (
    (r"pg_config executable not found", "PostgreSQL's headers (libpq-dev)"),
    (r"mysql_config|mysqlclient", "MySQL's headers (default-libmysqlclient-dev)"),
    (r"ffi\.h: No such file", "libffi's headers (libffi-dev)"),
    (r"openssl/\w+\.h: No such file", "OpenSSL's headers (libssl-dev)"),
    (r"librdkafka/\w+\.h: No such file", "librdkafka's headers (librdkafka-dev)"),
    (r"(?:rustc|cargo|rust compiler).*(?:not found|not installed|No such file)", "a Rust compiler (cargo)"),
    (r"(?:gfortran|Fortran compiler).*(?:not found|No such file|cannot)", "a Fortran compiler (gfortran)"),
    (r"CMake.*not found|cmake.*No such file", "CMake (cmake)"),
    (r"(?:g?cc|g\+\+|c\+\+|x86_64-linux-gnu-gcc)\b.*(?:not found|No such file)", "a C compiler (build-essential)"),
)


@dataclass(frozen=True)
class Attempt:
    """What was being installed, for the words of an error."""

    index: Index
    python: str
    wrapper: str
    doing: str = "Installing your requirements"


def explain(outcome: Outcome, attempt: Attempt) -> errors.BuildError:
    """The named error for a failed run of uv."""
    text = outcome.text
    for part in (_disk, _hash, _source_build, _connection, _vcs, _missing_folder, _resolution):
        if error := part(text, _tail(outcome), attempt):
            return error
    return errors.InstallFailed(attempt.doing, _tail(outcome))


def _tail(outcome: Outcome) -> tuple[str, ...]:
    lines = [line for line in outcome.lines if line.strip() and not line.startswith("Using Python")]
    return tuple(lines[-_TAIL:])


def _disk(text: str, _tail: tuple[str, ...], _attempt: Attempt) -> errors.BuildError | None:
    if "os error 28" not in text and "No space left on device" not in text:
        return None
    where = re.search(r"`([^`]+)`[^`]*(?:os error 28|No space left)", text, re.S)
    return errors.DiskFull(where[1] if where else "the layers")


def _hash(text: str, tail: tuple[str, ...], _attempt: Attempt) -> errors.BuildError | None:
    found = re.search(r"Hash mismatch for `([^`]+)`", text)
    return errors.HashMismatch(found[1], tail) if found else None


def _source_build(text: str, tail: tuple[str, ...], _attempt: Attempt) -> errors.BuildError | None:
    found = re.search(r"Failed to (?:download and )?build `([^`]+)`", text)
    if not found:
        return None
    missing = next((what for pattern, what in _MISSING if re.search(pattern, text, re.I)), "")
    header = re.search(r"fatal error: (\S+\.h): No such file", text)
    return errors.BuildFromSourceFailed(without_credentials(found[1]), missing or (f"the header {header[1]}" if header else ""), tail)


def _connection(text: str, _tail: tuple[str, ...], attempt: Attempt) -> errors.BuildError | None:
    refused = _STATUS.search(text)
    url = _URL.search(text)
    # An index whose package name resolves elsewhere is only a hint of uv's: the refusal is still what the user must know.
    if refused and url and "Git operation failed" not in text:
        return errors.IndexRefused(_shown(url[0], attempt), int(refused[1]), any(attempt.index.secrets()))
    if "Git operation failed" in text or not url:
        return None
    causes = re.findall(r"(?:cause|Caused by): (.+)", text)
    reason = causes[-1].strip() if causes else ""
    if re.search(r"invalid peer certificate|certificate verify failed|UnknownIssuer", text):
        return errors.TlsNotTrusted(_shown(url[0], attempt), reason)
    if _NO_CONNECTION.search(text):
        shown = _shown(url[0], attempt)
        return errors.IndexUnreachable(shown, reason) if shown in attempt.index.names() else errors.NetworkAway(shown, reason)
    return None


def _shown(url: str, attempt: Attempt) -> str:
    """The index a request went to, as the user named it, or the host of the request."""
    host = urlsplit(without_credentials(url)).netloc
    return next((name for name in attempt.index.names() if urlsplit(name).netloc == host), f"{urlsplit(url).scheme}://{host}")


def _vcs(text: str, tail: tuple[str, ...], _attempt: Attempt) -> errors.BuildError | None:
    if "Git operation failed" not in text:
        return None
    fatal = re.search(r"fatal: (.+)", text)
    return errors.VcsFailed(without_credentials(fatal[1]) if fatal else "git failed.", tail)


def _missing_folder(text: str, _tail: tuple[str, ...], _attempt: Attempt) -> errors.BuildError | None:
    found = re.search(r"Failed to read `--find-links` directory: (.+)", text)
    return errors.FindLinksMissing(found[1]) if found else None


def _resolution(text: str, tail: tuple[str, ...], attempt: Attempt) -> errors.BuildError | None:
    if "No solution found" not in text:
        return None
    flat = " ".join(text.split())
    if unknown := re.search(r"([\w.-]+) was not found in the (?:package registry|provided package locations)", flat):
        return _not_an_index(attempt) or errors.RequirementNotFound(unknown[1], attempt.index.names(), tail)
    if re.search(r"there (?:is|are) no versions? of seldon-core", flat) or f"seldon-core=={attempt.wrapper} has no" in flat:
        return errors.WrapperUnknown(attempt.wrapper, tail)
    if wheel := re.search(
        r"([\w.-]+==[\w.]+) has no (?:usable )?wheels|current Python version \([^)]*\) does not satisfy Python\S+ and (\S+)", flat
    ):
        return errors.NoMatchingWheel(wheel[1] or wheel[2], attempt.python, tail)
    if version := re.search(r"there (?:is|are) no versions? of ([\w.\[\]=<>!~-]+)|[Oo]nly (\S+) (?:is|are) available", flat):
        return errors.VersionNotFound(version[1] or version[2], tail)
    return errors.WrapperConflict(attempt.wrapper, tail) if "seldon-core" in flat else errors.RequirementsConflict(tail)


def _not_an_index(attempt: Attempt) -> errors.BuildError | None:
    """Ask each index that was named for its root: uv takes a page that is no index for an index without the package."""
    import requests

    for url in attempt.index.urls:
        try:
            answer = requests.get(
                url.rstrip("/") + "/", timeout=_PROBE_SECONDS, headers={"Accept": "application/vnd.pypi.simple.v1+json, text/html"}
            )
        except requests.RequestException:
            continue
        kind = answer.headers.get("Content-Type", "").partition(";")[0]
        # The root may be switched off on a real index; then a 404 says nothing, but so says the fix.
        if answer.status_code == 404:
            return errors.NotAnIndex(without_credentials(url), "it says 404, not found")
        if answer.ok and kind not in ("text/html", "application/vnd.pypi.simple.v1+json", "application/vnd.pypi.simple.v1+html"):
            return errors.NotAnIndex(without_credentials(url), f"it sends {kind or 'something without a type'}")
    return None
