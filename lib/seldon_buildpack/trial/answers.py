"""The requests that the model must answer in its trial, and what its answers mean."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from seldon_buildpack.messages.errors import trial as errors
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.settings.model_trial import ModelTrial
from seldon_buildpack.trial.report import read_entries
from seldon_buildpack.trial.runner import Ending, Outcome

_REQUESTS = ".seldon/requests"
_CONTRACT = "contract.json"
_TAIL = 8
_TRACEBACK = "Traceback (most recent call last)"
_OK = 200


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The answer to a request over one of the APIs."""

    # The file that the request comes from, and its start.
    name: str
    request: str
    # REST or gRPC, and its status.
    api: str
    status: int
    # The start of the answer, and of the expected one.
    text: str
    expected: str
    # Whether the answer is not like the expected one.
    differs: bool
    seconds: float


def has_requests(app: Path, level: ModelTrial) -> bool:
    """Return whether the source has requests that this level sends."""
    if level in (ModelTrial.IMPORT, ModelTrial.LOAD):
        return False
    if level is ModelTrial.ANSWER and (app / _CONTRACT).is_file():
        return True
    return any((app / _REQUESTS).glob("*.json"))


def check_answers(outcome: Outcome) -> str:
    """Return a summary of the answers for the log.

    Raises:
        BuildError: A request was not answered as it should be.
    """
    entries = list(read_entries(outcome.report))
    tail = _traceback(outcome.output)
    for entry in entries:
        match entry.get("unreadable"):
            case {"name": str(name), "message": str(message)}:
                raise errors.TrialRequestUnreadable(name, message)
    answers = list(_answers(entries))
    for answer in answers:
        if error := _explain(answer, tail):
            raise error
    if outcome.ending is not Ending.BY_THEMSELVES or not any(e.get("end") for e in entries):
        raise errors.TrialNotServed(outcome.ending is Ending.TIMED_OUT, tail)
    return _summarize(answers, outcome.memory)


def _summarize(answers: Sequence[Answer], memory: int) -> str:
    names = {answer.name for answer in answers}
    apis = " and ".join(dict.fromkeys(answer.api for answer in answers))
    spent = sum(answer.seconds for answer in answers) * 1000
    count = f"{len(names)} request{'' if len(names) == 1 else 's'}"
    return f"answered {count} over {apis} in {spent:.0f} ms, {memory / 1e6:.0f} MB"


def _answers(entries: Sequence[dict[str, Any]]) -> Iterator[Answer]:
    for entry in entries:
        match entry.get("answered"):
            case {
                "name": str(name),
                "api": "REST" | "gRPC" as api,
                "status": int(status),
                "answer": str(text),
                "request": str(request),
                "seconds": float(seconds),
                **more,
            }:
                yield Answer(
                    name=name,
                    request=request,
                    api=api,
                    status=status,
                    text=text,
                    expected=str(more.get("expected", "")),
                    differs=more.get("differs") is True,
                    seconds=seconds,
                )


def _explain(answer: Answer, tail: Sequence[str]) -> BuildError | None:
    facts = (answer.name, answer.request, answer.api)
    if answer.status != _OK:
        of_contract = answer.name == _CONTRACT
        return errors.TrialRequestFailed(
            *facts, answer.status, _compact(answer.text), of_contract, tail
        )
    if answer.differs:
        return errors.TrialAnswerDiffers(*facts, _compact(answer.text), answer.expected)
    return None


def _compact(text: str) -> str:
    """Return JSON on one line, and other text as it is."""
    try:
        return json.dumps(json.loads(text))
    except (ValueError, RecursionError):
        return text


def _traceback(output: str) -> list[str]:
    """Return the end of the last traceback that was printed, for display; else the last lines."""
    # Lines of carets are left out.
    lines = [line.rstrip() for line in output.splitlines() if line.strip(" ^~")]
    starts = [number for number, line in enumerate(lines) if line.startswith(_TRACEBACK)]
    if not starts:
        return lines[-_TAIL:]
    block = list(takewhile(lambda line: line.startswith(" "), lines[starts[-1] + 1 :]))
    end = starts[-1] + 1 + len(block)
    return [*block[-_TAIL:], *lines[end : end + 1]]
