"""The plan of the image's layers: what each is made from, before any is made."""

from seldon_buildpack.bundle import CURRENT, Bundle
from seldon_buildpack.context import BuildContext
from seldon_buildpack.layer_inputs import (
    built_with,
    layers_directory,
    used_variables,
    uv_of,
    wrapper_version,
)
from seldon_buildpack.layers import python, python_wrapper, watcher
from seldon_buildpack.layers.installation import Installation
from seldon_buildpack.layers.pip_plan import PipPlan
from seldon_buildpack.layers.plan import LayerPlan
from seldon_buildpack.layers.python import Python
from seldon_buildpack.layers.python_wrapper import Wrapper
from seldon_buildpack.model.numpy_names import find_removed_name
from seldon_buildpack.package_sources import mirror
from seldon_buildpack.project import Project
from seldon_buildpack.runtime import Runtime
from seldon_buildpack.settings.model_trial import ModelTrial
from seldon_buildpack.step_times import timed


@timed
def plan(context: BuildContext, project: Project, runtime: Runtime | None = None) -> LayerPlan:
    """Return the plan of a build's layers; ``runtime`` is that of the run image, if used.

    Raises:
        BuildError: A requested version or pin set is not available.
    """
    if not project.environment:
        return plan_layers(context, project, runtime)
    # Most models have no conda environment, and their builds don't pay for these imports.
    from seldon_buildpack import planning_conda

    return planning_conda.plan(context, project, project.environment)


def plan_layers(context: BuildContext, project: Project, runtime: Runtime | None = None) -> PipPlan:
    """Return the plan for a model that uv alone installs.

    Raises:
        BuildError: A requested version or pin set is not available.
    """
    platform, bundle, out = context.platform, context.bundle, context.log
    interpreter = python.plan(
        project.python,
        bundle,
        project.settings.text("BP_PYTHON_DOWNLOADS_JSON_URL"),
        platform.target,
        runtime,
    )
    pins = project.settings.text("BP_SELDON_PINS")
    wrappers = python_wrapper.plan(wrapper_version(project, bundle), pins, interpreter, bundle)
    dev = (
        watcher.plan(interpreter.minor, bundle)
        if project.settings.switch("BP_DEV_PROCESS", default=True)
        else None
    )
    return PipPlan(
        root=layers_directory(platform),
        python=interpreter,
        wrappers=wrappers,
        pins=pins.lower(),
        installation=_installation(project, bundle, interpreter, wrappers),
        watcher=dev,
        index=project.index,
        mirror=mirror.read(project.settings, project.bound),
        bundle=bundle,
        uv=uv_of(platform, bundle, out, project.settings),
        log=out,
        restore=project.trial.level is ModelTrial.ALWAYS,
    )


def _installation(
    project: Project, bundle: Bundle, interpreter: Python, wrappers: tuple[Wrapper, ...]
) -> Installation | None:
    """Return what uv installs for the model, or None if the bundled wrapper is all it needs."""
    removed_name = find_removed_name(project.model)
    for_numpy_1 = removed_name is not None and wrappers[0].pins == CURRENT
    if project.requirements is None and wrappers[0].lock is not None and not for_numpy_1:
        return None
    return Installation(
        app=project.app,
        requirements=project.requirements,
        index=project.index,
        python=interpreter,
        pins=project.settings.text("BP_SELDON_PINS").lower(),
        wrappers=wrappers,
        bundle=bundle,
        variables=used_variables(project),
        built_with=built_with(project),
        removed_name=str(removed_name or ""),
    )
