"""Build, told in order: what the user set, what the user wrote, which layers that makes, which of them are still good."""

import errno
import os
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from seldon_buildpack import planning
from seldon_buildpack.app_dir import private_files, scrub
from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb import launch
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.layers import serve, third_party_licenses, trusted_certificates, watcher
from seldon_buildpack.log import Log
from seldon_buildpack.manifests import select as manifest
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.internal import DiskFull, OurFault
from seldon_buildpack.messages.errors.source_files import DirectoryClosed
from seldon_buildpack.model import methods, shadowing
from seldon_buildpack.model import source_tree as source
from seldon_buildpack.package_sources import network, wheel_folders
from seldon_buildpack.reading import Project, read_project


def main() -> int:
    """Exit code of bin/build (spec: Phase #3: Build); every failure is explained, none shows a traceback of bad input."""
    out = Log(sys.stdout)
    os.umask(0o022)
    try:
        platform = Platform.read(os.environ, Path.cwd())
        with tempfile.TemporaryDirectory() as scratch:
            build(platform, Bundle.read(platform.buildpack), out, Path(scratch))
    except BuildError as error:
        return _explain(out, error)
    except OSError as error:
        if closed := source.closed_directory(Path.cwd(), error):
            return _explain(out, DirectoryClosed(closed))
        # shutil's error for a tree has no errno: it lists those of the files.
        if os.strerror(errno.ENOSPC) not in str(error):
            return _explain(out, _our_fault())
        return _explain(out, DiskFull(str(error.filename or "the layers of the image")))
    except Exception:
        return _explain(out, _our_fault())
    return 0


def _our_fault() -> OurFault:
    import traceback

    return OurFault(traceback.format_exc().splitlines())


def _explain(out: Log, error: BuildError) -> int:
    for line in error.lines():
        out.line(line)
    return error.exit_code


def build(platform: Platform, bundle: Bundle, out: Log, scratch: Path) -> None:
    """One build; what only tools may read of the platform's secrets lies in ``scratch``. Raises a BuildError."""
    out.line(f"Seldon Python buildpack {bundle.buildpack_version}")
    project = read_project(platform, out)
    project = replace(
        project, index=network.joined(project.index, project.bound, platform.proxies(), scratch)
    )
    stack = planning.plan(platform, project, bundle, out, scratch)
    _tell(project, *stack.told(), out)
    out.heading("Layers")
    provided = stack.provide()
    for piece in shadowing.check(project.model, stack.modules()):
        out.advise(piece)
    serve.make(
        stack.layer(serve.NAME),
        bundle,
        provided.path,
        {**provided.launch, **project.settings.launch},
    )
    if project.bound.certificates and project.settings.flag("BP_EMBED_CERTS"):
        trusted_certificates.make(
            stack.layer(trusted_certificates.NAME), project.bound.certificates
        )
    labels = {
        "io.seldon.licenses": str(stack.layer(third_party_licenses.NAME).path),
        "io.seldon.python.version": provided.python,
        "io.seldon.wrapper.version": provided.seldon_core,
        "io.seldon.wrapper.pins": provided.pins,
        **project.labels,
    }
    processes = [serve.WEB, *([watcher.DEV] if provided.dev else [])]
    launch.write(stack.root, processes, labels, project.large.slices)
    configuring = project.environment.configuring if project.environment else frozenset[str]()
    others = (*project.index.constraints, *manifest.present(project.app))
    for name in scrub.application(project.app, project.requirements, others, configuring):
        out.masked_in_image(name)
    if names := private_files.remove(project.app, project.settings.words("BP_KEEP_FILES")):
        out.private(names)
    out.closing(*methods.example(project.model.service_type))


def _tell(project: Project, python: str, seldon_core: str, out: Log) -> None:
    found = project.model
    out.heading("Model")
    out.fact("Class", found.name, found.name_source)
    out.fact("Service type", found.service_type, found.service_type_source)
    if found.doubt:
        out.fact("Not checked", found.doubt)
    out.fact("Python", python, project.python.source.describe())
    out.fact(
        "Wrapper",
        f"seldon-core {seldon_core}" if seldon_core else "conda's seldon-core",
        licence(seldon_core) if seldon_core else "",
    )
    if project.environment:
        out.fact(
            "Environment",
            str(project.environment.path.relative_to(project.app)),
            project.environment.summary(),
        )
    elif project.requirements:
        out.fact(
            "Requirements",
            str(project.requirements.path.relative_to(project.app)),
            project.requirements.summary(),
        )
    if (chosen := project.environment or project.requirements) and (
        others := manifest.not_installed(project.app, chosen)
    ):
        out.fact("Not installed", ", ".join(others), f"{chosen.path.name} goes first")
    for channel in project.channels.channels:
        login = project.channels.login_of(channel.url)
        out.fact(
            "Channel",
            channel.url,
            channel.source.describe_from()
            + (f"; login from {login.source.describe()}" if login else ""),
        )
    if project.requirements:
        for folder in project.index.folders:
            count = len(wheel_folders.archives(folder, project.app))
            out.fact(
                "Wheels",
                wheel_folders.shown(folder, project.app),
                f"asked before any index; {count or 'no'} file{'' if count == 1 else 's'}",
            )
    for name, kind in project.bound.facts:
        out.fact("Binding", name, kind)
    if project.large.slices:
        out.large_files(project.large.size, len(project.large.slices))
    for url in project.index.places(project.app):
        source = project.index.credentials_of(url)
        out.fact(
            "Index",
            url,
            f"user and password from {source.describe()}" if source.is_bound else "",
        )


def licence(version: str) -> str:
    """The licence of a release of the wrapper: Apache-2.0 up to 1.17.1, BSL 1.1 from 1.18.0 (seldon-core's LICENSE)."""
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < (1, 18):
        return "licence Apache-2.0"
    return "licence BSL 1.1: not for production without an agreement with Seldon"
