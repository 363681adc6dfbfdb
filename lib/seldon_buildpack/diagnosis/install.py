"""Named errors for a failed installation.

They come from uv's messages, and from a request to the index if those leave the cause open.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from seldon_buildpack.commands.tracebacks import without_frames
from seldon_buildpack.commands.uv import Outcome
from seldon_buildpack.diagnosis import connection, server_probe
from seldon_buildpack.diagnosis.uv_output import Attempt, Words, read
from seldon_buildpack.masking import without_credentials
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.indexes import NotAnIndex
from seldon_buildpack.messages.errors.internal import DiskFull
from seldon_buildpack.messages.errors.packages import (
    HashMismatch,
    NoMatchingWheel,
    PackageBroken,
    RequirementNotFound,
    ShadowedByFirstIndex,
    VersionNotFound,
    WrongPython,
)
from seldon_buildpack.messages.errors.requirements import (
    BuildFromSourceFailed,
    InstallFailed,
    LocalPackageMissing,
    ProjectNotBuilt,
    ProjectWithoutPackage,
    RequirementsConflict,
    VcsFailed,
)
from seldon_buildpack.messages.errors.wheels import WheelFolderMissing
from seldon_buildpack.messages.errors.wrapper import WrapperConflict, WrapperUnknown
from seldon_buildpack.names import requirement_name
from seldon_buildpack.package_sources import wheel_folders
from seldon_buildpack.python_version import SUPPORTED

_TAIL = 12
_WRAPPER = "seldon-core"
_SETUPTOOLS = "setuptools<82"
# What a build from source did not find, and the Debian package that contains it.
_MISSING = (
    (r"pg_config executable not found|libpq-fe\.h", "PostgreSQL's headers", "libpq-dev"),
    (r"mysql_config|mysqlclient|mysql\.h", "MySQL's headers", "default-libmysqlclient-dev"),
    (r"ffi\.h: No such file", "libffi's headers", "libffi-dev"),
    (r"openssl/\w+\.h: No such file", "OpenSSL's headers", "libssl-dev"),
    (r"librdkafka/\w+\.h: No such file", "librdkafka's headers", "librdkafka-dev"),
    (
        r"(?:rustc|cargo|rust compiler).*(?:not found|not installed|No such file)",
        "a Rust compiler",
        "cargo",
    ),
    (
        r"(?:gfortran|Fortran compiler).*(?:not found|No such file|cannot)",
        "a Fortran compiler",
        "gfortran",
    ),
    (r"CMake.*not found|cmake.*(?:not found|No such file)", "CMake", "cmake"),
    (
        r"(?:g?cc|g\+\+|c\+\+|x86_64-linux-gnu-gcc)\b.*(?:not found|No such file or directory: )",
        "a C compiler",
        "build-essential",
    ),
)
# What build backends print if they find nothing to install in a project: setuptools, hatchling,
# poetry-core and flit, uv_build.
_SEVERAL = re.compile(
    r"Multiple top-level (?:packages|modules) discovered in a flat-layout: \[(.+?)\]"
)
_NO_PACKAGE = (
    r"Unable to determine which files to ship inside the wheel",
    r"No file/folder found for (?:package|module) \S+",
    r"Expected a Python module at: \S+",
)
# Build output that reports progress, not an error; and the command line of a compiler.
_STEP = re.compile(
    r"(?:running|writing|creating|copying|reading|adding|building|removing|byte-compiling|installing) |!!$|\*{4,}|\S*(?:gcc|g\+\+|cc|c\+\+) -"
)


def explain(outcome: Outcome, attempt: Attempt) -> BuildError:
    """Return the named error for a failed run of uv."""
    words = read(outcome, attempt.app)
    for part in (
        _disk,
        _hash,
        _vcs,
        _local,
        _own_wheel,
        connection.explain,
        connection.refused,
        _broken,
        _source_build,
        _resolution,
    ):
        if error := part(words, attempt):
            return wheel_folders.with_folders(error, _own(attempt), attempt.lacking)
    return InstallFailed(attempt.doing, words.tail)


def reason(outcome: Outcome, what: str) -> str:
    """Return the reason why uv could not get ``what``, as a clause."""
    words = read(outcome, Path("/workspace"))
    if "No download found" in words.said:
        return f"it has no {what}"
    return connection.reason(words)


def _disk(words: Words, _attempt: Attempt) -> BuildError | None:
    text = "\n".join(words.lines)
    if "os error 28" not in text and "No space left on device" not in text:
        return None
    return DiskFull("the packages")


def _hash(words: Words, attempt: Attempt) -> BuildError | None:
    found = re.search(r"Hash mismatch for `([^`]+)`", words.said)
    told = [line.strip() for line in words.lines if re.search(r"Expected:|Computed:|sha\d+:", line)]
    return HashMismatch(found[1], told, attempt.lock) if found else None


def _vcs(words: Words, _attempt: Attempt) -> BuildError | None:
    if "Git operation failed" not in words.said:
        return None
    named = re.search(r"`([^`]+ @ git\+[^`]+|git\+[^`]+)`", words.said)
    fatal = [line.partition("fatal: ")[2] for line in words.lines if "fatal: " in line]
    return VcsFailed(
        without_credentials(named[1] if named else words.chain[0]),
        without_credentials(fatal[0] if fatal else words.chain[-1]),
    )


def _local(words: Words, _attempt: Attempt) -> BuildError | None:
    if found := re.search(r"Distribution not found at: (\S+)", words.said):
        return LocalPackageMissing(found[1])
    found = re.search(r"Failed to read `--find-links` directory: (\S+)", words.said)
    return WheelFolderMissing(found[1]) if found else None


def _own(attempt: Attempt) -> wheel_folders.LocalWheels:
    return wheel_folders.LocalWheels(
        attempt.app, attempt.index.folders, (*attempt.index.local_links, *attempt.local)
    )


def _own_wheel(words: Words, attempt: Attempt) -> BuildError | None:
    return wheel_folders.explain(words.said, _own(attempt), attempt.python)


def _broken(words: Words, _attempt: Attempt) -> BuildError | None:
    """Return the error for a file that is not an archive, or is incomplete.

    uv also reports a download that broke off in this way.
    """
    if found := re.search(
        r"The structure of `([^`]+)` \(v([^)]+)\) was invalid: *(.*)", words.said
    ):
        return PackageBroken(f"{found[1]} {found[2]}", found[3].strip())
    if not re.search(
        r"Failed to extract archive|Failed to read from zip|invalid (?:zip|gzip|Zip)", words.said
    ):
        return None
    package = re.search(r"Failed to (?:download|extract|unzip)[^`]*`([^`]+)`", words.said)
    return (
        PackageBroken(without_credentials(package[1]), words.chain[-1].strip()) if package else None
    )


def _source_build(words: Words, attempt: Attempt) -> BuildError | None:
    built = re.findall(r"Failed to (?:download and )?build `([^`]+)`", words.said)
    if not built and "build backend returned an error" not in words.said:
        return None
    # uv builds a folder to learn the package's name, and does not say which folder it was.
    package = built[-1].rpartition(" @ ")[2] if built else _only_folder(attempt)
    log = "\n".join(words.build)
    what, debian = next(
        ((what, debian) for pattern, what, debian in _MISSING if re.search(pattern, log)), ("", "")
    )
    header = re.search(r"fatal error: (\S+\.h(?:pp)?): No such file", log)
    module = re.search(r"ModuleNotFoundError: No module named '([\w.]+)'", log)
    if not what:
        what = (
            f"the header {header[1]}"
            if header
            else f"the Python module {module[1]}"
            if module
            else ""
        )
    folder = package.startswith("./") or package == "." or not built
    shown = [
        *_what_went_wrong(words.build),
        *(f"hint: {hint}" for hint in words.hints if "often confused" in hint),
    ]
    tail = shown[-_TAIL:] or list(words.tail)
    if package in ("./.", "./", "."):
        if found := _without_package([*without_frames(words.build), *words.chain[1:]], attempt):
            return found
        return ProjectNotBuilt(what, tail)
    return BuildFromSourceFailed(
        without_credentials(package), folder, what, debian, module[1] if module else "", tail
    )


def _without_package(said: Sequence[str], attempt: Attempt) -> BuildError | None:
    text = "\n".join(said)
    manifest = (
        "setup.py"
        if (attempt.app / "setup.py").is_file() and not attempt.lock
        else "pyproject.toml"
    )
    if several := _SEVERAL.search(text):
        return ProjectWithoutPackage(
            manifest, re.findall(r"'([^']+)'", several[1]), "", attempt.lock
        )
    none = next((found for pattern in _NO_PACKAGE for found in re.findall(pattern, text)), "")
    if not none:
        return None
    poetry = none.startswith("No file/folder found for package")
    return ProjectWithoutPackage(manifest, (), none, attempt.lock, poetry=poetry)


def _only_folder(attempt: Attempt) -> str:
    folders = [path for path in attempt.local if path.is_dir()]
    return (
        f"./{folders[0].relative_to(attempt.app)}"
        if len(folders) == 1
        else "A folder that your requirements name"
    )


def _what_went_wrong(build: Sequence[str]) -> list[str]:
    """Return the errors in the output of a build, without progress messages and tracebacks.

    If there is standard error, standard output is left out.
    """
    start = build.index("[stderr]") + 1 if "[stderr]" in build else 0
    lines = [line for line in without_frames(build[start:]) if line.strip() and line != "[stdout]"]
    return [
        line
        for line in lines
        if not _STEP.match(line.strip()) and not re.match(r"error: [Cc]ommand ['\[]", line.strip())
    ]


def _resolution(words: Words, attempt: Attempt) -> BuildError | None:
    if "No solution found" not in words.said:
        return None
    flat = " ".join(" ".join(words.chain).split())
    for part in (_conflict_with_wrapper, _index_order, _unknown, _other_python, _version):
        if error := part(flat, words, attempt):
            return error
    return (
        WrapperConflict(attempt.wrapper, "", (), "", "", words.tail, attempt.lock)
        if _WRAPPER in flat
        else RequirementsConflict(words.tail)
    )


def _conflict_with_wrapper(flat: str, _words: Words, attempt: Attempt) -> BuildError | None:
    """Return the error for a package on which the wrapper conflicts with something else."""
    wants = list(dict.fromkeys(_wants(flat)))
    # The wrapper's metadata does not require this: layers/requirements.py adds it.
    if re.search(rf"{_SETUPTOOLS}(?=[, ])", flat):
        wants = [(_WRAPPER, _SETUPTOOLS), *(one for one in wants if one[1] != _SETUPTOOLS)]
    own = {
        requirement_name(wanted): wanted
        for who, wanted in wants
        if requirement_name(who) == _WRAPPER
    }
    for who, wanted in wants:
        name = requirement_name(wanted)
        if name in own and requirement_name(who) != _WRAPPER and wanted != own[name]:
            asks = f"{who or 'your requirements'} {'needs' if who else 'ask for'} {wanted}"
            pinned = (
                wanted
                if not who
                else next(
                    (
                        one
                        for one in _required(flat)
                        if requirement_name(one) == requirement_name(who)
                    ),
                    "",
                )
                or next(iter(_required(flat)), "")
                or who
            )
            return WrapperConflict(
                attempt.wrapper,
                name,
                (f"seldon-core {attempt.wrapper} needs {own[name]}", asks),
                own[name],
                pinned,
                (),
                attempt.lock,
            )
    return None


def _wants(flat: str) -> Iterator[tuple[str, str]]:
    """Yield who requires what, in uv's order; the user is an empty string.

    A version set contains no spaces (`numpy>=2,<2.3`).
    """
    yield from re.findall(r"(\S+) depends? on (\S+?)[,.]?(?= |$)", flat)
    yield from (("", one) for one in _required(flat))


def _required(flat: str) -> list[str]:
    """Return what uv says that the user requires.

    The wrapper is left out, and so is what uv concludes from other requirements.
    """
    told = re.findall(
        r"(?:Because|and|because) you require (\S+?)(?: and (?!you)(\S+?))?[,.]?(?= |$)", flat
    )
    return [one for pair in told for one in pair if one and requirement_name(one) != _WRAPPER]


def _unknown(flat: str, words: Words, attempt: Attempt) -> BuildError | None:
    found = re.search(
        r"(\S+) was not found in the (?:package registry|provided package locations)", flat
    )
    # The index has no files of the package; a page that is not an index looks the same to uv.
    empty = re.search(r"there are no versions of (\S+) and you require", flat)
    if not found and not empty:
        return None
    package = (found or empty or [""])[1]
    if shown := server_probe.not_an_index(attempt.index, package):
        return NotAnIndex(*shown, package)
    asked, no_index = _asked(attempt), attempt.index.no_index
    if package == _WRAPPER:
        return WrapperUnknown(attempt.wrapper, asked, no_index)
    if not found:
        return VersionNotFound(package, asked, no_index, "")
    needed = re.search(
        r"Failed to resolve requirements from `?(?:setup\.py|build-system\.requires)", words.said
    )
    built = re.search(r"Failed to (?:download and )?build `([^`]+)`", words.said)
    needed_for = (
        (built[1].rpartition(" @ ")[2] if built else _only_folder(attempt)) if needed else ""
    )
    return RequirementNotFound(package, asked, no_index, without_credentials(needed_for))


def _asked(attempt: Attempt) -> tuple[str, ...]:
    """Return the package sources that were searched, in a form that can be printed."""
    public = () if attempt.index.no_index or attempt.index.default else ("the public index",)
    folders = (wheel_folders.shown(folder, attempt.app) for folder in attempt.index.folders)
    return (*folders, *attempt.index.places(attempt.app), *public)


def _other_python(flat: str, words: Words, attempt: Attempt) -> BuildError | None:
    """Return the error for a release that exists, but not for this Python or platform."""
    if needs := re.search(r"(\S+?)(?:==\S+)? requires Python (\S+?),? and", flat):
        one = re.search(r"(\S+) requires Python", flat)
        from packaging.specifiers import SpecifierSet

        fits = [
            f"{major}.{minor}"
            for major, minor in SUPPORTED
            if SpecifierSet(needs[2]).contains(f"{major}.{minor}.99")
        ]
        return WrongPython(
            one[1] if one else needs[1],
            attempt.python,
            f"It needs Python {needs[2]}.",
            fits[-1] if fits else "",
        )
    found = re.search(
        r"(\S+==\S+) has no (?:usable )?wheels?(?: with a matching (Python ABI|Python version|Python implementation|platform))?",
        flat,
    )
    if not found:
        return None
    hint = " ".join(words.hints)
    if found[2] and found[2].startswith("Python"):
        minors = sorted(
            {
                (int(major), int(minor))
                for major, minor in re.findall(
                    r"`(?:cp|py)(\d)(\d+)\w*`", hint.partition("following")[2]
                )
            }
        )
        shown = ", ".join(f"{major}.{minor}" for major, minor in minors)
        chosen = [f"{major}.{minor}" for major, minor in minors if (major, minor) in SUPPORTED]
        others = (
            f"It has wheels for Python {shown} only, and no source to build one from."
            if shown
            else "It has no wheel for it."
        )
        return WrongPython(found[1], attempt.python, others, chosen[-1] if chosen else "")
    if found[2]:
        platforms = re.findall(r"`(\w+)`", hint.partition("following platform")[2])
        return NoMatchingWheel(
            found[1],
            attempt.python,
            f"The image runs on linux/amd64; there are wheels for {', '.join(platforms)} only.",
        )
    return NoMatchingWheel(
        found[1],
        attempt.python,
        "Building from source is switched off (PIP_ONLY_BINARY or --only-binary), and no wheel of it fits.",
    )


def _index_order(_flat: str, words: Words, attempt: Attempt) -> BuildError | None:
    """Return the error for a package that the first index has, but in no version that fits.

    uv then ignores the other indexes (uv: Searching across multiple indexes).
    """
    hint = re.search(
        r"`(\S+)` was found on (\S+), but not at the requested version \((\S+)\)",
        " ".join(words.hints),
    )
    if not hint:
        return None
    # A wheel folder that comes first shadows a name just as an index does.
    first = connection.index_of(hint[2], attempt) or without_credentials(hint[2]).removeprefix(
        "file://"
    )
    return ShadowedByFirstIndex(
        hint[1], hint[3], first, [place for place in _asked(attempt) if place != first]
    )


def _version(flat: str, _words: Words, attempt: Attempt) -> BuildError | None:
    missing = re.search(r"there is no version of (\S+?),?(?= |$)", flat)
    only = re.search(r"only (\S+) (?:is|are) available and you require (\S+?),", flat)
    if not missing and not only:
        return None
    requirement = missing[1] if missing else only[2] if only else ""
    if requirement_name(requirement) == _WRAPPER:
        return WrapperUnknown(attempt.wrapper, _asked(attempt), attempt.index.no_index)
    return VersionNotFound(
        requirement,
        _asked(attempt),
        attempt.index.no_index,
        only[1] if only and not missing else "",
    )
