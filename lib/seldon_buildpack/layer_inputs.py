"""Inputs of the image's layers, for models with and without a conda environment."""

import re
from pathlib import Path

from seldon_buildpack import digests
from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.layers import Layer
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.commands.uv import Uv
from seldon_buildpack.layers import cache
from seldon_buildpack.log import Log
from seldon_buildpack.manifests.passed_variables import passed_on
from seldon_buildpack.messages.errors.wrapper import WrapperVersionInvalid
from seldon_buildpack.project import Project
from seldon_buildpack.settings.build_variables import (
    list_withheld_variables,
    select_build_variables,
)
from seldon_buildpack.settings.settings import Settings
from seldon_buildpack.settings.variable_kinds import like_credential
from seldon_buildpack.wrapper.old_releases import refuse_old_release


def wrapper_version(project: Project, bundle: Bundle) -> str:
    """Return the requested release of the wrapper.

    BP_SELDON_CORE_VERSION takes precedence over the requirements. The default is the bundled
    release, or the newest that runs on the model's Python.

    Raises:
        WrapperVersionInvalid: BP_SELDON_CORE_VERSION is not a version.
        WrapperTooOld: The release is too old to be served.
    """
    asked = project.settings.text("BP_SELDON_CORE_VERSION")
    # The version is a part of paths in the bundle.
    if asked and not re.fullmatch(r"[0-9][A-Za-z0-9.!+_-]*", asked):
        raise WrapperVersionInvalid(asked)
    major, minor = project.python.minor
    default = bundle.release_for(f"{major}.{minor}") or bundle.seldon_core
    version = asked or (
        project.requirements.wrapper_version(default) if project.requirements else default
    )
    refuse_old_release(version)
    return version


def used_variables(project: Project) -> tuple[tuple[str, str], ...]:
    """Return the variables that the requirements use, and those that package builds may read."""
    values = project.settings.plain()
    used = passed_on(project.requirements) if project.requirements else frozenset()
    named = {name: values[name] for name in sorted(used) if name in values}
    return tuple({**select_build_variables(project.settings), **named}.items())


def built_with(project: Project) -> str:
    """Return the digest of the variables that package builds may read, without credentials."""
    configuring = project.requirements.configuring if project.requirements else frozenset()
    told = {
        name: value
        for name, value in select_build_variables(project.settings).items()
        if name not in configuring and not like_credential(name, value)
    }
    return digests.of_values(told) if told else cache.NO_VARIABLES


def uv_of(platform: Platform, bundle: Bundle, out: Log, settings: Settings) -> Uv:
    """Return the uv of this build, which uses the cache layer."""
    return Uv(
        program=bundle.uv,
        env=platform.base_env,
        cache=cache.directory(Layer(layers_directory(platform), cache.NAME)),
        log=out,
        for_builds=select_build_variables(settings),
        withheld=list_withheld_variables(settings),
    )


def layers_directory(platform: Platform) -> Path:
    """Return the directory of this build's layers (spec: Phase #3: Build).

    Raises:
        ValueError: This is detect, which has no layers.
    """
    if platform.layers is None:
        raise ValueError("CNB_LAYERS_DIR is not set: this is not a build (spec: Phase #3: Build)")
    return platform.layers
