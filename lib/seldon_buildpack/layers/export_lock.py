"""Install arguments for a lock file: its pins and hashes, resolved with the wrapper.

uv installs a pylock.toml only on its own, and syncs a uv.lock only to the project's own
environment, so neither can be combined with the wrapper. Exported as requirements files, both are
installed like every other manifest, from the configured index.
"""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from seldon_buildpack.commands.uv import Outcome, Uv
from seldon_buildpack.manifests import lock_files, pylock, uv_lock
from seldon_buildpack.manifests.requirements_txt import Requirements
from seldon_buildpack.messages.errors.lockfiles import LockNotForHere, LockOutOfDate, LockUnreadable
from seldon_buildpack.names import canonical

if TYPE_CHECKING:
    from packaging.pylock import Package
    from packaging.tags import Tag

_STALE = "Resolving despite existing lockfile due to "
_NEEDS = re.compile(r"Requirement \{ name: .*?origin: None \}")
_NAME = re.compile(r"PackageName\(\"([^\"]+)\"\)")


def arguments(lock: Requirements, interpreter: Path, uv: Uv, scratch: Path) -> list[str]:
    """Return uv's arguments for a lock; files are written to ``scratch``.

    Raises:
        LockOutOfDate: pyproject.toml has changed since uv.lock was made.
        LockUnreadable: uv cannot read the lock.
        LockNotForHere: The lock does not support this Python or platform.
    """
    app, pins = lock.path.parent, scratch / "locked.txt"
    if lock.path.name == lock_files.PYLOCK:
        pins.write_text("".join(f"{line}\n" for line in _lines(app, _full_version(interpreter))))
        return ["-r", str(pins)]
    _refuse_stale(lock, interpreter, uv)
    outcome = uv.run(
        [
            "export",
            "--frozen",
            "--offline",
            "--no-default-groups",
            "--no-header",
            "--no-annotate",
            "--output-file",
            str(pins),
        ],
        app,
        quiet=True,
    )
    if outcome.code:
        raise LockUnreadable(lock.path.name, _last_words(outcome), "Regenerate it: `uv lock`.")
    # The lock records each package's source. [tool.uv.sources] could lead to an index that has
    # changed since.
    return ["-r", str(pins), "--no-sources", *_overrides(app, pins, scratch)]


def _refuse_stale(lock: Requirements, interpreter: Path, uv: Uv) -> None:
    """Check that uv.lock was made from the current pyproject.toml.

    uv reports a change before it starts to resolve, so no network is needed. Indexes that are not
    configured in the project (a user's own) must be passed, or uv considers the lock outdated.

    Raises:
        LockOutOfDate: pyproject.toml has changed.
    """
    indexes = {
        "UV_NO_CONFIG": "false",
        "UV_INDEX": " ".join((*lock.index.extra_index_urls, lock.index.index_url)).strip(),
    }
    check = ["lock", "--check", "--offline", "--verbose", "--python", str(interpreter)]
    outcome = uv.run(
        check,
        lock.path.parent,
        {name: value for name, value in indexes.items() if value},
        quiet=True,
    )
    if not outcome.code:
        return
    reason, differing = _why_stale(outcome)
    # Without requires-python, uv uses the running Python's version, which may not be the one
    # that the lock was made with.
    if not reason or (
        reason.startswith("change in Python requirement")
        and "No `requires-python` value found" in outcome.text
    ):
        differing = uv_lock.changed_requirements(lock.path.parent)
        if not differing:
            return
    raise LockOutOfDate(lock.path.name, reason, differing)


def _why_stale(outcome: Outcome) -> tuple[str, list[str]]:
    """Return uv's reason to resolve again, and the packages with changed requirements.

    The reason is empty if uv gave none; the packages are empty if they are not the reason.
    """
    start = next((number for number, line in enumerate(outcome.lines) if _STALE in line), None)
    if start is None:
        return "", []
    requested, existing = (
        set(_NEEDS.findall(line)) for line in (*outcome.lines[start + 1 : start + 3], "", "")[:2]
    )
    names = {_NAME.findall(need)[0] for need in requested ^ existing}
    return outcome.lines[start].partition(_STALE)[2].rstrip(":"), sorted(names)


def _full_version(interpreter: Path) -> str:
    command = [str(interpreter), "-I", "-c", "import platform; print(platform.python_version())"]
    env = {"PATH": "/usr/bin:/bin"}
    return subprocess.run(
        command, check=True, capture_output=True, text=True, env=env
    ).stdout.strip()


def _last_words(outcome: Outcome) -> str:
    """Return uv's error for the lock, without the excerpt of the lock that it quotes."""
    lines = [re.sub(r"^(?:error|  cause): ", "", line).strip() for line in outcome.lines]
    return ": ".join(
        line for line in lines if line and not re.match(r"\d* *\||warning: ", line)
    ).rstrip(".")


def _overrides(app: Path, pins: Path, scratch: Path) -> list[str]:
    """Return options that apply the project's override-dependencies.

    The lock's versions of these packages must override what other packages require here, too.
    """
    names = uv_lock.overrides(app)
    if not names:
        return []
    versions = re.findall(r"^([\w.-]+)==([^\s;\\]+)", pins.read_text(), re.MULTILINE)
    path = scratch / "overrides.txt"
    path.write_text(
        "".join(f"{name}=={version}\n" for name, version in versions if canonical(name) in names)
    )
    return ["--overrides", str(path)]


def _lines(app: Path, python: str) -> Iterator[str]:
    """Yield the packages of pylock.toml for this Python and platform, as requirements lines."""
    from packaging.markers import default_environment
    from packaging.pylock import PylockSelectError

    minor = ".".join(python.split(".")[:2])
    environment = default_environment()
    environment |= {
        "python_full_version": python,
        "python_version": minor,
        "implementation_version": python,
    }
    try:
        chosen = list(pylock.parse_pylock(app).select(environment=environment, tags=_tags(minor)))
    except PylockSelectError as error:
        raise LockNotForHere(lock_files.PYLOCK, minor, str(error)) from error
    for package, _ in chosen:
        yield _line(package)


def _line(package: "Package") -> str:
    if package.vcs:
        path = f"#subdirectory={package.vcs.subdirectory}" if package.vcs.subdirectory else ""
        return f"{package.name} @ {package.vcs.type}+{package.vcs.url or package.vcs.path}@{package.vcs.commit_id}{path}"
    if package.directory:
        folder = f"./{Path(package.directory.path, package.directory.subdirectory or '')}"
        return f"-e {folder}" if package.directory.editable else f"{package.name} @ {folder}"
    if package.archive:
        where = package.archive.url or f"./{package.archive.path}"
        path = (
            f"#subdirectory={package.archive.subdirectory}" if package.archive.subdirectory else ""
        )
        return f"{package.name} @ {where}{path}{_hashes(package.archive.hashes)}"
    wheels = "".join(_hashes(wheel.hashes) for wheel in package.wheels or ())
    return f"{package.name}=={_version(package)}{wheels}{_hashes(package.sdist.hashes) if package.sdist else ''}"


def _hashes(hashes: Mapping[str, str]) -> str:
    return "".join(f" --hash={name}:{value}" for name, value in hashes.items())


def _version(package: "Package") -> str:
    """Return a package's version.

    PEP 751 lets a lock omit it if the name of a file has it.
    """
    from packaging.utils import parse_sdist_filename, parse_wheel_filename

    version = package.version
    if not version and package.wheels:
        version = parse_wheel_filename(package.wheels[0].filename)[1]
    elif not version and package.sdist:
        version = parse_sdist_filename(package.sdist.filename)[1]
    return str(version)


def _tags(minor: str) -> "list[Tag]":
    """Return the tags of the image's interpreter: CPython, on the platform of this build."""
    from packaging.tags import compatible_tags, cpython_tags, platform_tags

    version, platforms = tuple(int(part) for part in minor.split(".")), list(platform_tags())
    return [
        *cpython_tags(version, platforms=platforms),
        *compatible_tags(version, f"cp{minor.replace('.', '')}", platforms),
    ]
