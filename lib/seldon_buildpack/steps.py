"""The steps of a build up to the plan of its layers, in the order of build.py.

Each step reads one thing, checks it, and prints its warnings. Nothing is installed here.
"""

import contextlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from seldon_buildpack import python_version, user_files
from seldon_buildpack.app_dir import (
    before_run,
    git_lfs,
    image_labels,
    permissions,
    s2i_scripts,
    s2iignore,
    slices,
)
from seldon_buildpack.cnb.layers import Layer
from seldon_buildpack.context import BuildContext
from seldon_buildpack.manifests import local_folders, python_requests, requirements_txt, select
from seldon_buildpack.manifests.conda.pip_section import pip_requirements
from seldon_buildpack.manifests.requirements_txt import IndexLines, Requirements
from seldon_buildpack.manifests.s2i_paths import resolve_s2i_paths_in_value
from seldon_buildpack.masking import Masker, url_secrets
from seldon_buildpack.messages.errors.lockfiles import LockForOtherPython
from seldon_buildpack.messages.errors.requirements import NoLineApplies
from seldon_buildpack.messages.warnings import bindings as bindings_warnings
from seldon_buildpack.messages.warnings import settings as settings_warnings
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.model import find
from seldon_buildpack.model.find import Model
from seldon_buildpack.origin import Kind
from seldon_buildpack.package_sources import (
    binding_entries,
    bindings,
    conda_channel_settings,
    index_settings,
    network,
    python_by_wheels,
)
from seldon_buildpack.package_sources.bindings import Bound
from seldon_buildpack.package_sources.conda_channels import Channels
from seldon_buildpack.package_sources.python_by_wheels import Surroundings
from seldon_buildpack.project import AppDir, Manifest, PackageSources, UserSettings
from seldon_buildpack.python_version import PythonChoice
from seldon_buildpack.settings import s2i_environment, serving, settings, unread
from seldon_buildpack.settings.settings import Settings
from seldon_buildpack.settings.variable_kinds import in_image
from seldon_buildpack.step_times import timed


@timed
def apply_s2iignore(context: BuildContext) -> None:
    """Remove what .s2iignore names before anything else is read, as s2i does."""
    permissions.let_owner_write(context.app_dir)
    _warn(context, s2i_scripts.advice(context.app_dir))
    if names := s2iignore.apply(context.app_dir):
        context.log.left_out(names)
    _warn(context, s2iignore.advice(names))
    git_lfs.check_read_files(context.app_dir)


@timed
def read_settings(context: BuildContext) -> UserSettings:
    """Read variables, .s2i/environment and bindings, and mask every secret from here on.

    Raises:
        BuildError: A file, a binding or a value is invalid.
    """
    platform = context.platform
    file = s2i_environment.read(platform.app)
    services = binding_entries.read(platform.bindings, bindings.TYPES)
    bound = bindings.read(services)
    given = settings.read(platform.env, file.pairs()).with_fallbacks(bound.options)
    proxies = (secret for url in platform.proxies().values() for secret in url_secrets(url))
    secrets = (*given.secrets(), *bound.secrets(), *proxies)
    context.log.masker = Masker.of(secrets)
    checked, advice = serving.read(given)
    untyped = (bindings_warnings.binding_without_type(name) for name in services.untyped)
    _warn(context, (*file.advice, *advice, *unread.find_unread(given), *untyped))
    return UserSettings(_with_source_paths(checked, platform.app), bound, secrets)


def _with_source_paths(given: Settings, app: Path) -> Settings:
    """Return the settings with s2i's paths of the source as those of ``app``.

    The wrapper's own variables stay as they are: some are paths of URLs.
    """
    for name, value in given.values.items():
        if value.source.is_user_env and not in_image(name, Kind.PLATFORM_ENV):
            path = resolve_s2i_paths_in_value(app, value.value)
            given = given.with_value(name, path) if path != value.value else given
    return given


@timed
def select_manifest(context: BuildContext, user: UserSettings) -> Manifest:
    """Choose the file that says what to install.

    Raises:
        BuildError: The file can't be read, or a line of it can't be used.
    """
    app, variables = context.app_dir, user.settings.plain()
    environment = select.conda(app, variables)
    requirements = (
        pip_requirements(environment, app, variables)
        if environment
        else select.find(app, variables)
    )
    local_folders.refuse_outside(app, requirements)
    _warn(context, select.advice(app, environment or requirements))
    if environment and requirements:
        _warn(context, requirements.advice)
    return Manifest(environment, requirements)


@timed
def configure_package_sources(
    context: BuildContext, user: UserSettings, manifest: Manifest
) -> tuple[UserSettings, PackageSources]:
    """Join the indexes and channels of settings, bindings and manifest.

    Returns the settings without the variables that only configure the manifest: the image
    doesn't get those.

    Raises:
        BuildError: An index, a channel or a folder of wheels is invalid.
    """
    lines = manifest.requirements.index if manifest.requirements else IndexLines()
    index = index_settings.configure(user.settings, lines, context.app_dir, user.bound)
    _warn(context, index.advice)
    remaining = user.settings
    for file in manifest.files():
        remaining = remaining.without_launch(file.configuring)
    _warn(context, map(settings_warnings.credential_in_image, remaining.like_credentials()))
    channels = (
        conda_channel_settings.configure(
            remaining, manifest.environment, user.bound, context.app_dir
        )
        if manifest.environment
        else Channels()
    )
    in_files = (secret for file in manifest.files() for secret in file.secrets)
    secrets = (*user.secrets, *index.secrets(), *channels.secrets(), *in_files)
    context.log.masker = Masker.of(secrets)
    user = replace(user, settings=remaining, secrets=secrets)
    return user, PackageSources(index, channels)


@timed
def choose_python(
    context: BuildContext, user: UserSettings, manifest: Manifest, sources: PackageSources
) -> PythonChoice:
    """Choose the Python version that the user, the source or the pinned requirements ask for.

    Raises:
        NoPythonForPins: No Python has wheels for all pinned requirements.
        BuildError: The version is unknown, or the wrapper doesn't support it.
        LockForOtherPython: A lock file is for another Python.
    """
    app, asked = context.app_dir, user.settings.text("BP_PYTHON_VERSION")
    if manifest.environment:
        choice = python_version.of_environment(app, asked, manifest.environment)
    else:
        choice = _python_of_requirements(app, asked, manifest.requirements)
    if manifest.environment and (manifest.environment.python or manifest.environment.locked):
        # conda itself chooses among the Pythons that the file allows.
        _warn(context, sources.channels.advice)
        return choice
    paths = [Path(path) for path in sources.index.constraint_files]
    constraints = requirements_txt.read_constraints(app, paths, user.settings.plain())
    lines = python_requests.pinned_lines(manifest.requirements, constraints.lines)
    around = _surroundings(context, user.settings, conda=manifest.environment is not None)
    choice = python_by_wheels.decide(choice, lines, sources.index, around)
    _warn(context, sources.channels.advice)
    return choice


def apply_markers(manifest: Manifest, python: PythonChoice) -> Manifest:
    """Return the manifest without the lines that are for other Pythons.

    Raises:
        NoLineApplies: No line is for this Python, so that nothing would be installed.
    """
    listed = manifest.requirements
    if not listed:
        return manifest
    kept = listed.for_python(python.spec)
    alone = not manifest.environment and not listed.lock
    if alone and listed.asked and not (kept.names or kept.nameless or kept.arguments):
        fitting = (f"{major}.{minor}" for major, minor in reversed(python_version.SUPPORTED))
        raise NoLineApplies(
            listed.path.name,
            (python.spec, python.source.describe()),
            listed.asked[0].marker,
            next((each for each in fitting if listed.has_line_for(each)), ""),
        )
    return replace(manifest, requirements=kept)


def _python_of_requirements(
    app: Path, asked: str, requirements: Requirements | None
) -> PythonChoice:
    name = requirements.path.name if requirements else ""
    specifier = requirements.requires_python if requirements else ""
    choice = python_version.choose(app, asked or None, requirements)
    if specifier and not choice.meets(specifier):
        nearest = python_version.one_meeting(specifier)
        source = choice.source.describe()
        raise LockForOtherPython(name, specifier, choice.spec, source, nearest)
    return choice


def _surroundings(context: BuildContext, settings: Settings, *, conda: bool) -> Surroundings:
    bundle, layers = context.bundle, context.platform.layers
    if conda:
        return Surroundings(
            is_available=lambda minor: minor in bundle.conda_pythons,
            locked=lambda _: {},
            stored=Layer(layers, "conda").metadata() if layers else {},
            target=context.platform.target,
        )
    catalogue = settings.text("BP_PYTHON_DOWNLOADS_JSON_URL") or bundle.catalogue
    return Surroundings(
        is_available=lambda minor: bool(catalogue) or minor in bundle.pythons,
        locked=bundle.locked_versions,
        stored=Layer(layers, "python").metadata() if layers else {},
        target=context.platform.target,
    )


@timed
def find_model(context: BuildContext, user: UserSettings, python: PythonChoice) -> Model:
    """Find the class that is served.

    Raises:
        BuildError: There is no such class, or the wrapper can't serve it.
    """
    name, kind = user.settings.get("MODEL_NAME"), user.settings.get("SERVICE_TYPE")
    return find.find(
        context.app_dir,
        name.value if name else None,
        kind.value if kind else None,
        python=python.minor,
        python_path=user.settings.at_launch("PYTHONPATH"),
        origins=(name.source.describe() if name else "", kind.source.describe() if kind else ""),
    )


@timed
def prepare_app_dir(
    context: BuildContext,
    user: UserSettings,
    manifest: Manifest,
    python: PythonChoice,
    model: Model,
) -> AppDir:
    """Make the source readable for the image's user, and plan its labels and slices.

    Raises:
        BuildError: image_metadata.json is invalid, or Git LFS has to fetch a file first.
    """
    app = context.app_dir
    opened = permissions.open_to_all(app)
    listed = manifest.requirements.local if manifest.requirements else ()
    values = user.settings.plain().values()
    _warn(context, git_lfs.check_pointers(app, opened.sizes, model, listed, values))
    _warn(context, (*python.advice, *model.advice, *before_run.advice(app), *opened.advice))
    of_model = image_labels.of_model(model.name, model.service_type)
    labels = {**of_model, **image_labels.read(app, context.log.masker)}
    return AppDir(labels, slices.apart(opened.sizes))


def add_launch_defaults(given: Settings, model: Model) -> Settings:
    """Return the settings with seldon-serve's defaults for MODEL_NAME and SERVICE_TYPE.

    They apply if the container's user sets no others.
    """
    defaults = {"MODEL_NAME.default": model.name, "SERVICE_TYPE.default": model.service_type}
    return given.with_launch(defaults)


@timed
def connect_network(
    context: BuildContext, bound: Bound, sources: PackageSources, manifest: Manifest
) -> PackageSources:
    """Write the proxy, CA certificate and credential files that child processes read.

    They go to the scratch directory.
    """
    proxies = context.platform.proxies()
    # Read again: only a netrc needs them.
    texts = _texts(context.app_dir, manifest.requirements) if bound.netrc else ()
    urls = [line.url for line in manifest.requirements.lines] if manifest.requirements else []
    index = network.joined(sources.index, bound, proxies, context.scratch, texts, urls)
    return replace(sources, index=index)


def _texts(app: Path, requirements: Requirements | None) -> Iterable[str]:
    for path in requirements.files if requirements else ():
        with contextlib.suppress(OSError):
            yield user_files.read(app, path).decode(errors="replace")


def _warn(context: BuildContext, advice: Iterable[Advice]) -> None:
    for piece in advice:
        context.log.advise(piece)
