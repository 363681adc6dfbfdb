"""The trial of the model: what the image's own program says when it starts the model.

The model is imported, constructed and loaded by seldon-serve from its layer, with the Python, the
packages and the variables that it will have in the image. Nothing of the build is in its
environment, and nothing that it writes reaches the image.
"""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.trial import SourceChanged, TrialLibraryMissing
from seldon_buildpack.messages.warnings import trial as warnings
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.settings.model_trial import ModelTrial
from seldon_buildpack.trial import processes, runner, sandbox, unchanged
from seldon_buildpack.trial.answers import check_answers, has_requests
from seldon_buildpack.trial.launch_environment import list_launch_layers, read_launch_environment
from seldon_buildpack.trial.report import Report, read_report
from seldon_buildpack.trial.runner import CannotRun, Ending, Outcome
from seldon_buildpack.trial.verdict import Circumstances, judge, package_of

# The PATH of the run image.
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What a shell returns if it cannot execute a program, or does not find it.
_NOT_STARTED = (126, 127)
_MUCH_PRINTED = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What to try, and with what."""

    # The directory with the source, as it will be in the image.
    app: Path
    # The directory with this buildpack's layers.
    layers: Path
    # Other folders that the layers link to.
    linked: Sequence[Path]
    # The program seldon-serve in its layer.
    program: Path
    level: ModelTrial
    # The limit of time.
    seconds: int
    # MODEL_NAME, the Python version, and the file that lists the packages.
    name: str
    python: str
    manifest: str
    # The path of REST that the source's requests are for.
    path: str = "/api/v1.0/predictions"
    # Whether something may change what the model has when the container runs.
    in_doubt: bool = False
    # Whether the run image is one with the same libraries as the build image.
    is_run_image_known: bool = True


@dataclass(frozen=True, kw_only=True)
class Result:
    """What came of a trial that found no certain error."""

    # What was tried, for the label of the image.
    reached: str
    # The same for people.
    summary: str
    advice: tuple[Advice, ...]


def try_model(trial: Trial) -> Result:
    """Try the model.

    Raises:
        BuildError: The model cannot start, wherever the container runs.
    """
    try:
        return _try(trial)
    except CannotRun as error:
        return Result(reached="no: not possible here", summary=f"no  ({error})", advice=())


def _try(trial: Trial) -> Result:
    folders = [trial.app]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        ruleset = sandbox.create_ruleset(
            [trial.app, trial.layers.parent, *trial.linked], [Path(scratch)]
        )
        if ruleset is None:
            folders.append(trial.layers)
        before = unchanged.list_files(folders)
        try:
            level = "import" if trial.level is ModelTrial.IMPORT else "load"
            outcome = _run(trial, Path(scratch), ruleset, level)
            answers = (
                _run(trial, Path(scratch), ruleset, "answer", trial.path)
                if _reached(outcome, read_report(outcome.report)) == "load"
                and has_requests(trial.app, trial.level)
                else None
            )
        finally:
            sandbox.close(ruleset)
        added, lost = unchanged.restore_files(before, folders)
    if outcome.code in _NOT_STARTED and not outcome.report:
        raise CannotRun(_last_line(outcome.output))
    if lost:
        raise SourceChanged([_relative(path, trial.app) for path in lost[:5]])
    report = read_report(outcome.report)
    advice = [*_advise(trial, outcome, report)]
    if added:
        advice.append(warnings.files_written([_relative(path, trial.app) for path in added]))
    reached, summary = _reached(outcome, report), _summary(trial, outcome, report)
    if answers:
        reached, summary = "answer", f"{summary}; {check_answers(answers)}"
    return Result(reached=reached, summary=summary, advice=tuple(advice))


def _run(trial: Trial, scratch: Path, ruleset: int | None, level: str, *more: str) -> Outcome:
    home, temporary = scratch / "home", scratch / "tmp"
    for folder in (home, temporary):
        folder.mkdir(exist_ok=True)
    base = {"PATH": _PATH, "HOME": str(home), "TMPDIR": str(temporary)}
    running = processes.count_threads()
    return runner.run_limited(
        lambda report: (str(trial.program), "--try", level, str(report), *more),
        read_launch_environment(list_launch_layers(trial.layers), base),
        trial.app,
        trial.seconds,
        lambda: sandbox.restrict(ruleset, running),
    )


def _advise(trial: Trial, outcome: Outcome, report: Report) -> Iterable[Advice]:
    """Yield warnings.

    Raises:
        BuildError: A failure is certain.
    """
    around = Circumstances(
        name=trial.name,
        python=trial.python,
        manifest=trial.manifest,
        versions=tuple(
            f"{package_of(library) or library} {saved}; {installed} is installed"
            for library, saved, installed in report.old_pickles
        ),
    )
    if report.failure:
        verdict = judge(report.failure, around)
        if not isinstance(verdict, BuildError):
            yield verdict
        elif trial.in_doubt:
            yield warnings.error_in_doubt(verdict)
        elif isinstance(verdict, TrialLibraryMissing) and not trial.is_run_image_known:
            yield warnings.library_in_doubt(verdict)
        else:
            raise verdict
    else:
        for library, saved, installed in report.old_pickles:
            package = package_of(library) or library
            yield warnings.saved_with_other_version(package, saved, installed)
    yield from _advise_of_process(trial, outcome, report)


def _advise_of_process(trial: Trial, outcome: Outcome, report: Report) -> Iterable[Advice]:
    last = _last_line(outcome.output)
    match outcome.ending:
        case Ending.TIMED_OUT:
            yield warnings.timed_out(report.phase, trial.seconds, last)
        case Ending.OUT_OF_MEMORY:
            yield warnings.out_of_memory(outcome.memory)
        case Ending.TOO_MANY_PROCESSES:
            yield warnings.too_many_processes()
        case Ending.PARENT_KILLED:
            yield warnings.parent_killed()
        case Ending.BY_THEMSELVES if not report.complete and not report.failure:
            yield warnings.ended_early(report.phase, outcome.code, last)
    if outcome.left_running:
        yield warnings.left_running(outcome.left_running)
    if report.ports:
        yield warnings.listens(report.ports)
    if outcome.printed > _MUCH_PRINTED:
        yield warnings.printed_much(outcome.printed)


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""


_STOPPED = {
    Ending.TIMED_OUT: "no: timed out",
    Ending.OUT_OF_MEMORY: "no: out of memory",
    Ending.TOO_MANY_PROCESSES: "no: too many processes",
    Ending.PARENT_KILLED: "no: it ended its parent process",
}


def _reached(outcome: Outcome, report: Report) -> str:
    """Return the last step that was finished, for the label."""
    if outcome.ending in _STOPPED:
        return _STOPPED[outcome.ending]
    if report.complete and not report.failure and report.done.get("construct", True):
        return "load" if "load" in report.done else "import"
    return "import" if "import" in report.done else "no: the import failed"


def _summary(trial: Trial, outcome: Outcome, report: Report) -> str:
    name = trial.name.rpartition(".")[2]
    used = f"in {outcome.seconds:.1f} s, {outcome.memory / 1e6:.0f} MB"
    if "import" not in report.done:
        return f"{name} could not be imported (see the warning)"
    steps = ["imported"]
    if report.done.get("construct"):
        steps = ["imported", "loaded" if report.done.get("load") else "constructed"]
    text = f"{' and '.join(steps)} {name} {used}"
    if report.done.get("construct") is False:
        return f"{text}; not constructed, because its arguments are not set (PREDICTIVE_UNIT_PARAMETERS)"
    return text if report.complete and not report.failure else f"{text}; not more (see the warning)"


def _relative(path: str, app: Path) -> str:
    return str(Path(path).relative_to(app)) if Path(path).is_relative_to(app) else path
