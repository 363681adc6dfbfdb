"""Named errors for a package that could not be built from source."""

import re
from collections.abc import Sequence

from seldon_buildpack.commands.tracebacks import without_frames
from seldon_buildpack.diagnosis.uv_output import Attempt, UvFailure
from seldon_buildpack.masking import without_credentials
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.project_builds import (
    BuildFromSourceFailed,
    ProjectNotBuilt,
    ProjectWithoutPackage,
)

_TAIL = 12
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


def explain(failure: UvFailure, attempt: Attempt) -> BuildError | None:
    """Return the named error for a failed build, or None if something else failed."""
    built = re.findall(r"Failed to (?:download and )?build `([^`]+)`", failure.message)
    if not built and "build backend returned an error" not in failure.message:
        return None
    # uv builds a folder to learn the package's name, and does not say which folder it was.
    package = built[-1].rpartition(" @ ")[2] if built else name_only_folder(attempt)
    log = "\n".join(failure.build_output)
    missing, debian = next(
        ((name, debian) for pattern, name, debian in _MISSING if re.search(pattern, log)), ("", "")
    )
    header = re.search(r"fatal error: (\S+\.h(?:pp)?): No such file", log)
    module = re.search(r"ModuleNotFoundError: No module named '([\w.]+)'", log)
    if not missing:
        missing = (
            f"the header {header[1]}"
            if header
            else f"the Python module {module[1]}"
            if module
            else ""
        )
    name = module[1] if module else ""
    importable = name.partition(".")[0] in attempt.importable
    folder = package.startswith("./") or package == "." or not built
    problems = [
        *_what_went_wrong(failure.build_output),
        *(f"hint: {hint}" for hint in failure.hints if "often confused" in hint),
    ]
    tail = problems[-_TAIL:] or list(failure.tail)
    if package in ("./.", "./", "."):
        if error := _without_package(
            [*without_frames(failure.build_output), *failure.causes[1:]], attempt
        ):
            return error
        return ProjectNotBuilt(missing, tail, name if importable else "")
    return BuildFromSourceFailed(
        without_credentials(package),
        folder,
        missing,
        debian,
        name,
        tail,
        importable=importable,
    )


def _without_package(output: Sequence[str], attempt: Attempt) -> BuildError | None:
    text = "\n".join(output)
    manifest = (
        "setup.py"
        if (attempt.app / "setup.py").is_file() and not attempt.lock
        else "pyproject.toml"
    )
    if several := _SEVERAL.search(text):
        return ProjectWithoutPackage(
            manifest, re.findall(r"'([^']+)'", several[1]), "", attempt.lock
        )
    reason = next((hit for pattern in _NO_PACKAGE for hit in re.findall(pattern, text)), "")
    if not reason:
        return None
    poetry = reason.startswith("No file/folder found for package")
    return ProjectWithoutPackage(manifest, (), reason, attempt.lock, poetry=poetry)


def name_only_folder(attempt: Attempt) -> str:
    """Return the only folder that the requirements name, or a phrase if there are several."""
    folders = [path for path in attempt.local if path.is_dir()]
    return (
        f"./{folders[0].relative_to(attempt.app)}"
        if len(folders) == 1
        else "A folder in your requirements"
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
