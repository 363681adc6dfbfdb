"""Errors of the trial: a model that cannot start in the image, wherever that runs."""

from collections.abc import Sequence
from dataclasses import dataclass

from seldon_buildpack.messages.errors.base import BuildError

_LONGEST = 300


@dataclass(frozen=True, kw_only=True)
class FailedStep:
    """What failed, and where."""

    # The step: `import`, `construct` or `load`.
    phase: str
    # The exception's type and message.
    type: str
    message: str
    # The last line of the user's code: its file and line, and its text. Empty if there is none.
    place: str = ""
    text: str = ""
    # The package whose code failed; empty if it was the user's.
    package: str = ""

    def describe(self) -> str:
        """Return the line of the user's code, and what it raised."""
        at = f"  {self.place}: {self.text}\n" if self.place else ""
        message = first_line(self.message)
        return f"{at}  {self.type}{': ' if message else ''}{message}"


def first_line(text: str) -> str:
    """Return the first line of a message, shortened."""
    line = text.strip().partition("\n")[0]
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} ..."


class _TrialError(BuildError):
    """An error with the line that failed, and the way to build all the same."""

    def __init__(self, title: str, cause: str, step: FailedStep, *fixes: str) -> None:
        level = "off" if step.phase == "import" else "import"
        super().__init__(
            title,
            f"{cause}\n{step.describe()}" if step.type else cause,
            *fixes,
            f"If this is different when the container runs, set BP_MODEL_TRIAL={level}.",
        )


class TrialModuleMissing(_TrialError):
    """A module that is imported when the model starts, and that is not installed.

    ``package`` is the package that has it, if that is known; ``manifest`` lists the packages.
    ``saved`` is the file of the source that needs it, if it is a pickle.
    """

    def __init__(
        self, module: str, package: str, manifest: str, saved: str, step: FailedStep
    ) -> None:
        needs = f"`{saved}` needs" if saved else "The model needs"
        if step.package:
            needs = f"`{step.package}` needs"
        super().__init__(
            f"{needs} the module `{module}`, which is not installed",
            _cause(step),
            step,
            f"Add {package or f'the package that has `{module}`'} to {manifest}.",
            *(
                [f"Or add the file of `{module}` to the source."]
                if not package and not step.package
                else []
            ),
        )


class TrialNameMissing(_TrialError):
    """A name that is imported from a module, or used of it, which does not have it.

    ``name`` is empty if only the exception's message has it.
    """

    def __init__(self, module: str, name: str, inside: bool, step: FailedStep) -> None:
        top = module.partition(".")[0]
        title = (
            f"`{step.package}` does not work with the installed `{top}`"
            if step.package
            else f"`{module}` has no `{name}`"
            if name
            else f"The model imports a name that `{module}` does not have"
        )
        fixes = (
            [f"Require a release of {step.package} that works with this {top}, or another {top}."]
            if step.package
            else [
                f"Define the name in `{module}`. If its file imports this one, move it: it is not defined yet."
            ]
            if inside
            else [f"Change the line, or require a release of {top} that has the name."]
        )
        super().__init__(title, _cause(step), step, *fixes)


class TrialLibraryMissing(_TrialError):
    """A shared library that an installed package needs, and that the image does not have."""

    def __init__(self, library: str, package: str, step: FailedStep) -> None:
        of_opencv = package.startswith("cv2")
        super().__init__(
            f"`{package or 'An installed package'}` needs the library `{library}`, which the image does not have",
            _cause(step),
            step,
            "Require opencv-python-headless instead of opencv-python: it needs no such library."
            if of_opencv
            else "Require a package that brings the library, or a variant that does not need it.",
            f"Build with a run image that has {library} (`pack build --run-image`), and with BP_MODEL_TRIAL=off.",
        )


class TrialSyntaxUnsuitable(_TrialError):
    """A file that this Python cannot compile. ``package`` is empty if it is the user's."""

    def __init__(self, file: str, line: int, package: str, python: str, step: FailedStep) -> None:
        super().__init__(
            f"`{file}` cannot be read by Python {python}",
            f"Line {line} has a syntax error. {_cause(step)}",
            step,
            f"Require a release of {package} for Python {python}, or set BP_PYTHON_VERSION to a version that it supports."
            if package
            else f"Correct line {line}, or set BP_PYTHON_VERSION to the version that it is written for.",
        )


class TrialPackagesUnsuitable(_TrialError):
    """Compiled code that refuses to load beside the other installed packages."""

    def __init__(self, module: str, step: FailedStep) -> None:
        top = module.partition(".")[0]
        super().__init__(
            f"The compiled code of `{top}` does not work with the installed packages",
            f"`{module}` was built for another version of a package that it uses, most often numpy. {_cause(step)}",
            step,
            f"Require releases that fit: a newer {top}, or an older release of the package that the message names, such as numpy<2.",
            "Remove the pins of both, so that the build can choose.",
        )


class TrialPickleUnreadable(_TrialError):
    """A file of the source that the installed packages cannot load.

    ``versions`` are what it was saved with and what is installed, if the library says so.
    """

    def __init__(self, file: str, versions: Sequence[str], step: FailedStep) -> None:
        listed = "".join(f"\n  {version}" for version in versions)
        super().__init__(
            f"`{file}` cannot be loaded with the installed packages",
            _cause(step) + (f" It was saved with other versions:{listed}" if listed else ""),
            step,
            "Require the versions of the packages that the file was saved with.",
            "Save it again with the installed versions. Its classes must be in a module of the source, not in a notebook or in the script that saves it.",
        )


class TrialClassAbstract(_TrialError):
    """A class that has abstract methods."""

    def __init__(self, name: str, methods: Sequence[str]) -> None:
        listed = ", ".join(methods)
        super().__init__(
            f"`{name}` cannot be constructed, because it is abstract",
            f"It does not define {listed}, which one of its base classes declares as abstract.",
            FailedStep(phase="construct", type="", message=""),
            f"Define {listed} in {name}.",
            "Set MODEL_NAME to a class that defines them.",
        )


class TrialParametersUnsuitable(_TrialError):
    """Arguments in PREDICTIVE_UNIT_PARAMETERS that the class does not take.

    ``names`` are those that are set; ``needed`` are those that have no default.
    """

    def __init__(
        self, name: str, names: Sequence[str], needed: Sequence[str], message: str
    ) -> None:
        super().__init__(
            f"`{name}` does not take the arguments in PREDICTIVE_UNIT_PARAMETERS",
            f"The variable sets {', '.join(names)}. {name} requires {', '.join(needed) or 'no arguments'}: {message}.",
            FailedStep(phase="construct", type="", message=""),
            "Correct the names in PREDICTIVE_UNIT_PARAMETERS, or unset it.",
            f"Change `__init__` of {name}.",
        )


class TrialClassMissing(_TrialError):
    """A module without the class of MODEL_NAME, or with something else of that name."""

    def __init__(self, name: str, kind: str) -> None:
        module, _, last = name.rpartition(".")
        super().__init__(
            f"`MODEL_NAME={name}` does not name a class",
            f"The module {module or name} was imported. "
            + (f"Its {last} is of the type {kind}." if kind else f"It has no {last}."),
            FailedStep(phase="import", type="", message=""),
            "Set MODEL_NAME to the class to serve: Module, or module.Class.",
        )


class SourceChanged(BuildError):
    """Files that the model changed or removed during its trial, and that cannot be restored."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            "The model changes files of the image when it starts",
            f"During its trial, it changed {', '.join(names)}. In a cluster, these files are read-only.",
            "Write to a folder below /tmp.",
            "Set BP_MODEL_TRIAL=off, so that the build does not run the model.",
        )


def _cause(step: FailedStep) -> str:
    return f"The build tried to {step.phase} the model, as the container does:"


class TrialRequestUnreadable(BuildError):
    """A request of the source, or its contract, that is not what it should be."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(
            f"`{name}` is not a request",
            f"The build reads it to try the model: {first_line(message)}",
            "Write the JSON body of a request, as for curl. A contract.json is for seldon-core-tester.",
            "Remove the file, or set BP_MODEL_TRIAL=load: the build then sends no requests.",
        )


class TrialRequestFailed(BuildError):
    """A request that the model does not answer. ``of_contract``: it was generated."""

    def __init__(
        self,
        name: str,
        request: str,
        api: str,
        status: int,
        answer: str,
        of_contract: bool,
        tail: Sequence[str],
    ) -> None:
        super().__init__(
            f"The model does not answer the request in `{name}`"
            if not of_contract
            else f"The model does not answer a request of `{name}`",
            f"Over {api}, the answer has the status {status}:\n"
            f"  request  {first_line(request)}\n  answer   {first_line(answer)}",
            "Correct the method that the output below points to.",
            f"If {name} does not describe what the model takes, correct or remove it."
            if of_contract
            else f"Correct or remove {name}, if the model cannot answer this request.",
            "Set BP_MODEL_TRIAL=load: the build then sends no requests.",
            tail=tail,
        )


class TrialAnswerDiffers(BuildError):
    """An answer that is not like the expected one."""

    def __init__(self, name: str, request: str, api: str, answer: str, expected: str) -> None:
        super().__init__(
            f"The model gives another answer than expected to `{name}`",
            f"Over {api}:\n  request   {first_line(request)}\n  answer    {first_line(answer)}\n"
            f"  expected  {first_line(expected)}",
            f"Correct the model, or the answer in {name.removesuffix('.json')}.answer.json.",
            "Set BP_MODEL_TRIAL=load: the build then sends no requests.",
        )


class TrialNotServed(BuildError):
    """A model that was loaded, but whose wrapper does not answer at all."""

    def __init__(self, is_slow: bool, tail: Sequence[str]) -> None:
        super().__init__(
            "The wrapper does not answer with this model",
            "The model was loaded, and then the wrapper was started with it, but "
            + ("it took too long." if is_slow else "it ended."),
            "Correct what the output below points to.",
            "Set BP_MODEL_TRIAL=load: the build then does not start the wrapper.",
            tail=tail,
        )
