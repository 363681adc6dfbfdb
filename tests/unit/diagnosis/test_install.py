"""What uv 0.13.9 printed in real builds (host names replaced), and the error that is made of it."""

from dataclasses import replace
from pathlib import Path

import pytest

from seldon_buildpack import origin
from seldon_buildpack.commands.uv import Outcome
from seldon_buildpack.diagnosis import install as diagnosis
from seldon_buildpack.diagnosis import server_probe
from seldon_buildpack.diagnosis.uv_output import Attempt
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.indexes import (
    IndexFails,
    IndexRefused,
    IndexUnreachable,
    NetworkUnreachable,
    NotAnIndex,
    TlsNotTrusted,
)
from seldon_buildpack.messages.errors.internal import DiskFull
from seldon_buildpack.messages.errors.packages import (
    DownloadFailed,
    HashMismatch,
    NoMatchingWheel,
    RequirementNotFound,
    VersionNotFound,
    WrongPython,
)
from seldon_buildpack.messages.errors.project_builds import (
    BuildFromSourceFailed,
    ProjectWithoutPackage,
)
from seldon_buildpack.messages.errors.requirements import (
    InstallFailed,
    LocalPackageMissing,
    RequirementsConflict,
    VcsFailed,
)
from seldon_buildpack.messages.errors.wheels import WheelFolderMissing
from seldon_buildpack.messages.errors.wrapper import WrapperConflict, WrapperUnknown
from seldon_buildpack.origin import Kind, Origin
from seldon_buildpack.package_sources.indexes import Index

NOWHERE = Index(default="http://127.0.0.1:9/simple")
ATTEMPT = Attempt(index=Index(), python="3.12.1", wrapper="1.17.1")
UNSATISFIABLE = "we can conclude that your requirements are unsatisfiable."


def explained(output: str, attempt: Attempt = ATTEMPT) -> BuildError:
    return diagnosis.explain(Outcome(1, tuple(output.splitlines())), attempt)


def no_solution(cause: str, *hints: str) -> str:
    return "\n".join(
        [
            "error: No solution found when resolving dependencies",
            f"  cause: {cause}",
            *(f"hint: {hint}" for hint in hints),
        ]
    )


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_probe, "not_an_index", lambda *_: None)
    monkeypatch.setattr(server_probe, "certificate", lambda *_: "")


@pytest.mark.parametrize(
    ("cause", "wants", "fix"),
    [
        (
            "Because seldon-core==1.17.1 depends on numpy<2.0.0 and you require seldon-core==1.17.1, we can conclude that you require "
            f"numpy<2.0.0.\n         And because you require numpy==2.1.0, {UNSATISFIABLE}",
            ["seldon-core 1.17.1 requires numpy<2.0.0", "your requirements require numpy==2.1.0"],
            "Require numpy<2.0.0 instead of numpy==2.1.0, or remove numpy to let the build choose a version.",
        ),
        (
            "Because seldon-core==1.17.1 depends on flask>=2.0.0,<3.0.0 and you require seldon-core==1.17.1, we can conclude that you require "
            f"flask>=2.0.0,<3.0.0.\n         And because you require flask>=3,!=3.0.1, {UNSATISFIABLE}",
            [
                "seldon-core 1.17.1 requires flask>=2.0.0,<3.0.0",
                "your requirements require flask>=3,!=3.0.1",
            ],
            "Require flask>=2.0.0,<3.0.0 instead of flask>=3,!=3.0.1, or remove flask to let the build choose a version.",
        ),
        (
            "Because tensorflow==2.20.0 depends on protobuf>=5.28.0 and seldon-core==1.17.1 depends on protobuf>=3.20.2,<4.0.0, we can conclude "
            "that seldon-core==1.17.1 and tensorflow==2.20.0 are incompatible.\n"
            f"         And because you require seldon-core==1.17.1 and tensorflow==2.20.0, {UNSATISFIABLE}",
            [
                "seldon-core 1.17.1 requires protobuf>=3.20.2,<4.0.0",
                "tensorflow==2.20.0 requires protobuf>=5.28.0",
            ],
            "Require a release of tensorflow that works with protobuf>=3.20.2,<4.0.0. Without a version, the newest such release is installed.",
        ),
        (
            "Because all versions of middle depend on numpy>=2 and all versions of chain depend on middle, we can conclude that all versions of "
            "chain depend on numpy>=2.\n         And because seldon-core==1.17.1 depends on numpy<2.0.0 and seldon-core was not found in the "
            "package registry, we can conclude that all versions of chain and seldon-core==1.17.1 are incompatible.\n"
            f"         And because you require seldon-core==1.17.1 and chain, {UNSATISFIABLE}",
            ["seldon-core 1.17.1 requires numpy<2.0.0", "middle requires numpy>=2"],
            "Require a release of chain that works with numpy<2.0.0. Without a version, the newest such release is installed.",
        ),
    ],
)
def test_a_conflict_with_the_wrapper_says_who_wants_what(
    cause: str, wants: list[str], fix: str
) -> None:
    error = explained(no_solution(cause))
    assert isinstance(error, WrapperConflict)
    assert [line.strip() for line in error.cause.splitlines()[1:3]] == wants
    assert error.fixes[0].startswith("Unset BP_SELDON_PINS and BP_SELDON_CORE_VERSION")
    assert error.fixes[1] == fix
    assert error.tail == ()


@pytest.mark.parametrize(
    ("cause", "hint", "kind", "title", "said"),
    [
        (
            f"Because nobodys was not found in the package registry and you require nobodys==1.0, {UNSATISFIABLE}",
            "",
            RequirementNotFound,
            "The package `nobodys` was not found",
            "Searched: PyPI.",
        ),
        (
            f"Because there is no version of pandas==99 and you require pandas==99, {UNSATISFIABLE}",
            "",
            VersionNotFound,
            "No version matches `pandas==99`",
            "The package exists, but has no matching release. Searched: PyPI.",
        ),
        (
            f"Because only own<=1.1 is available and you require own>2, {UNSATISFIABLE}",
            "",
            VersionNotFound,
            "No version matches `own>2`",
            "The package exists, but has no matching release. Available: own<=1.1. Searched: PyPI.",
        ),
        (
            "Because needs313==1.0 requires Python >=3.13 and only needs313==1.0 is available, we can conclude that all versions of needs313 "
            f"cannot be used.\n         And because you require needs313, {UNSATISFIABLE}",
            "",
            WrongPython,
            "`needs313==1.0` cannot be installed on Python 3.12.1",
            "It needs Python >=3.13.",
        ),
        (
            f"Because tensorflow==2.1.0 has no wheels with a matching Python ABI tag (e.g., `cp312`) and you require tensorflow==2.1.0, {UNSATISFIABLE}",
            "You require CPython 3.12 (`cp312`), but we only found wheels for `tensorflow` (v2.1.0) with the following Python ABI tags: "
            "`cp27m`, `cp27mu`, `cp35m`, `cp36m`, `cp37m`",
            WrongPython,
            "`tensorflow==2.1.0` cannot be installed on Python 3.12.1",
            "It has wheels only for Python 2.7, 3.5, 3.6, 3.7, and no source to build one from.",
        ),
        (
            f"Because pywin32==306 has no wheels with a matching platform tag (e.g., `manylinux_2_36_x86_64`) and you require pywin32==306, {UNSATISFIABLE}",
            "Wheels are available for `pywin32` (v306) on the following platforms: `win32`, `win_amd64`, `win_arm64`",
            NoMatchingWheel,
            "`pywin32==306` has no wheel that can be installed",
            "The image runs on linux/amd64; its wheels are only for win32, win_amd64, win_arm64.",
        ),
        (
            f"Because contextvars==2.4 has no usable wheels and you require contextvars==2.4, {UNSATISFIABLE}",
            "Wheels are required for `contextvars` because building from source is disabled for all packages (i.e., with `--no-build`)",
            NoMatchingWheel,
            "`contextvars==2.4` has no wheel that can be installed",
            "Building from source is disabled (PIP_ONLY_BINARY or --only-binary), and it has no compatible wheel.",
        ),
        (
            f"Because there is no version of seldon-core==9.9.9 and you require seldon-core==9.9.9, {UNSATISFIABLE}",
            "",
            WrapperUnknown,
            "seldon-core `1.17.1` was not found",
            "BP_SELDON_CORE_VERSION sets the wrapper's release. Searched: PyPI.",
        ),
    ],
)
def test_what_cannot_be_resolved_has_a_name(
    cause: str, hint: str, kind: type[BuildError], title: str, said: str
) -> None:
    error = explained(no_solution(cause, *([hint] if hint else [])))
    assert (type(error), error.title, error.cause) == (kind, title, said)


def test_a_python_that_a_release_has_wheels_for_is_offered() -> None:
    error = explained(
        no_solution(
            "Because only311==1.0 has no wheels with a matching Python ABI tag (e.g., `cp312`) and only only311==1.0 is available, we can conclude "
            f"that all versions of only311 cannot be used.\n         And because you require only311, {UNSATISFIABLE}",
            "You require CPython 3.12 (`cp312`), but we only found wheels for `only311` (v1.0) with the following Python ABI tag: `cp311`",
        )
    )
    assert error.cause == "It has wheels only for Python 3.11, and no source to build one from."
    assert (
        error.fixes[1]
        == "Set BP_PYTHON_VERSION=3.11 in .s2i/environment, or pass `--env BP_PYTHON_VERSION=3.11`."
    )


def test_the_users_own_contradiction_keeps_uvs_words() -> None:
    error = explained(
        no_solution(
            "Because all versions of wants depend on own>1.0 and you require own==1.0, we can conclude that your requirements and all versions of "
            f"wants are incompatible.\n         And because you require wants, {UNSATISFIABLE}"
        )
    )
    assert isinstance(error, RequirementsConflict)
    assert error.tail[-1].strip() == f"And because you require wants, {UNSATISFIABLE}"


def test_where_was_looked_is_said() -> None:
    missing = no_solution(
        f"Because ghost was not found in the provided package locations and you require ghost, {UNSATISFIABLE}"
    )
    folder = replace(ATTEMPT, index=Index(find_links=("/workspace/wheels",), no_index=True))
    assert (
        explained(missing, folder).cause
        == "Searched: wheels (no index: PIP_NO_INDEX or --no-index is set)."
    )
    extra = replace(ATTEMPT, index=Index(extra=("http://bob:secret@inside/simple",)))
    assert explained(missing, extra).cause == "Searched: http://inside/simple, PyPI."


CONNECTION = """\
error: Request failed after 3 retries in 9.5s
  cause: Failed to fetch: {url}
  cause: error sending request for url ({url})
  cause: client error (Connect)
  cause: {reason}"""


@pytest.mark.parametrize(
    ("reason", "plain"),
    [
        (
            "tcp connect error\n  cause: Connection refused (os error 111)",
            "{host} refused the connection",
        ),
        (
            "dns error\n  cause: failed to lookup address information: Name does not resolve",
            "the name {host} does not resolve",
        ),
        (
            "dns error\n  cause: failed to lookup address information: Try again",
            "no name server responded when looking up {host}",
        ),
        ("something uv never said before", "something uv never said before"),
    ],
)
def test_a_failed_connection_is_said_in_plain_words(reason: str, plain: str) -> None:
    named = explained(
        CONNECTION.format(url="http://127.0.0.1:9/simple/seldon-core/", reason=reason),
        replace(ATTEMPT, index=NOWHERE),
    )
    assert isinstance(named, IndexUnreachable)
    assert named.title == "The package index `http://127.0.0.1:9/simple` cannot be reached"
    assert named.cause == f"Connecting failed: {plain.format(host='127.0.0.1:9')}."
    public = explained(
        CONNECTION.format(url="https://public.example/simple/seldon-core/", reason=reason)
    )
    assert isinstance(public, NetworkUnreachable)
    assert (
        public.cause
        == f"The build needs packages, and connecting to https://public.example failed: {plain.format(host='public.example')}."
    )


def test_unreachable_url_requirement_is_not_taken_for_an_index() -> None:
    url = "https://files.example/x-1.0-py3-none-any.whl"
    output = CONNECTION.format(
        url=url,
        reason="dns error\n  cause: failed to lookup address information: Name does not resolve",
    )
    error = explained(
        f"error: Failed to download `x @ {url}`\n  cause: {output.removeprefix('error: ')}"
    )
    assert isinstance(error, DownloadFailed)
    assert (
        error.cause == f"x @ {url}\nThe download failed: the name files.example does not resolve."
    )


@pytest.mark.parametrize(
    ("certificate", "why", "fix"),
    [
        (
            "UnknownIssuer",
            "it is not signed by a CA certificate that the build trusts",
            "Add your CA certificate to the build",
        ),
        ("Expired", "it has expired", "Install a certificate on the server"),
        (
            "NotValidForName",
            "it is for another host",
            "Install a certificate on the server",
        ),
        (
            "Other(OtherError(CaUsedAsEndEntity))",
            "it is a self-signed CA certificate, which a server cannot use",
            "Install a certificate on the server",
        ),
    ],
)
def test_a_certificate_that_is_refused_is_explained(certificate: str, why: str, fix: str) -> None:
    url = "https://inside:8443/simple/seldon-core/"
    index = Index(extra=("https://bob:secret@inside:8443/simple",))
    error = explained(
        CONNECTION.format(url=url, reason=f"invalid peer certificate: {certificate}"),
        replace(ATTEMPT, index=index),
    )
    assert isinstance(error, TlsNotTrusted)
    assert error.title == "The TLS certificate of `https://inside:8443/simple` is not trusted"
    assert error.cause == f"Verifying it failed: {why}."
    assert error.fixes[0].startswith(fix)
    assert error.fixes[-1].endswith("PIP_TRUSTED_HOST=inside:8443")


REFUSALS = {
    401: "An index URL ({url}) could not be queried due to a lack of valid authentication credentials (401 Unauthorized)",
    403: "An index ({url}) returned a 403 Forbidden error. Check that the index URL is correct and the credentials are valid.",
}


@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize(
    ("source", "given"),
    [
        (
            origin.NOWHERE,
            "There is no user and password for it, neither in its URL nor in a binding.",
        ),
        (
            origin.variable("EXTRA_INDEX_URL"),
            "It rejected the user and password from EXTRA_INDEX_URL.",
        ),
        (
            Origin(kind=Kind.NETRC, name="corp"),
            "It rejected the user and password from the netrc of the binding corp.",
        ),
    ],
)
def test_an_index_that_refuses_is_named(status: int, source: Origin, given: str) -> None:
    refusing = "http://inside:8080/simple"
    credentials = ((refusing, source),) if source is not origin.NOWHERE else ()
    index = Index(
        default="http://other:pass@mirror/simple", extra=(refusing,), credentials=credentials
    )
    said = no_solution(
        f"Because mine was not found in the package registry and you require mine, {UNSATISFIABLE}",
        REFUSALS[status].format(url="http://inside:8080/simple"),
    )
    error = explained(said, replace(ATTEMPT, index=index))
    assert isinstance(error, IndexRefused)
    assert error.title == f"The package index `http://inside:8080/simple` denied access ({status})"
    assert error.cause == given


def test_an_index_with_a_fault_of_its_own_is_not_the_users() -> None:
    url = "http://127.0.0.1:9/simple/pandas/"
    error = explained(
        f"error: Request failed after 3 retries in 10.1s\n  cause: Failed to fetch: {url}\n"
        f"  cause: HTTP status server error (500 Internal Server Error) for url ({url})",
        replace(ATTEMPT, index=NOWHERE),
    )
    assert isinstance(error, IndexFails)
    assert error.cause == "It responded with 500 (Internal Server Error)."


COMPILED = """\
Resolved 37 packages in 4.90s
   Building fast @ file:///workspace/fast
error: Failed to build `{package}`
  cause: The build backend returned an error
  cause: Call to `setuptools.build_meta:__legacy__.build_wheel` failed (exit status: 1)
         [stdout]
         running bdist_wheel
         running build_ext
         building 'fast' extension
         gcc -fno-strict-overflow -DNDEBUG -I/layers/seldon_python/cache/uv/builds-v0/.tmptdDJzw/include -c fast.c -o build/fast.o
         [stderr]
         fast.c:1:10: fatal error: {header}: No such file or directory
             1 | #include <{header}>
               |          ^~~~~~~
         compilation terminated.
         error: Command '['gcc', '-fno-strict-overflow', '-c', 'fast.c', '-o', 'build/fast.o']' returned non-zero exit status 1.
hint: This error likely indicates that you need to install a library that provides `{header}` for `{package}`"""


@pytest.mark.parametrize(
    ("header", "missing", "fix"),
    [
        ("ffi.h", "libffi's headers", "Add libffi-dev to the build image"),
        ("openssl/ssl.h", "OpenSSL's headers", "Add libssl-dev to the build image"),
        ("vendor/thing.h", "the header vendor/thing.h", "Build its wheel elsewhere"),
    ],
)
def test_what_a_compiler_missed_is_guessed(header: str, missing: str, fix: str) -> None:
    error = explained(COMPILED.format(package="fast @ file:///workspace/fast", header=header))
    assert isinstance(error, BuildFromSourceFailed)
    assert error.title == "`./fast` could not be built from source"
    assert (
        error.cause
        == f"It is a local folder, so it must be built, and the build failed. Missing: {missing}."
    )
    assert error.fixes[0].startswith(fix)
    assert error.tail == (
        f"fast.c:1:10: fatal error: {header}: No such file or directory",
        f"    1 | #include <{header}>",
        "      |          ^~~~~~~",
        "compilation terminated.",
    )


def test_package_that_does_not_build_is_named_with_its_version() -> None:
    error = explained(COMPILED.format(package="fast==1.0", header="ffi.h"))
    assert error.title == "`fast==1.0` could not be built from source"
    assert (
        error.cause
        == "It has no wheel that can be used, so it was built from source, and the build failed. Missing: libffi's headers."
    )


RAISED = """\
error: {what}
  cause: Call to `setuptools.build_meta:__legacy__.get_requires_for_build_wheel` failed (exit status: 1)
         [stderr]
         Traceback (most recent call last):
           File "<string>", line 14, in <module>
           File "/layers/seldon_python/cache/uv/builds-v0/.tmpvbvr5B/lib/python3.12/site-packages/setuptools/build_meta.py", line 317, in run_setup
             exec(code, locals())  # noqa: S102 # exec is intentional here
             ^^^^^^^^^^^^^^^^^^^^
           File "<string>", line 1, in <module>
         {error}"""


@pytest.mark.parametrize(
    ("raised", "missing", "fix"),
    [
        (
            "ModuleNotFoundError: No module named 'pkg_resources'",
            " Missing: the Python module pkg_resources.",
            "Build it with an older setuptools",
        ),
        (
            "ModuleNotFoundError: No module named 'numpy'",
            " Missing: the Python module numpy.",
            "List what its build requires in ./fast/pyproject.toml",
        ),
        (
            "RuntimeError: FAST_VERSION is not set",
            "",
            "Correct ./fast: the output below shows what failed.",
        ),
    ],
)
def test_an_exception_of_a_build_is_shown_without_its_calls(
    tmp_path: Path, raised: str, missing: str, fix: str
) -> None:
    (tmp_path / "fast").mkdir()
    # uv builds a folder without a name to learn it, and then does not say which it was.
    attempt = replace(ATTEMPT, app=tmp_path, local=(tmp_path / "fast",))
    error = explained(
        RAISED.format(what="The build backend returned an error", error=raised), attempt
    )
    assert isinstance(error, BuildFromSourceFailed)
    assert error.title == "`./fast` could not be built from source"
    assert (
        error.cause == f"It is a local folder, so it must be built, and the build failed.{missing}"
    )
    assert error.fixes[0].startswith(fix)
    assert error.tail == (raised,)


def test_missing_build_requirement_is_said_to_be_for_the_build(tmp_path: Path) -> None:
    (tmp_path / "fast").mkdir()
    error = explained(
        "error: Failed to resolve requirements from `setup.py` build\n  cause: No solution found when resolving: `setuptools>=40.8.0`\n"
        f"  cause: Because setuptools was not found in the package registry and you require setuptools>=40.8.0, {UNSATISFIABLE}",
        Attempt(
            index=Index(default="http://inside/simple"),
            python="3.12.1",
            wrapper="1.17.1",
            app=tmp_path,
            local=(tmp_path / "fast",),
        ),
    )
    assert error.title == "The package `setuptools` was not found"
    assert error.cause == "Building ./fast from source requires it. Searched: http://inside/simple."


def test_git_is_quoted_and_its_credentials_are_not() -> None:
    error = explained(
        "   Updating http://127.0.0.1:9/x.git (main)\n"
        "error: Failed to download and build `mine @ git+http://token@127.0.0.1:9/x.git@main`\n"
        "  cause: Git operation failed\n"
        "  cause: failed to clone into: /layers/seldon_python/cache/uv/git-v2/db/d24da47c3c9ed1c1\n"
        "  cause: process didn't exit successfully: `/usr/bin/git fetch 'http://token@127.0.0.1:9/x.git'` (exit status: 128)\n"
        "         --- stderr\n"
        "         fatal: unable to access 'http://token@127.0.0.1:9/x.git/': Failed to connect to 127.0.0.1 port 9"
    )
    assert isinstance(error, VcsFailed)
    assert error.cause == (
        "mine @ git+http://127.0.0.1:9/x.git@main\n"
        "git says: unable to access 'http://127.0.0.1:9/x.git/': Failed to connect to 127.0.0.1 port 9"
    )


@pytest.mark.parametrize(
    ("output", "kind", "title"),
    [
        (
            "error: Failed to download `six==1.16.0`\n  cause: Hash mismatch for `six==1.16.0`\n         Expected:\n           sha256:00\n"
            "         Computed:\n           sha256:8a",
            HashMismatch,
            "The hash of `six==1.16.0` does not match",
        ),
        (
            "Resolved 41 packages in 1.06s\nerror: Failed to download `scipy==1.17.1`\n  cause: Failed to extract archive\n"
            "  cause: No space left on device (os error 28)",
            DiskFull,
            "The disk is full",
        ),
        (
            "error: Failed to read `--find-links` directory: /workspace/wheels\n  cause: No such file or directory (os error 2)",
            WheelFolderMissing,
            "The wheel folder `./wheels` does not exist",
        ),
        (
            "error: Distribution not found at: file:///workspace/mine",
            LocalPackageMissing,
            "`./mine` does not exist",
        ),
        (
            'error: Unsupported `Content-Type` "application/json" for `http://127.0.0.1:9/simple/six/`. Expected JSON or HTML.',
            NotAnIndex,
            "`http://127.0.0.1:9/simple` does not look like a package index",
        ),
        ("error: something new", InstallFailed, "Installing your requirements failed"),
    ],
)
def test_other_failures_have_a_name_too(output: str, kind: type[BuildError], title: str) -> None:
    error = explained(output, replace(ATTEMPT, index=NOWHERE))
    assert (type(error), error.title) == (kind, title)


def test_why_an_interpreter_could_not_be_had_is_a_clause() -> None:
    missing = Outcome(
        2, ("error: No download found for request: cpython-3.12.99-linux-x86_64-gnu",)
    )
    assert diagnosis.reason(missing, "3.12.99") == "it has no 3.12.99"
    away = CONNECTION.format(
        url="https://files.example/cpython.tar.gz",
        reason="failed to lookup address information: Name does not resolve",
    )
    assert (
        diagnosis.reason(Outcome(1, tuple(away.splitlines())), "3.11")
        == "the name files.example does not resolve"
    )


@pytest.mark.parametrize(
    ("top", "one", "none", "wrong"),
    [
        ((200, "text/html"), (404, "text/html"), (404, "text/html"), ""),
        ((404, ""), (200, "text/html"), (404, ""), ""),
        ((404, ""), (404, ""), (404, ""), "it has neither a root page nor a page for mine (404)"),
        (
            (200, "text/html"),
            (200, "text/html"),
            (200, "text/html"),
            "it sends a page (text/html) for any name, even for one that no index has",
        ),
        ((200, "image/png"), (404, ""), (404, ""), "it sends image/png, neither HTML nor its JSON"),
    ],
)
def test_an_index_is_told_from_what_is_none(
    top: tuple[int, str], one: tuple[int, str], none: tuple[int, str], wrong: str
) -> None:
    assert server_probe.describe_difference(top, one, none, "mine") == wrong


@pytest.mark.parametrize(
    ("cause", "asks"),
    [
        (
            "Because you require setuptools==82.0.1 and setuptools<82, " + UNSATISFIABLE,
            "your requirements require setuptools==82.0.1",
        ),
        (
            "Because all versions of mine depend on setuptools>=82 and you require mine, we can conclude that you require setuptools>=82.\n"
            f"         And because you require setuptools<82, {UNSATISFIABLE}",
            "mine requires setuptools>=82",
        ),
    ],
)
def test_a_setuptools_that_is_too_new_is_the_wrappers_conflict(cause: str, asks: str) -> None:
    found = explained(no_solution(cause))
    assert isinstance(found, WrapperConflict)
    assert f"seldon-core 1.17.1 requires setuptools<82\n  {asks}\n" in found.cause


def test_a_lock_is_to_be_made_together_with_the_wrapper() -> None:
    cause = (
        "Because seldon-core==1.17.1 depends on numpy<2.0.0 and you require seldon-core==1.17.1, we can conclude that you require "
        f"numpy<2.0.0.\n         And because you require numpy==2.1.0, {UNSATISFIABLE}"
    )
    for lock, command in (
        ("uv.lock", "uv add --dev"),
        ("pylock.toml", "pip lock -r requirements.in"),
    ):
        fix = explained(no_solution(cause), replace(ATTEMPT, lock=lock)).fixes[1]
        assert fix.endswith(f"\n{command} 'seldon-core==1.17.1' 'setuptools<82'")


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (
            "error: Multiple top-level packages discovered in a flat-layout: ['data', 'notebooks'].",
            "(data, notebooks)",
        ),
        ("error: Multiple top-level modules discovered in a flat-layout: ['a', 'b'].", "(a, b)"),
        (
            "ValueError: Unable to determine which files to ship inside the wheel using the following heuristics: x",
            "files to ship inside the wheel.",
        ),
        (
            "poetry.core.masonry.utils.module.ModuleOrPackageNotFoundError: No file/folder found for package mine",
            "found for package mine.",
        ),
        ("ValueError: No file/folder found for module mine", "found for module mine."),
    ],
)
def test_a_project_without_a_package_is_named(said: str, found: str) -> None:
    output = (
        "error: Failed to build `mine @ ./.`\n  cause: The build backend returned an error\n"
        f"  cause: Call to `backend.build_editable` failed (exit status: 1)\n\n         [stderr]\n         {said}\n"
    )
    error = explained(output)
    assert isinstance(error, ProjectWithoutPackage)
    assert found in error.cause


def test_project_without_a_package_is_named_when_uv_builds_it() -> None:
    output = "error: Failed to build `mine @ .`\n  cause: Expected a Python module at: src/mine/__init__.py\n"
    assert isinstance(explained(output), ProjectWithoutPackage)


def test_the_stop_behind_a_sentence_is_no_part_of_a_version() -> None:
    cause = (
        "Because only seldon-core==1.17.1 is available and seldon-core==1.17.1 depends on numpy<2.0.0.\n"
        f"         And because you require seldon-core==1.17.1 and numpy==2.1.0, {UNSATISFIABLE}"
    )
    assert "requires numpy<2.0.0\n" in explained(no_solution(cause)).cause
