"""Whether this build's layers link to the runtime in the run image."""

from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack import runtime
from seldon_buildpack.cnb import run_image
from seldon_buildpack.context import BuildContext
from seldon_buildpack.layer_inputs import layers_directory
from seldon_buildpack.manifests.requirements_txt import Requirements
from seldon_buildpack.messages.errors.runtime import (
    RuntimeNotForModel,
    RuntimeNotInBuilder,
    RuntimeNotInRunImage,
)
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.project import Project
from seldon_buildpack.runtime import Mode, Presence, Runtime
from seldon_buildpack.step_times import timed


@dataclass(frozen=True)
class RuntimeChoice:
    """The runtime that the layers link to, if any.

    ``lean`` is the run image without a runtime, if this one's is of no use for the model, as far
    as its name is known.
    """

    runtime: Runtime | None = None
    lean: str = ""


@timed
def choose_runtime(
    context: BuildContext,
    project: Project,
    opt: Path = runtime.ROOT,
    cnb: Path = run_image.CNB,
) -> RuntimeChoice:
    """Return the runtime to link to; ``opt`` and ``cnb`` are directories of the build image.

    Raises:
        RuntimeModeUnknown: BP_SELDON_RUNTIME is not valid.
        RuntimeNotInBuilder, RuntimeNotInRunImage, RuntimeNotForModel: It is run-image, and the run
            image cannot provide the model's Python.
    """
    mode = runtime.read_mode(project.settings)
    described = runtime.read_described(opt)
    if not described:
        if mode is Mode.RUN_IMAGE:
            raise RuntimeNotInBuilder()
        return RuntimeChoice()
    run = run_image.read_run_image(layers_directory(context.platform), cnb)
    presence = runtime.find_presence(described, run, context.platform.stack_id)
    because = _why_unsuitable(described, context, project)
    if mode is Mode.RUN_IMAGE:
        trusted = presence is Presence.UNKNOWN and context.platform.stack_id == described.stack
        if presence is not Presence.YES and not trusted:
            raise RuntimeNotInRunImage(run.name, run.target_id or "", described.id)
        if because:
            raise RuntimeNotForModel(described.series, because)
        return RuntimeChoice(described)
    if presence is not Presence.YES:
        return RuntimeChoice()
    if mode is Mode.LAYERS or because:
        lean = run.name.removesuffix(described.tag_suffix)
        return RuntimeChoice(lean=lean if lean != run.name else "")
    return RuntimeChoice(described)


def _why_unsuitable(described: Runtime, context: BuildContext, project: Project) -> str:
    """Return why the model cannot use the runtime, as the end of a sentence; empty if it can."""
    python = project.python
    minor = f"{python.minor[0]}.{python.minor[1]}"
    if layers_directory(context.platform) != described.layers:
        return f"its paths are for layers in {described.layers}"
    if project.environment:
        return "a conda environment has its own Python"
    if minor != described.python or minor not in context.bundle.pythons:
        return f"the model needs Python {minor}"
    if python.version:
        return f"the model needs exactly Python {python.version}, and an update of the run image may change that"
    if is_pinned_by_hash(project.requirements, project.index):
        return "your requirements pin every package by its hash, and an update of the run image may change packages"
    return ""


def is_pinned_by_hash(requirements: Requirements | None, index: Index) -> bool:
    """Return whether the manifest is a lock, or requires hashes."""
    locked = requirements is not None and bool(requirements.lock)
    return locked or "--require-hashes" in index.options
