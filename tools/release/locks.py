"""The lock files of the wrapper, the buildpack's libraries and the tools."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from uv import find_uv_bin

from tools.core.steps import Workspace, announce, run

# The platform whose wheels are locked: the newest manylinux that runs on glibc 2.36 and for which
# all packages have wheels.
_PLATFORM = "x86_64-manylinux_2_28"


def list_pin_sets(ws: Workspace) -> Mapping[str, tuple[str, ...]]:
    """List the wrapper's pin sets, each with the Pythons that it is locked for."""
    return {pins: tuple(minors) for pins, minors in ws.versions["wrapper"]["pins"].items()}


def wrapper_locks_folder(ws: Workspace, pins: str) -> Path:
    """Return the folder with the default wrapper's locks for a pin set."""
    return (
        ws.checkout
        / f"lib/seldon_buildpack/locks/seldon-core-{ws.versions['wrapper']['seldon_core']}"
        / pins
    )


def wrapper_lock_path(ws: Workspace, pins: str, minor: str) -> Path:
    """Return the path of the wrapper's lock for a pin set and a Python."""
    return wrapper_locks_folder(ws, pins) / f"py{minor}.txt"


def parse_entries(text: str) -> dict[str, str]:
    """Return the requirements of a lock by name, verbatim and with their hashes."""
    entries = re.findall(r"(?m)^(([A-Za-z0-9._-]+)==(?:.*\\\n)*.*\n)", text)
    return {name: entry for entry, name in entries}


def parse_versions(text: str) -> dict[str, str]:
    """Return the version of each package in a lock."""
    return {name: entry.split("==")[1].split()[0] for name, entry in parse_entries(text).items()}


def renew_locks(ws: Workspace) -> str:
    """Regenerate all locks and return a report of the changes; this needs an index."""
    compiled = dict(list_targets(ws))
    before = {target: target.read_text() if target.is_file() else "" for target in compiled}
    with announce("Locking the wrapper, the buildpack's libraries and the tools"):
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
    return describe_changes(
        {
            str(target.relative_to(ws.checkout)): (text, target.read_text())
            for target, text in before.items()
        }
    )


def list_targets(ws: Workspace) -> Iterator[tuple[Path, tuple[str | Path, ...]]]:
    """List all locks, each with its inputs for uv pip compile."""
    default = ws.versions["python"]["default"]
    for pins, minors in list_pin_sets(ws).items():
        overrides = wrapper_locks_folder(ws, pins) / "overrides.txt"
        lifted = ("--override", overrides) if overrides.is_file() else ()
        for minor in minors:
            choice = ("--python-version", minor, "--python-platform", _PLATFORM)
            yield (
                wrapper_lock_path(ws, pins, minor),
                (*choice, *lifted, wrapper_locks_folder(ws, pins) / "requirements.in"),
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
    # One lock for every Python: each gets the newest releases that still support it.
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


def describe_changes(locks: Mapping[str, tuple[str, str]]) -> str:
    """Return a table of the versions that differ between two states of the locks.

    It is a single line if there are no differences.
    """
    lines = []
    for name, (before, after) in locks.items():
        old, new = parse_versions(before), parse_versions(after)
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
