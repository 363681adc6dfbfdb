"""Warnings of the trial: what may be different when the container runs, and what is untidy."""

from collections.abc import Sequence

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.trial import FailedStep, first_line
from seldon_buildpack.messages.name_lists import first_names
from seldon_buildpack.messages.warnings.base import Advice

_DONE = {"import": "imported", "construct": "constructed", "load": "loaded"}
_ELSE = "Otherwise correct it: the container would end with this error."


def model_failed(step: FailedStep, todo: str) -> Advice:
    """Warn about a failure that may not happen where the container runs."""
    where = f" ({step.place}: {step.text})" if step.place else ""
    message = first_line(step.message)
    return Advice(
        f"The model could not be {_DONE[step.phase]} in the build: {step.type}{': ' if message else ''}{message}{where}.",
        todo,
    )


def variable_missing(name: str) -> str:
    """Advise about an environment variable that is not set in the build."""
    return f"If {name} is set when the container runs, nothing is wrong. Otherwise set it in .s2i/environment."


def file_missing(path: str, inside: bool) -> str:
    """Advise about a file that does not exist."""
    if inside:
        return f"Add {path} to the source, unless something else adds it before the model starts."
    return f"If {path} is there when the container runs, nothing is wrong. {_ELSE}"


def file_denied(path: str) -> str:
    """Advise about a file that the model may not open."""
    return (
        f"In a cluster, only /tmp is writable. If the container may use {path} all the same, nothing is wrong. "
        "Otherwise use a folder below /tmp."
    )


def network_failed() -> str:
    """Advise about a server that cannot be reached from the build."""
    return f"If the container can reach the server, nothing is wrong. {_ELSE}"


def gpu_missing() -> str:
    """Advise about code that needs a graphics card and its driver."""
    return f"If the container has a GPU, nothing is wrong. {_ELSE}"


def model_exited(code: str) -> str:
    """Advise about code that ends the process."""
    return f"The model ends its process (exit code {code}). If it does not do so when the container runs, nothing is wrong."


def memory_missing() -> str:
    """Advise about a model that needs more memory than the build has."""
    return "If the container has more memory than the build, nothing is wrong. BP_MODEL_TRIAL=import does not load the model."


def load_ignored() -> str:
    """Advise about an error of load() that the wrapper ignores."""
    return "Correct it: the wrapper ignores this error of `load`, and serves a model that is not loaded."


def anything_else() -> str:
    """Advise about any other failure."""
    return f"If this depends on where the container runs, nothing is wrong. {_ELSE}"


def error_in_doubt(error: BuildError) -> Advice:
    """Warn instead of ending the build, because before-run may change what the model has."""
    first, _, rest = error.cause.partition("\n")
    return Advice(
        f"{error.title}. {first}{' ' if rest else ''}{' / '.join(map(str.strip, rest.splitlines()))}",
        "If before-run, PYTHONPATH or a mounted folder changes this, nothing is wrong. " + _ELSE,
    )


def library_in_doubt(error: BuildError) -> Advice:
    """Warn instead of ending the build, because the run image may have the library."""
    return Advice(
        f"{error.title}, as far as the build knows.",
        "If the run image has it, nothing is wrong. " + _ELSE,
    )


def timed_out(phase: str, seconds: int, last: str) -> Advice:
    """Warn about a model that takes too long. ``last`` is the last line that it printed."""
    step = f"to be {_DONE[phase]}" if phase else "to start"
    printed = f" It printed last: {last}." if last else ""
    return Advice(
        f"The model took more than {seconds} s {step} in the build, and was stopped.{printed}",
        "If it is slow only in the build, nothing is wrong: set BP_MODEL_TRIAL_TIMEOUT to more seconds, or BP_MODEL_TRIAL=import.\n"
        "A module that starts a server when it is imported never gets as far as serving.",
    )


def out_of_memory(size: int) -> Advice:
    """Warn about a model that was stopped because of its memory."""
    return Advice(
        f"The model was stopped in the build when it had {size / 1e6:.0f} MB of memory, most of what is available.",
        memory_missing(),
    )


def too_many_processes() -> Advice:
    """Warn about a model that was stopped because of its processes."""
    return Advice(
        "The model was stopped in the build, because it started thousands of processes.",
        "Start none when the module is imported: each server of the wrapper would do the same.",
    )


def parent_killed() -> Advice:
    """Warn about a model that ended the process that had started it."""
    return Advice(
        "The model ended its parent process in the build.",
        "Remove the code that does so: in the container, that process is the init process.",
    )


def ended_early(phase: str, code: int, last: str) -> Advice:
    """Warn about a process that ended without a Python exception."""
    how = f"signal {code - 128}" if code > 128 else f"exit code {code}"
    step = f" while it was being {_DONE[phase]}" if phase else ""
    printed = f" It printed last: {last}." if last else ""
    return Advice(
        f"The model's process ended with {how}{step} in the build.{printed}",
        f"If this depends on where the container runs (CPU, GPU, memory), nothing is wrong. {_ELSE}",
    )


def left_running(count: int) -> Advice:
    """Warn about processes that the model started, and that were still running."""
    return Advice(
        f"The model started {count} process{'' if count == 1 else 'es'} that did not end with it; the build ended {'it' if count == 1 else 'them'}.",
        "Start processes in `load` or `custom_service`, and end them with the model.",
    )


def listens(ports: Sequence[int]) -> Advice:
    """Warn about a model that opens ports before it is served."""
    return Advice(
        f"The model listens on port {' and '.join(map(str, ports))} when it is loaded.",
        "Start servers of the model in `custom_service`. The wrapper's own ports are 9000, 5000 and 6000.",
    )


def printed_much(size: int) -> Advice:
    """Warn about a model that prints megabytes when it starts."""
    return Advice(
        f"The model printed {size / 1e6:.0f} MB when it started.",
        "Print less: each start of a container writes this to its log.",
    )


def files_written(names: Sequence[str]) -> Advice:
    """Warn about files that the model wrote, which are not in the image."""
    return Advice(
        f"The model wrote files when it was tried, which are not in the image: {first_names(names)}.",
        "Write to a folder below /tmp: in a cluster, everything else is read-only.",
    )


def saved_with_other_version(library: str, saved: str, installed: str) -> Advice:
    """Warn about a pickle whose library says that another version has saved it."""
    return Advice(
        f"The model was saved with {library} {saved}, and is loaded with {library} {installed}: its answers may be wrong.",
        f"Require {library}=={saved}, or save the model again with {installed}.",
    )
