"""What the layers of every model are planned from, with conda or without."""

from pathlib import Path

from seldon_buildpack import digests
from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.layers import Layer
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.commands.uv import Uv
from seldon_buildpack.layers import cache
from seldon_buildpack.log import Log
from seldon_buildpack.messages.errors.wrapper import WrapperVersionInvalid
from seldon_buildpack.settings.settings import like_credential
from seldon_buildpack.steps import Project


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
    """The variables that the requirements use, and those that the building of packages may read."""
    told = project.settings.plain()
    used = project.requirements.variables if project.requirements else frozenset()
    found = {name: told[name] for name in sorted(used) if name in told}
    return tuple((project.settings.for_packages() | found).items())


def built_with(project: Project) -> str:
    """What the building of packages may read, as it counts: a digest without credentials."""
    configuring = project.requirements.configuring if project.requirements else frozenset()
    told = {
        name: value
        for name, value in project.settings.for_packages().items()
        if name not in configuring and not like_credential(name, value)
    }
    return digests.of_values(told) if told else cache.NO_VARIABLES


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
