"""What a build starts from: the settings, the bindings and the source, read and checked before anything is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack import python_version
from seldon_buildpack.app_dir import (
    before_run,
    image_labels,
    permissions,
    s2i_scripts,
    s2iignore,
    slices,
)
from seldon_buildpack.app_dir.slices import Apart
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.log import Log
from seldon_buildpack.manifests import select as manifest
from seldon_buildpack.manifests.conda.pip_section import pip_requirements
from seldon_buildpack.manifests.conda.types import CondaEnvironment
from seldon_buildpack.manifests.requirements_txt import IndexLines, Requirements
from seldon_buildpack.masking import Masker, url_secrets
from seldon_buildpack.messages import warnings
from seldon_buildpack.messages.errors.lockfiles import LockForOtherPython
from seldon_buildpack.model import find as model
from seldon_buildpack.model.find import Model
from seldon_buildpack.package_sources import binding_entries
from seldon_buildpack.package_sources import bindings as bound
from seldon_buildpack.package_sources.bindings import Bound
from seldon_buildpack.package_sources.conda_channels import Channels
from seldon_buildpack.package_sources.conda_channels import configure as configure_channels
from seldon_buildpack.package_sources.indexes import Index, configure
from seldon_buildpack.python_version import PythonChoice
from seldon_buildpack.settings import s2i_environment, serving, settings
from seldon_buildpack.settings.settings import Settings


@dataclass(frozen=True)
class Project:
    """What the user set and wrote, read and checked."""

    app: Path
    settings: Settings
    model: Model
    python: PythonChoice
    environment: CondaEnvironment | None
    channels: Channels
    requirements: Requirements | None
    bound: Bound
    index: Index
    labels: Mapping[str, str]
    large: Apart


def read_project(platform: Platform, out: Log) -> Project:
    """Read what the user set and wrote and what the platform binds; warnings are printed as they are found."""
    permissions.let_owner_write(platform.app)
    _leave_out(platform.app, out)
    file = s2i_environment.read(platform.app)
    services = binding_entries.read(platform.bindings, bound.TYPES)
    given = bound.read(services)
    plain = settings.read(platform.env, file.pairs()).with_fallbacks(given.options)
    secret = (
        *plain.secrets(),
        *given.secrets(),
        *(one for url in platform.proxies().values() for one in url_secrets(url)),
    )
    out.masker = Masker.of(secret)
    known, advice = serving.read(plain)
    for piece in (
        *file.advice,
        *advice,
        *(warnings.binding_without_type(name) for name in services.untyped),
    ):
        out.advise(piece)
    environment = manifest.conda(platform.app, known.plain())
    requirements = (
        pip_requirements(environment, platform.app, known.plain())
        if environment
        else manifest.find(platform.app, known.plain())
    )
    for piece in manifest.advice(platform.app, environment or requirements):
        out.advise(piece)
    index = configure(
        known, requirements.index if requirements else IndexLines(), platform.app, given
    )
    for one in (environment, requirements):
        known = known.without_launch(one.configuring if one else ())
    for key in known.like_credentials():
        out.advise(warnings.credential_in_image(key))
    channels = (
        configure_channels(known, environment, given, platform.app) if environment else Channels()
    )
    files = [one.secrets for one in (environment, requirements) if one]
    out.masker = Masker.of(
        (*secret, *index.secrets(), *channels.secrets(), *(one for found in files for one in found))
    )
    choice = _python(platform.app, known, environment, requirements)
    for piece in channels.advice:
        out.advise(piece)
    name, kind = known.get("MODEL_NAME"), known.get("SERVICE_TYPE")
    found = model.find(
        platform.app,
        name.value if name else None,
        kind.value if kind else None,
        python=choice.minor,
        python_path=known.at_launch("PYTHONPATH"),
        origins=(name.source.describe() if name else "", kind.source.describe() if kind else ""),
    )
    opened = permissions.open_to_all(platform.app)
    for piece in (*choice.advice, *found.advice, *before_run.advice(platform.app), *opened.advice):
        out.advise(piece)
    known = known.with_launch(
        {"MODEL_NAME.default": found.name, "SERVICE_TYPE.default": found.service_type}
    )
    labels = {
        **image_labels.of_model(found.name, found.service_type),
        **image_labels.read(platform.app),
    }
    large = slices.apart(opened.sizes)
    return Project(
        platform.app,
        known,
        found,
        choice,
        environment,
        channels,
        requirements,
        given,
        index,
        labels,
        large,
    )


def _python(
    app: Path,
    known: Settings,
    environment: CondaEnvironment | None,
    requirements: Requirements | None,
) -> PythonChoice:
    """The Python that the user or the source asks for, which has to be one that a lock file is for."""
    if environment:
        return python_version.of_environment(app, known.text("BP_PYTHON_VERSION"), environment)
    name, specifier = (
        (requirements.path.name, requirements.requires_python) if requirements else ("", "")
    )
    choice = python_version.choose(app, known.text("BP_PYTHON_VERSION") or None, (name, specifier))
    if specifier and not choice.meets(specifier):
        raise LockForOtherPython(
            name,
            specifier,
            choice.spec,
            choice.source.describe(),
            python_version.one_meeting(specifier),
        )
    return choice


def _leave_out(app: Path, out: Log) -> None:
    """What s2i would not have handed on: its own scripts are not run, and what .s2iignore names goes before anything else is read."""
    for piece in s2i_scripts.advice(app):
        out.advise(piece)
    if names := s2iignore.apply(app):
        out.left_out(names)
    for piece in s2iignore.advice(names):
        out.advise(piece)
