"""What each layer is made from, before any is made."""

from pathlib import Path
from typing import TYPE_CHECKING

from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.layers import Layer
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.commands.uv import Uv
from seldon_buildpack.layers import cache, python, python_wrapper, watcher
from seldon_buildpack.layers.pip_plan import Stack
from seldon_buildpack.layers.requirements import Installation
from seldon_buildpack.log import Log
from seldon_buildpack.messages.errors.wrapper import WrapperVersionInvalid
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
        project.python, bundle, project.settings.text("BP_PYTHON_DOWNLOADS_JSON_URL")
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


def wrapper_version(project: Project, bundle: Bundle) -> str:
    """The release that is asked for: by the variable, by the requirements, else the one that is carried. Raises WrapperVersionInvalid."""
    asked = project.settings.text("BP_SELDON_CORE_VERSION")
    if asked and not asked[0].isdigit():
        raise WrapperVersionInvalid(asked)
    return asked or (
        project.requirements.wrapper_version(bundle.seldon_core)
        if project.requirements
        else bundle.seldon_core
    )


def used_variables(project: Project) -> tuple[tuple[str, str], ...]:
    """The variables of the build that the requirements use."""
    told = project.settings.plain()
    used = project.requirements.variables if project.requirements else frozenset()
    return tuple((name, told[name]) for name in sorted(used) if name in told)


def uv_of(platform: Platform, bundle: Bundle, out: Log) -> Uv:
    """The uv of this build, with the cache that its layer keeps."""
    return Uv(
        bundle.uv,
        platform.base_env,
        cache.directory(Layer(layers_directory(platform), cache.NAME)),
        out,
    )


def layers_directory(platform: Platform) -> Path:
    """Where the layers of this build lie (spec: Phase #3: Build). Raises ValueError in detect, which has none."""
    if platform.layers is None:
        raise ValueError("CNB_LAYERS_DIR is not set: this is not a build (spec: Phase #3: Build)")
    return platform.layers
