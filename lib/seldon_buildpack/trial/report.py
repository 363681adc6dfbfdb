"""The report of a trial, as the image's program (launch/model_trial.py) sends it.

The program runs in one process with the user's code, which can write anything to the report: each
entry is checked, and what does not fit is ignored.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

STEPS = ("import", "construct", "load")


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A step that failed."""

    phase: str
    # One of the kinds in launch/trial_failures.py and launch/model_trial.py.
    kind: str
    # What is known of it; which facts there are depends on the kind.
    facts: Mapping[str, Any]
    # The exception's type and message.
    type: str
    message: str
    # The last line of the user's code: file, line, text.
    user: tuple[str, int, str] | None
    # The files of the traceback, the last one last: those of the source are relative.
    files: tuple[str, ...] = ()

    def text(self, name: str) -> str:
        """Return a fact as a text, or an empty text."""
        value = self.facts.get(name, "")
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int:
        """Return a fact as a number, or 0."""
        value = self.facts.get(name, 0)
        return value if isinstance(value, int) else 0

    def texts(self, name: str) -> list[str]:
        """Return a fact as a list of texts."""
        value = self.facts.get(name, [])
        return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []

    def flag(self, name: str) -> bool:
        """Return whether a fact is true."""
        return self.facts.get(name) is True


@dataclass(kw_only=True)
class Report:
    """What is known of a trial."""

    # The step that began last; empty before the first.
    phase: str = ""
    # The finished steps, and whether each had something to do.
    done: dict[str, bool] = field(default_factory=dict)
    failure: Failure | None = None
    # Whether all steps were finished.
    complete: bool = False
    # The TCP ports on which the model listens.
    ports: list[int] = field(default_factory=list)
    # Libraries whose pickles are of another version: name, version that saved it, installed version.
    old_pickles: list[tuple[str, str, str]] = field(default_factory=list)


def read_report(data: bytes) -> Report:
    """Return what the lines of a report say."""
    report = Report()
    for entry in read_entries(data):
        if entry.get("begin") in STEPS:
            report.phase = entry["begin"]
        if entry.get("done") in STEPS:
            report.done[entry["done"]] = entry.get("result") is True
        if isinstance(entry.get("failure"), dict):
            report.failure = _failure(entry["failure"])
        if isinstance(entry.get("old_pickle"), dict):
            pickle = entry["old_pickle"]
            texts = [str(pickle.get(name, "")) for name in ("library", "saved", "installed")]
            report.old_pickles.append((texts[0], texts[1], texts[2]))
        if entry.get("end") is True:
            report.complete = True
            ports = entry.get("ports")
            report.ports = (
                [p for p in ports if isinstance(p, int)] if isinstance(ports, list) else []
            )
    return report


def read_entries(data: bytes) -> Iterator[dict[str, Any]]:
    """Yield the objects in the lines of a report."""
    for line in data.splitlines():
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict):
            yield entry


def _failure(entry: Mapping[str, Any]) -> Failure | None:
    if entry.get("phase") not in STEPS:
        return None
    user, frames, facts = entry.get("user"), entry.get("frames"), entry.get("facts")
    listed = frames if isinstance(frames, list) else []
    return Failure(
        phase=entry["phase"],
        kind=str(entry.get("kind", "")),
        facts=facts if isinstance(facts, dict) else {},
        type=str(entry.get("type", "")),
        message=str(entry.get("message", "")),
        user=_place(user),
        files=tuple(str(frame.get("file", "")) for frame in listed if isinstance(frame, dict)),
    )


def _place(user: object) -> tuple[str, int, str] | None:
    match user:
        case {"file": str(file), "line": int(line), "text": str(text)}:
            return file, line, text
    return None
