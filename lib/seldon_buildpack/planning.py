"""What each layer is made from, before any is made."""

from pathlib import Path
from typing import TYPE_CHECKING

from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.layer_inputs import layers_directory, used_variables, uv_of, wrapper_version
from seldon_buildpack.layers import python, python_wrapper, watcher
from seldon_buildpack.layers.pip_plan import Stack
from seldon_buildpack.layers.requirements import Installation
from seldon_buildpack.log import Log
from seldon_buildpack.package_sources import mirror
from seldon_buildpack.reading import Project

if TYPE_CHECKING:
    from seldon_buildpack.layers.conda_plan import CondaStack


def plan(
    platform: Platform, project: Project, bundle: Bundle, out: Log, scratch: Path
) -> "Stack | CondaStack":
    """The layers of a build. Raises a BuildError where what is asked for cannot be had."""
    if not project.environment:
        return plan_layers(platform, project, bundle, out)
    # Most models have no environment of conda's, and a rebuild that makes nothing is over in the time of such imports.
    from seldon_buildpack import planning_conda

    return planning_conda.plan(platform, project, project.environment, bundle, out, scratch)


def plan_layers(platform: Platform, project: Project, bundle: Bundle, out: Log) -> Stack:
    """Those of a model that is installed by uv alone. Raises a BuildError where what is asked for cannot be had."""
    interpreter = python.plan(
        project.python,
        bundle,
        project.settings.text("BP_PYTHON_DOWNLOADS_JSON_URL"),
        platform.target,
    )
    wrappers = python_wrapper.plan(
        wrapper_version(project, bundle),
        project.settings.text("BP_SELDON_PINS"),
        interpreter,
        bundle,
    )
    what = None
    if project.requirements is not None or wrappers[0].lock is None:
        pins = project.settings.text("BP_SELDON_PINS").lower()
        what = Installation(
            project.app,
            project.requirements,
            project.index,
            interpreter,
            pins,
            wrappers,
            bundle,
            used_variables(project),
        )
    dev = (
        watcher.plan(interpreter.minor, bundle)
        if project.settings.switch("BP_DEV_PROCESS", default=True)
        else None
    )
    mirrored = mirror.read(project.settings, project.bound)
    uv = uv_of(platform, bundle, out)
    return Stack(
        layers_directory(platform),
        interpreter,
        wrappers,
        what,
        dev,
        project.index,
        mirrored,
        bundle,
        uv,
        out,
    )
