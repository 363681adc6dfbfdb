"""What a failed step of the trial means: certain failures are errors, others are warnings.

A failure is certain if it does not depend on where the container runs.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from seldon_buildpack import model
from seldon_buildpack.messages.errors import trial as errors
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.trial import FailedStep
from seldon_buildpack.messages.warnings import trial as warnings
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.trial.report import Failure

# The part of a path before the packages of an environment.
_SITE = "/site-packages/"


@dataclass(frozen=True, kw_only=True)
class Circumstances:
    """What the messages name besides the failure."""

    # MODEL_NAME.
    name: str
    # The Python version.
    python: str
    # The file that lists the packages.
    manifest: str
    # The versions of a pickle that its library has complained about, as text.
    versions: tuple[str, ...] = ()


def judge(failure: Failure, around: Circumstances) -> BuildError | Advice:
    """Return the error for a certain failure, else a warning."""
    error = _explain(failure, around)
    return error or warnings.model_failed(_step(failure), _advise(failure))


def package_of(module: str) -> str:
    """Return the package that has a module, if its name is known."""
    names = json.loads((Path(model.__file__).parent / "package_names.json").read_text())
    return str(names.get(module) or names.get(module.partition(".")[0], ""))


def _step(failure: Failure) -> FailedStep:
    file, line, text = failure.user or ("", 0, "")
    return FailedStep(
        phase=failure.phase,
        type=failure.type,
        message=failure.message,
        place=f"{file}, line {line}" if file else "",
        text=text,
        package=_package_that_failed(failure.files),
    )


def _package_that_failed(files: Sequence[str]) -> str:
    """Return the top-level module of the last code, apart from the standard library's."""
    return next(
        (_package(file) for file in reversed(files) if _SITE in file or not file.startswith("/")),
        "",
    )


def _package(file: str) -> str:
    """Return the top-level module of an installed file; empty for a file of the source."""
    _, site, rest = file.rpartition(_SITE)
    return rest.partition("/")[0].removesuffix(".py") if site else ""


def _advise(failure: Failure) -> str:
    match failure.kind:
        case "variable":
            return warnings.variable_missing(failure.text("name"))
        case "file" if failure.flag("denied"):
            return warnings.file_denied(failure.text("path"))
        case "file":
            return warnings.file_missing(failure.text("path"), failure.flag("inside"))
        case "network":
            return warnings.network_failed()
        case "gpu":
            return warnings.gpu_missing()
        case "exit":
            return warnings.model_exited(failure.text("code"))
        case "memory":
            return warnings.memory_missing()
        case "load-ignored":
            return warnings.load_ignored()
        case _:
            return warnings.anything_else()


def _explain(failure: Failure, around: Circumstances) -> BuildError | None:
    """Return the error for a failure that is the same everywhere."""
    step, name = _step(failure), around.name.rpartition(".")[2]
    match failure.kind:
        case "missing-module":
            return _module_missing(failure, around.manifest, step)
        case "missing-name" | "missing-attribute":
            return _name_missing(failure, step)
        case "missing-library":
            package = failure.text("module").partition(".")[0] or step.package
            return errors.TrialLibraryMissing(failure.text("library"), package, step)
        case "syntax":
            return _syntax(failure, around.python, step)
        case "misfit":
            module = failure.text("module") or step.package
            return errors.TrialPackagesUnsuitable(module, step)
        case "pickle":
            return errors.TrialPickleUnreadable(failure.text("file"), around.versions, step)
        case "abstract":
            return errors.TrialClassAbstract(failure.text("name"), failure.texts("methods"))
        case "parameters":
            set_names, needed = failure.texts("names"), failure.texts("needed")
            message = failure.text("message")
            return errors.TrialParametersUnsuitable(name, set_names, needed, message)
        case "no-class":
            return errors.TrialClassMissing(around.name, "")
        case "not-callable":
            return errors.TrialClassMissing(around.name, failure.text("type"))
    return None


def _module_missing(failure: Failure, manifest: str, step: FailedStep) -> BuildError:
    module, saved = failure.text("module"), failure.text("file")
    package = package_of(module)
    if saved:
        step = replace(step, package="")
    return errors.TrialModuleMissing(module, package, manifest, saved, step)


def _name_missing(failure: Failure, step: FailedStep) -> BuildError:
    module = failure.text("module")
    if step.package == module.partition(".")[0]:
        # A package that lacks a name of its own is not at odds with another.
        step = replace(step, package="")
    inside = failure.flag("inside")
    return errors.TrialNameMissing(module, failure.text("attribute"), inside, step)


def _syntax(failure: Failure, python: str, step: FailedStep) -> BuildError:
    file = failure.text("file")
    package = "" if failure.flag("inside") else _package(file)
    path = file.rpartition(_SITE)[2] if package else file
    return errors.TrialSyntaxUnsuitable(path, failure.number("line"), package, python, step)
