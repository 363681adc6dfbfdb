"""A check of the pin sets and the buildpack's libraries for known vulnerabilities.

It uses pip-audit.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uv import find_uv_bin

from tools.core.steps import ToolError, Workspace, run, run_once
from tools.release import locks

# In this order: the first that responds is used. The second is PyPI's own list, from another API
# than the one for packages.
_SERVICES = ("osv", "pypi")


@dataclass(frozen=True)
class Pin:
    """A release of a package."""

    name: str
    version: str


@dataclass(frozen=True)
class Vulnerability:
    """A vulnerability: its id, its aliases, and the releases that fix it."""

    id: str
    aliases: tuple[str, ...]
    fixed_in: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """A database's response: vulnerabilities by release, and releases it does not know."""

    service: str
    known: Mapping[Pin, tuple[Vulnerability, ...]]
    unknown: frozenset[Pin]


def report_vulnerabilities(ws: Workspace) -> str:
    """Return a report on everything that is locked for the image or runs in a build.

    Raises:
        ToolError: No database responds. Nothing is known then, which differs from "no
            vulnerabilities found".
    """
    places = _list_pins(ws)
    program = _install_pip_audit(ws)
    asked = sorted(
        {pin for pins in places.values() for pin in pins}, key=lambda pin: (pin.name, pin.version)
    )
    reasons = []
    for service in _SERVICES:
        answer = _ask_service(ws, program, service, asked)
        if isinstance(answer, Answer):
            return format_report(places, answer)
        reasons.append(f"{service}: {answer}")
    raise ToolError(
        "No vulnerability database can be reached, so no package was checked.",
        "Run make audit where one can be reached, or set SELDON_BUILDPACK_OSV_URL to the URL of an OSV mirror.\n    "
        + "\n    ".join(reasons),
    )


def format_report(places: Mapping[str, frozenset[Pin]], answer: Answer) -> str:
    """Format the vulnerable releases of each lock, and the releases unknown to the database."""
    lines = [f"According to {answer.service}:"]
    for place, pins in places.items():
        vulnerable = {
            pin: answer.known[pin]
            for pin in sorted(pins, key=lambda pin: (pin.name, pin.version))
            if pin in answer.known
        }
        lines.append(
            f"{place}: {len(vulnerable)} of {len(pins)} releases with known vulnerabilities"
        )
        for pin, known in vulnerable.items():
            lines += [
                f"  {pin.name} {pin.version}  {_describe(vulnerability)}" for vulnerability in known
            ]
    if answer.unknown:
        names = ", ".join(sorted(f"{pin.name} {pin.version}" for pin in answer.unknown))
        lines.append(f"Not in the database, so not checked: {names}")
    return "\n".join(lines)


def _describe(known: Vulnerability) -> str:
    return f"{' '.join((known.id, *known.aliases))}, {'fixed in ' + ', '.join(known.fixed_in) if known.fixed_in else 'not fixed in any release'}"


def parse_answer(service: str, asked: Iterable[Pin], documents: Iterable[str]) -> Answer | None:
    """Parse pip-audit's JSON documents; return None if they cover no release at all.

    pip-audit treats a 404 as a package that is unknown to the database. If the database itself is
    missing, that applies to every package, and pip-audit still prints "No known vulnerabilities
    found".
    """
    known: dict[Pin, tuple[Vulnerability, ...]] = {}
    answered: set[Pin] = set()
    for document in documents:
        for entry in json.loads(document)["dependencies"]:
            if "skip_reason" in entry:
                continue
            pin = Pin(entry["name"], entry["version"])
            answered.add(pin)
            if entry["vulns"]:
                known[pin] = tuple(
                    _parse_vulnerability(vulnerability) for vulnerability in entry["vulns"]
                )
    return Answer(service, known, frozenset(asked) - answered) if answered else None


def _parse_vulnerability(entry: Mapping[str, Any]) -> Vulnerability:
    return Vulnerability(entry["id"], tuple(entry["aliases"]), tuple(entry["fix_versions"]))


def split_rounds(asked: Iterable[Pin]) -> list[list[Pin]]:
    """Split releases into lists without duplicate packages.

    A requirements file can't have duplicates.
    """
    lists: list[dict[str, Pin]] = []
    for pin in asked:
        free = next((round_ for round_ in lists if pin.name not in round_), None)
        if free is None:
            free = {}
            lists.append(free)
        free[pin.name] = pin
    return [list(round_.values()) for round_ in lists]


def _list_pins(ws: Workspace) -> Mapping[str, frozenset[Pin]]:
    """List the pins to check, grouped by where they are used."""
    files = {
        f"seldon-core's {pins} set, Python {minors[0]} to {minors[-1]}": [
            locks.wrapper_lock_path(ws, pins, minor) for minor in minors
        ]
        for pins, minors in locks.list_pin_sets(ws).items()
    }
    files["the buildpack's own libraries"] = [ws.checkout / "lib/requirements.txt"]
    return {
        place: frozenset(
            Pin(name, version)
            for path in paths
            for name, version in locks.parse_versions(path.read_text()).items()
        )
        for place, paths in files.items()
    }


def _install_pip_audit(ws: Workspace) -> Path:
    """Install pip-audit into its own environment, pinned by tools/audit.txt."""
    pinned, folder = ws.checkout / "tools/audit.txt", ws.work / "audit"

    def make() -> None:
        common = ("--quiet", "--no-config", "--cache-dir", ws.work / "cache/uv")
        run(find_uv_bin(), "venv", *common, "--clear", "--python", sys.executable, folder)
        install = (
            "pip",
            "install",
            *common,
            "--system-certs",
            "--require-hashes",
            "--only-binary",
            ":all:",
        )
        run(find_uv_bin(), *install, "--python", folder / "bin/python", "-r", pinned, timeout=600)

    run_once(
        ws,
        "pip-audit",
        "audit",
        {"pinned": pinned.read_text(), "python": sys.version},
        [folder / "bin/pip-audit"],
        make,
    )
    return folder / "bin/pip-audit"


def _ask_service(ws: Workspace, program: Path, service: str, asked: list[Pin]) -> Answer | str:
    """Query a database, and return its response or the reason why there is none."""
    scratch = ws.work / "tmp/audit.txt"
    scratch.parent.mkdir(parents=True, exist_ok=True)
    flags = [
        "--disable-pip",
        "--no-deps",
        "--format",
        "json",
        "--desc",
        "off",
        "--progress-spinner",
        "off",
        "--cache-dir",
        str(ws.work / "cache/audit"),
    ]
    if service == "osv" and (url := os.environ.get("SELDON_BUILDPACK_OSV_URL")):
        flags += ["--osv-url", url]
    documents = []
    for pins in split_rounds(asked):
        scratch.write_text("".join(f"{pin.name}=={pin.version}\n" for pin in pins))
        command = [
            str(program),
            "--vulnerability-service",
            service,
            *flags,
            "--requirement",
            str(scratch),
        ]
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        # The exit code 1 means that something was found, or that pip-audit failed.
        if not done.stdout.startswith("{"):
            return (
                done.stderr.strip().splitlines() or [f"pip-audit failed with {done.returncode}"]
            )[-1]
        documents.append(done.stdout)
    return (
        parse_answer(service, asked, documents)
        or "it knows none of these packages, so it is not the database"
    )
