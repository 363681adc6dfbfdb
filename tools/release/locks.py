"""The locks: the wrapper's in two sets for each Python, those of the buildpack's libraries and of the tools; how they are renewed, and what that changed."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from uv import find_uv_bin

from tools.core.steps import Workspace, announced, run

# The platform whose wheels are locked: the newest manylinux that runs on glibc 2.36 and has wheels of everything.
_PLATFORM = "x86_64-manylinux_2_28"


def sets(ws: Workspace) -> Mapping[str, tuple[str, ...]]:
    """The wrapper's sets of pins, each with the Pythons it is locked for."""
    return {pins: tuple(minors) for pins, minors in ws.versions["wrapper"]["pins"].items()}


def folder(ws: Workspace, pins: str) -> Path:
    """Where the locks of a set of the default wrapper stand."""
    return (
        ws.checkout
        / f"lib/seldon_buildpack/locks/seldon-core-{ws.versions['wrapper']['seldon_core']}"
        / pins
    )


def of_wrapper(ws: Workspace, pins: str, minor: str) -> Path:
    """The wrapper's lock of a set for a Python."""
    return folder(ws, pins) / f"py{minor}.txt"


def entries(text: str) -> dict[str, str]:
    """The requirements of a lock by name, each with its hashes and its last newline, as they stand."""
    found = re.findall(r"(?m)^(([A-Za-z0-9._-]+)==(?:.*\\\n)*.*\n)", text)
    return {name: entry for entry, name in found}


def versions(text: str) -> dict[str, str]:
    """The version of each package that a lock names."""
    return {name: entry.split("==")[1].split()[0] for name, entry in entries(text).items()}


def renew(ws: Workspace) -> str:
    """Resolve everything that is pinned anew and return what changed, as lines for a person. Needs an index."""
    compiled = dict(targets(ws))
    before = {target: target.read_text() if target.is_file() else "" for target in compiled}
    with announced("Locking the wrapper, the buildpack's libraries and the tools"):
        for target, words in compiled.items():
            common = (
                "--generate-hashes",
                "--no-header",
                "--no-annotate",
                "--upgrade",
                "--no-config",
                "--system-certs",
                "--quiet",
            )
            run(
                find_uv_bin(),
                "pip",
                "compile",
                *common,
                "--cache-dir",
                ws.work / "cache/uv",
                *words,
                "-o",
                target,
                timeout=600,
            )
    return changes(
        {
            str(target.relative_to(ws.checkout)): (text, target.read_text())
            for target, text in before.items()
        }
    )


def targets(ws: Workspace) -> Iterator[tuple[Path, tuple[str | Path, ...]]]:
    """Every lock with what uv compiles it from."""
    default = ws.versions["python"]["default"]
    for pins, minors in sets(ws).items():
        overrides = folder(ws, pins) / "overrides.txt"
        lifted = ("--override", overrides) if overrides.is_file() else ()
        for minor in minors:
            choice = ("--python-version", minor, "--python-platform", _PLATFORM)
            yield (
                of_wrapper(ws, pins, minor),
                (*choice, *lifted, folder(ws, pins) / "requirements.in"),
            )
    for minor, release in ws.versions["wrapper"]["conda_only"].items():
        source = (
            ws.checkout
            / f"lib/seldon_buildpack/locks/seldon-core-{release}/upstream/requirements-py{minor}.in"
        )
        yield (
            source.with_name(f"py{minor}.txt"),
            ("--python-version", minor, "--python-platform", _PLATFORM, source),
        )
    yield (
        ws.checkout / "tools/programs.txt",
        (
            "--python-version",
            default,
            "--python-platform",
            _PLATFORM,
            ws.checkout / "tools/programs.in",
        ),
    )
    # One lock for every Python: each takes the newest releases that still know it.
    oldest, source = ws.versions["python"]["supported"][0], ws.checkout / "tools/watcher.in"
    yield source.with_suffix(".txt"), ("--python-version", oldest, "--universal", source)
    for name, minor in (
        ("tools/requirements", "3.11"),
        ("tools/audit", "3.11"),
        ("tools/go/requirements", "3.11"),
        ("lib/requirements", default),
    ):
        yield (
            ws.checkout / f"{name}.txt",
            ("--python-version", minor, "--universal", ws.checkout / f"{name}.in"),
        )


def changes(locks: Mapping[str, tuple[str, str]]) -> str:
    """A table of the versions that differ between two states of locks, for each lock by its name; one line where none does."""
    lines = []
    for name, (before, after) in locks.items():
        old, new = versions(before), versions(after)
        changed = [
            package for package in sorted({*old, *new}) if old.get(package) != new.get(package)
        ]
        if changed:
            width = max(len(package) for package in changed)
            lines += [
                name,
                *(
                    f"  {package:{width}}  {old.get(package, '-')} -> {new.get(package, '-')}"
                    for package in changed
                ),
            ]
    return "\n".join(lines or ["No version changed."])
