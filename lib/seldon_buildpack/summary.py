"""The summary at the top of a build's log: the model, and what it is built from."""

import re

from seldon_buildpack.layers.plan import LayerPlan
from seldon_buildpack.log import Log
from seldon_buildpack.manifests import select
from seldon_buildpack.messages.warnings import wrapper as wrapper_warnings
from seldon_buildpack.package_sources import wheel_folders
from seldon_buildpack.project import Project


def log_summary(log: Log, project: Project, plan: LayerPlan, lean: str = "") -> None:
    """Print what was found and chosen, before the first layer is made.

    ``lean`` is the run image without Python and wrapper, if this one's are of no use.
    """
    log.heading("Model")
    _log_model(log, project, plan)
    _log_manifest(log, project)
    _log_package_sources(log, project)
    if lean:
        log.fact(
            "Run image",
            "its Python and wrapper are not used",
            f"for a smaller image, add --run-image {lean}",
        )


def _log_model(log: Log, project: Project, plan: LayerPlan) -> None:
    model = project.model
    python, seldon_core = plan.known_versions()
    log.fact("Class", model.name, model.name_source)
    log.fact("Service type", model.service_type, model.service_type_source)
    if model.doubt:
        log.fact("Not checked", model.doubt)
    log.fact("Python", python, project.python.source.describe())
    if seldon_core:
        known = _is_known(project, seldon_core)
        log.fact("Wrapper", f"seldon-core {seldon_core}", licence(seldon_core) if known else "")
    else:
        log.fact("Wrapper", "conda's seldon-core")


def _is_known(project: Project, seldon_core: str) -> bool:
    """Return whether this release is certain to serve, before anything is resolved.

    A range or a URL may lead to any release.
    """
    by_url = project.requirements is not None and project.requirements.wrapper_by_url
    return seldon_core[:1].isdigit() and not by_url


def log_installed_wrapper(log: Log, project: Project, asked: str, installed: str) -> None:
    """Print the installed release if it was not certain before, and its license's limits."""
    if installed and (installed != asked or not _is_known(project, asked)):
        log.wrapper(installed, licence(installed))
    if _is_bsl(installed):
        log.advise(wrapper_warnings.wrapper_under_bsl(installed))


def _is_bsl(version: str) -> bool:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2]) >= (1, 18)


def _log_manifest(log: Log, project: Project) -> None:
    chosen = project.environment or project.requirements
    if not chosen:
        return
    label = "Environment" if project.environment else "Requirements"
    more = project.requirements.more if chosen is project.requirements else ()
    files = " ".join(str(path.relative_to(project.app)) for path in (chosen.path, *more))
    log.fact(label, files, chosen.summary())
    if project.requirements and project.requirements.from_git:
        names = ", ".join(project.requirements.from_git)
        log.fact("Not editable", names, "-e with a git URL is installed without -e")
    if others := select.not_installed(project.app, chosen):
        log.fact("Not installed", ", ".join(others), f"{chosen.path.name} takes precedence")


def _log_package_sources(log: Log, project: Project) -> None:
    for channel in project.channels.channels:
        credential = project.channels.credential_of(channel.url)
        by = f"; login from {credential.source.describe()}" if credential else ""
        log.fact("Channel", channel.url, channel.source.describe_from() + by)
    if project.requirements:
        for folder in project.index.folders:
            count = len(wheel_folders.archives(folder, project.app))
            log.fact(
                "Wheels",
                wheel_folders.shown(folder, project.app),
                f"searched before any index; {count or 'no'} file{'' if count == 1 else 's'}",
            )
    for name, kind in project.bound.facts:
        log.fact("Binding", name, kind)
    if project.large.slices:
        log.large_files(project.large.size, len(project.large.slices))
    for url in project.index.places(project.app):
        source = project.index.credentials_of(url)
        log.fact(
            "Index",
            url,
            f"user and password from {source.describe()}" if source.is_bound else "",
        )


def licence(version: str) -> str:
    """Return the license of a wrapper release, as the log prints it.

    It is Apache-2.0 up to 1.17.1, and BSL 1.1 from 1.18.0 on (seldon-core's LICENSE).
    """
    if not _is_bsl(version):
        return "licence Apache-2.0"
    return "licence BSL 1.1: production use needs an agreement with Seldon"
