"""The last steps of a build: write the launch metadata and remove secrets from the image."""

from seldon_buildpack.app_dir import private_files, scrub
from seldon_buildpack.cnb import launch
from seldon_buildpack.context import BuildContext
from seldon_buildpack.layers import serve, third_party_licenses, trusted_certificates, watcher
from seldon_buildpack.layers.plan import LayerPlan, ServingEnvironment
from seldon_buildpack.manifests import select
from seldon_buildpack.model import shadowing
from seldon_buildpack.steps import Project


def warn_of_shadowing(context: BuildContext, project: Project, plan: LayerPlan) -> None:
    """Check that installed modules and the source's don't hide each other.

    Raises:
        BuildError: An installed module hides the model.
    """
    for advice in shadowing.check(project.model, plan.modules()):
        context.log.advise(advice)


def write_launch(
    context: BuildContext, project: Project, plan: LayerPlan, environment: ServingEnvironment
) -> None:
    """Write the layers that start the model, and launch.toml.

    launch.toml has the processes, the labels and the slices.
    """
    variables = {**environment.launch, **project.settings.launch}
    serve.make(plan.layer(serve.NAME), context.bundle, environment.path, variables)
    if project.bound.certificates and project.settings.flag("BP_EMBED_CERTS"):
        layer = plan.layer(trusted_certificates.NAME)
        trusted_certificates.make(layer, project.bound.certificates)
    # What the buildpack states about the image comes last: the source's labels cannot replace it.
    labels = {
        **project.labels,
        "io.seldon.licenses": str(plan.layer(third_party_licenses.NAME).path),
        "io.seldon.python.version": environment.python,
        "io.seldon.wrapper.version": environment.seldon_core,
        "io.seldon.wrapper.pins": environment.pins,
    }
    processes = [serve.WEB, *([watcher.DEV] if environment.dev else [])]
    launch.write(plan.root, processes, labels, project.large.slices)


def remove_secrets(context: BuildContext, project: Project) -> None:
    """Remove credentials, index settings and private files from the source in the image."""
    configuring = project.environment.configuring if project.environment else frozenset[str]()
    others = (*project.index.constraints, *select.present(project.app))
    masker = context.log.masker
    for name in scrub.application(project.app, project.requirements, others, configuring, masker):
        context.log.masked_in_image(name)
    if names := private_files.remove(project.app, project.settings.words("BP_KEEP_FILES")):
        context.log.private(names)
