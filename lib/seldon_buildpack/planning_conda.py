"""The plan of the layers of a model with a conda environment.

It is a module of its own because only such a model needs its imports.
"""

import re
from pathlib import Path

from seldon_buildpack import python_version
from seldon_buildpack.commands.rattler import Rattler
from seldon_buildpack.context import BuildContext
from seldon_buildpack.layer_inputs import (
    built_with,
    layers_directory,
    used_variables,
    uv_of,
    wrapper_version,
)
from seldon_buildpack.layers.conda import Conda
from seldon_buildpack.layers.conda_pip_install import BY_PIP
from seldon_buildpack.layers.conda_plan import CondaPlan
from seldon_buildpack.manifests.conda import python_versions
from seldon_buildpack.manifests.conda.types import CondaEnvironment
from seldon_buildpack.messages.errors.conda_files import EnvironmentNameInvalid
from seldon_buildpack.messages.errors.wrapper import PinsNotLocked
from seldon_buildpack.project import Project
from seldon_buildpack.python_version import PythonChoice
from seldon_buildpack.settings.settings import Settings
from seldon_buildpack.wrapper.conda_constraints import attempts
from seldon_buildpack.wrapper.pin_sets import list_pin_sets


def plan(context: BuildContext, project: Project, environment: CondaEnvironment) -> CondaPlan:
    """Return the plan of an environment's layers.

    Raises:
        PinsUnknown, PinsNotLocked, WrapperVersionInvalid, EnvironmentNameInvalid: A setting of
            the user's is invalid, or doesn't fit the environment.
    """
    platform, bundle = context.platform, context.bundle
    pins = project.settings.text("BP_SELDON_PINS").lower()
    root = layers_directory(platform)
    return CondaPlan(
        root=root,
        app=project.app,
        conda=_conda(context, project, environment, root),
        requirements=project.requirements,
        index=project.index,
        pins=pins,
        variables=used_variables(project),
        dev=project.settings.switch("BP_DEV_PROCESS", default=True),
        bundle=bundle,
        uv=uv_of(platform, bundle, context.log, project.settings),
        log=context.log,
        scratch=context.scratch,
        built_with=built_with(project),
    )


def _conda(
    context: BuildContext, project: Project, environment: CondaEnvironment, root: Path
) -> Conda:
    """Return what conda installs, with the constraints under which the wrapper is tried.

    Raises:
        PinsUnknown, PinsNotLocked: The wrapper is not locked for any Python of the environment.
    """
    platform, bundle = context.platform, context.bundle
    pins = project.settings.text("BP_SELDON_PINS").lower()
    sets, version = list_pin_sets(pins), wrapper_version(project, bundle)
    minors = pythons(project.python, environment)
    tried = () if environment.wrapper else attempts(version, sets, minors, bundle)
    if not tried and not environment.wrapper:
        raise PinsNotLocked(pins, version, minors[0], bundle.pins(version, minors[0]))
    return Conda(
        environment=environment,
        name=name(project.settings),
        python=python_version.spec_for(project.python, environment),
        pip=set(minors) <= {*BY_PIP},
        attempts=tried,
        rattler=Rattler(
            channels=project.channels,
            env={**platform.base_env, **dict(project.index.variables)},
            libraries=bundle.root / "libs",
            scratch=root / "conda-packages",
        ),
        bundle=bundle,
        target=platform.target,
        evidence=project.python.evidence.metadata() if project.python.evidence else {},
    )


def pythons(choice: PythonChoice, environment: CondaEnvironment) -> tuple[str, ...]:
    """Return the Python minors that an environment may get.

    These are the ones that its file allows, else the one that the build adds.
    """
    return (
        python_versions.minors(environment.python)
        if environment.python
        else (f"{choice.minor[0]}.{choice.minor[1]}",)
    )


def name(known: Settings) -> str:
    """Return the environment's name, as in s2i: CONDA_ENV_NAME or "microservice".

    Raises:
        EnvironmentNameInvalid: The name cannot be the name of a folder.
    """
    found = known.text("CONDA_ENV_NAME") or "microservice"
    if not re.fullmatch(r"\w[\w.+-]*", found):
        raise EnvironmentNameInvalid(found)
    return found
