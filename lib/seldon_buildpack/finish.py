"""The last steps of a build: write the launch metadata and remove secrets from the image."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from seldon_buildpack import runtime
from seldon_buildpack.app_dir import before_run, private_files, scrub
from seldon_buildpack.cnb import launch
from seldon_buildpack.context import BuildContext
from seldon_buildpack.layers import serve, third_party_licenses, trusted_certificates, watcher
from seldon_buildpack.layers.plan import LayerPlan, ServingEnvironment
from seldon_buildpack.manifests import select
from seldon_buildpack.messages.errors.system_libraries import SystemLibrariesMissing
from seldon_buildpack.messages.system_libraries import LibrariesNeeded
from seldon_buildpack.messages.warnings import model as model_warnings
from seldon_buildpack.messages.warnings.system_libraries import system_libraries_missing
from seldon_buildpack.model import example_request, missing_imports, shadowing, signatures
from seldon_buildpack.model.import_roots import OF_S2I
from seldon_buildpack.names import canonical
from seldon_buildpack.project import Project
from seldon_buildpack.python_env import importable, system_libraries
from seldon_buildpack.python_env.system_libraries import Catalogue, MissingLibraries
from seldon_buildpack.settings.model_trial import ModelTrial
from seldon_buildpack.step_times import timed


@timed
def warn_of_shadowing(context: BuildContext, project: Project, plan: LayerPlan) -> None:
    """Check that installed modules and the source's don't hide each other.

    Raises:
        BuildError: An installed module hides the model.
    """
    for advice in shadowing.check(project.model, plan.modules()):
        context.log.advise(advice)


@timed
def warn_of_methods(context: BuildContext, project: Project) -> None:
    """Warn about methods of the model that the wrapper cannot call."""
    for method in signatures.find_uncallable_methods(project.model):
        place = f"{project.model.path}, line {method.line}"
        match method.problem:
            case signatures.Problem.TAKES_FEWER:
                advice = model_warnings.method_takes_fewer(place, method.name, method.passed)
            case signatures.Problem.TAKES_MORE:
                advice = model_warnings.method_takes_more(place, method.name, method.passed)
            case signatures.Problem.IS_ASYNC:
                advice = model_warnings.method_is_async(place, method.name)
            case signatures.Problem.IS_GENERATOR:
                advice = model_warnings.method_is_generator(place, method.name)
        context.log.advise(advice)


@timed
def check_imports(context: BuildContext, project: Project, plan: LayerPlan) -> None:
    """Check that the image has every module that the model imports.

    Raises:
        BuildError: The model cannot start without a module, or cannot be parsed.
    """
    installed = plan.importable()
    missing = missing_imports.find_missing_imports(
        project.model,
        installed,
        complete=project.trial.level is not ModelTrial.OFF
        and importable.ANYTHING not in installed
        and not _is_in_doubt(project),
    )
    if missing.certain:
        raise missing_imports.explain_missing(
            missing.certain, project.model, _name_manifest(project)
        )
    if missing.possible:
        places = [f"{place.name} ({place.file}, line {place.line})" for place in missing.possible]
        context.log.advise(model_warnings.imports_missing(places))
    _check_libraries(context, project, plan, missing.installed)


def _check_libraries(
    context: BuildContext,
    project: Project,
    plan: LayerPlan,
    imports: Iterable[missing_imports.ImportPlace],
) -> None:
    """Check that the image has the libraries that the installed packages load.

    ``imports`` are the installed modules that the model certainly imports.

    Raises:
        SystemLibrariesMissing: One of them cannot be imported in the image.
    """
    lacking = plan.missing_libraries()
    if not lacking:
        return
    catalogue = system_libraries.read_catalogue()
    known_image = _is_run_image_known(context) and not project.settings.at_launch("LD_LIBRARY_PATH")
    for each in lacking:
        needed = _describe_libraries(project, each, catalogue)
        prefixes = tuple(f"{name}." for name in each.failing)
        failing = (place for place in imports if f"{place.name}.".startswith(prefixes))
        if known_image and (place := next(failing, None)):
            raise SystemLibrariesMissing(needed, place.name, f"{place.file}, line {place.line}")
        context.log.advise(system_libraries_missing(needed, known_image, each.failing))


def _describe_libraries(
    project: Project, lacking: MissingLibraries, catalogue: Catalogue
) -> LibrariesNeeded:
    name = canonical(lacking.package)
    listed = project.requirements is not None and name in project.requirements.names
    return LibrariesNeeded(
        package=lacking.package,
        file=lacking.file,
        libraries=tuple((each, catalogue.packages.get(each, "")) for each in lacking.libraries),
        alternative=catalogue.alternatives.get(name, ""),
        manifest=_name_manifest(project) if listed else "",
    )


def _is_in_doubt(project: Project) -> bool:
    """Return whether something may add modules when the container starts."""
    return (project.app / before_run.FILE).exists() or _has_path_outside(project)


def _is_run_image_known(context: BuildContext) -> bool:
    """Return whether the run image is one of the two that belong to the build image."""
    described = runtime.read_described()
    known = {system_libraries.read_catalogue().run_image, described.id if described else ""}
    return context.platform.read_run_image_id() in known - {""}


def _has_path_outside(project: Project) -> bool:
    """Return whether PYTHONPATH in the image has a folder that is not in the source."""
    paths = map(Path, project.settings.at_launch("PYTHONPATH").split(":"))
    return any(
        path.is_absolute() and not any(map(path.is_relative_to, (project.app, OF_S2I)))
        for path in paths
    )


def _name_manifest(project: Project) -> str:
    if project.environment:
        return project.environment.path.name
    return project.requirements.path.name if project.requirements else "requirements.txt"


@timed
def write_programs(
    context: BuildContext, project: Project, plan: LayerPlan, environment: ServingEnvironment
) -> None:
    """Write the layers that start the model."""
    variables = {**environment.launch, **project.settings.launch}
    serve.make(plan.layer(serve.NAME), context.bundle, environment.path, variables)
    if project.bound.certificates and project.settings.flag("BP_EMBED_CERTS"):
        layer = plan.layer(trusted_certificates.NAME)
        trusted_certificates.make(layer, project.bound.certificates)


@timed
def try_model(
    context: BuildContext, project: Project, plan: LayerPlan, environment: ServingEnvironment
) -> str:
    """Run the model as the image will, and return how far that went, for the label.

    Raises:
        BuildError: The model cannot start.
    """
    with plan.at_hand() as is_at_hand:
        if project.trial.level is ModelTrial.OFF:
            return "no: BP_MODEL_TRIAL=off"
        if not is_at_hand:
            context.log.fact(
                "Tried",
                "no",
                "the installed packages are reused, and not available here; BP_MODEL_TRIAL=always restores them",
            )
            return "no: reused packages"
        # Builds that reuse all packages do not pay for these imports.
        from seldon_buildpack.trial import trial

        # The files in it have secrets, and nothing needs them any more.
        for path in context.scratch.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
        result = trial.try_model(
            trial.Trial(
                app=project.app,
                layers=plan.root,
                linked=[context.platform.buildpack, context.bundle.root.resolve()],
                program=plan.layer(serve.NAME).path / "bin/seldon-serve",
                level=project.trial.level,
                seconds=project.trial.seconds,
                name=project.model.name,
                python=environment.python,
                manifest=_name_manifest(project),
                path=example_request.example_request(
                    project.model.service_type, project.model.methods
                )[0],
                in_doubt=_is_in_doubt(project),
                is_run_image_known=_is_run_image_known(context),
            )
        )
    context.log.fact("Tried", result.summary)
    for advice in result.advice:
        context.log.advise(advice)
    return result.reached


def write_launch(
    project: Project, plan: LayerPlan, environment: ServingEnvironment, tried: str
) -> None:
    """Write launch.toml, which has the processes, the labels and the slices.

    ``tried`` says how far the model was tried.
    """
    # What the buildpack states about the image comes last: the source's labels cannot replace it.
    labels = {
        **project.labels,
        "io.seldon.licenses": str(plan.layer(third_party_licenses.NAME).path),
        "io.seldon.python.version": environment.python,
        "io.seldon.tried": tried,
        "io.seldon.wrapper.version": environment.seldon_core,
        "io.seldon.wrapper.pins": environment.pins,
    }
    processes = [serve.WEB, serve.TRY, *([watcher.DEV] if environment.dev else [])]
    launch.write(plan.root, processes, labels, project.large.slices)


@timed
def remove_secrets(context: BuildContext, project: Project) -> None:
    """Remove credentials, index settings and private files from the source in the image."""
    configuring = project.environment.configuring if project.environment else frozenset[str]()
    others = (*project.index.constraints, *select.present(project.app))
    masker = context.log.masker
    for name in scrub.application(project.app, project.requirements, others, configuring, masker):
        context.log.masked_in_image(name)
    if names := private_files.remove(project.app, project.settings.words("BP_KEEP_FILES")):
        context.log.private(names)
