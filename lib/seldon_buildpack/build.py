"""Build, told in order: what the user set, what the user wrote, which layers that makes, which of them are still good."""

import errno
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from seldon_buildpack import errors, log, settings
from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb import bindings, launch
from seldon_buildpack.cnb.layers import Layer
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.install import bound, mirror, network, wheels
from seldon_buildpack.install.bound import Bound
from seldon_buildpack.install.index import MANIFEST, Index, configure
from seldon_buildpack.install.uv import Uv
from seldon_buildpack.layers import cache, certificates, licences, python, serve, watcher, wrapper
from seldon_buildpack.layers.requirements import Installation
from seldon_buildpack.layers.stack import Stack
from seldon_buildpack.log import Log
from seldon_buildpack.project import (
    before_run,
    directory,
    image_metadata,
    large_files,
    manifest,
    methods,
    model,
    private_files,
    python_version,
    s2i_environment,
    s2i_scripts,
    s2iignore,
    scrub,
    shadowing,
    source,
    wrapper_variables,
)
from seldon_buildpack.project.large_files import Apart
from seldon_buildpack.project.model import Model
from seldon_buildpack.project.python_version import PythonChoice
from seldon_buildpack.project.requirements import IndexLines, Requirements
from seldon_buildpack.secrets import Masker, url_secrets
from seldon_buildpack.settings import Settings


@dataclass(frozen=True)
class Project:
    """What the user set and wrote, read and checked."""

    app: Path
    settings: Settings
    model: Model
    python: PythonChoice
    requirements: Requirements | None
    bound: Bound
    index: Index
    labels: Mapping[str, str]
    large: Apart


def main() -> int:
    """Exit code of bin/build (spec: Phase #3: Build); every failure is explained, none shows a traceback of bad input."""
    out = Log(sys.stdout)
    os.umask(0o022)
    try:
        platform = Platform.read(os.environ, Path.cwd())
        with tempfile.TemporaryDirectory() as scratch:
            build(platform, Bundle.read(platform.buildpack), out, Path(scratch))
    except errors.BuildError as error:
        return _explain(out, error)
    except OSError as error:
        if closed := source.closed_directory(Path.cwd(), error):
            return _explain(out, errors.DirectoryClosed(closed))
        # shutil's error for a tree has no errno: it lists those of the files.
        if os.strerror(errno.ENOSPC) not in str(error):
            return _explain(out, _our_fault())
        return _explain(out, errors.DiskFull(str(error.filename or "the layers of the image")))
    except Exception:
        return _explain(out, _our_fault())
    return 0


def _our_fault() -> errors.OurFault:
    import traceback

    return errors.OurFault(traceback.format_exc().splitlines())


def _explain(out: Log, error: errors.BuildError) -> int:
    for line in error.lines():
        out.line(line)
    return error.exit_code


def build(platform: Platform, bundle: Bundle, out: Log, scratch: Path) -> None:
    """One build; what only tools may read of the platform's secrets lies in ``scratch``. Raises a BuildError."""
    out.line(f"Seldon Python buildpack {bundle.buildpack_version}")
    project = read_project(platform, out)
    project = replace(project, index=network.joined(project.index, project.bound, platform.proxies(), scratch))
    interpreter = python.plan(project.python, bundle, project.settings.text("BP_PYTHON_DOWNLOADS_JSON_URL"))
    wrappers = wrapper.plan(wrapper_version(project, bundle), project.settings.text("BP_SELDON_PINS"), interpreter, bundle)
    _tell(project, interpreter, wrappers[0].version, out)
    stack = plan_layers(platform, project, interpreter, wrappers, bundle, out)
    out.heading("Layers")
    provided = stack.provide()
    for piece in shadowing.check(project.model, stack.modules()):
        out.advise(piece)
    serve.make(stack.layer(serve.NAME), bundle, provided.path, {**provided.launch, **project.settings.launch})
    if project.bound.certificates and project.settings.flag("BP_EMBED_CERTS"):
        certificates.make(stack.layer(certificates.NAME), project.bound.certificates)
    labels = {
        "io.seldon.licenses": str(stack.layer(licences.NAME).path),
        "io.seldon.python.version": provided.python,
        "io.seldon.wrapper.version": provided.seldon_core,
        "io.seldon.wrapper.pins": provided.pins,
        **project.labels,
    }
    processes = [serve.WEB, *([watcher.DEV] if provided.dev else [])]
    launch.write(stack.root, processes, labels, project.large.slices)
    for name in scrub.application(project.app, project.requirements, (*project.index.constraints, *manifest.present(project.app))):
        out.masked_in_image(name)
    if names := private_files.remove(project.app, project.settings.words("BP_KEEP_FILES")):
        out.private(names)
    out.closing(*methods.example(project.model.service_type))


def wrapper_version(project: Project, bundle: Bundle) -> str:
    """The release that is asked for: by the variable, by the requirements, else the one that is carried."""
    asked = project.settings.text("BP_SELDON_CORE_VERSION")
    if asked and not asked[0].isdigit():
        raise errors.WrapperVersionInvalid(asked)
    return asked or (project.requirements.wrapper_version(bundle.seldon_core) if project.requirements else bundle.seldon_core)


def read_project(platform: Platform, out: Log) -> Project:
    """Read what the user set and wrote and what the platform binds; warnings are printed as they are found."""
    _leave_out(platform.app, out)
    file = s2i_environment.read(platform.app)
    services = bindings.read(platform.bindings, bound.TYPES)
    given = bound.read(services)
    plain = settings.read(platform.env, file.pairs()).with_fallbacks(given.options)
    secret = (*plain.secrets(), *given.secrets(), *(one for url in platform.proxies().values() for one in url_secrets(url)))
    out.masker = Masker.of(secret)
    known, advice = wrapper_variables.read(plain)
    for piece in (*file.advice, *advice, *(log.binding_without_type(name) for name in services.untyped)):
        out.advise(piece)
    requirements = manifest.find(platform.app, known.plain())
    for piece in manifest.advice(platform.app, requirements):
        out.advise(piece)
    index = configure(known, requirements.index if requirements else IndexLines(), platform.app, given)
    if requirements:
        known = known.without_launch(requirements.configuring)
    for key in known.like_credentials():
        out.advise(log.credential_in_image(key))
    out.masker = Masker.of((*secret, *index.secrets(), *(requirements.secrets if requirements else ())))
    choice = _python(platform.app, known, requirements)
    name, kind = known.get("MODEL_NAME"), known.get("SERVICE_TYPE")
    found = model.find(
        platform.app,
        name.value if name else None,
        kind.value if kind else None,
        python=choice.minor,
        python_path=known.at_launch("PYTHONPATH"),
        origins=(name.source if name else "", kind.source if kind else ""),
    )
    files = directory.open_to_all(platform.app)
    for piece in (*choice.advice, *found.advice, *before_run.advice(platform.app), *files.advice):
        out.advise(piece)
    known = known.with_launch({"MODEL_NAME.default": found.name, "SERVICE_TYPE.default": found.service_type})
    labels = {**image_metadata.of_model(found.name, found.service_type), **image_metadata.read(platform.app)}
    large = large_files.apart(files.sizes)
    return Project(platform.app, known, found, choice, requirements, given, index, labels, large)


def _python(app: Path, known: Settings, requirements: Requirements | None) -> PythonChoice:
    """The Python that the user or the source asks for, which has to be one that a lock file is for."""
    name, specifier = (requirements.path.name, requirements.requires_python) if requirements else ("", "")
    choice = python_version.choose(app, known.text("BP_PYTHON_VERSION") or None, (name, specifier))
    if specifier and not choice.meets(specifier):
        raise errors.LockForOtherPython(name, specifier, choice.spec, choice.source, python_version.one_meeting(specifier))
    return choice


def _leave_out(app: Path, out: Log) -> None:
    """What s2i would not have handed on: its own scripts are not run, and what .s2iignore names goes before anything else is read."""
    for piece in s2i_scripts.advice(app):
        out.advise(piece)
    if names := s2iignore.apply(app):
        out.left_out(names)
    for piece in s2iignore.advice(names):
        out.advise(piece)


def plan_layers(
    platform: Platform, project: Project, interpreter: python.Python, wrappers: tuple[wrapper.Wrapper, ...], bundle: Bundle, out: Log
) -> Stack:
    """What each layer is made from, before any is made."""
    if platform.layers is None:
        raise ValueError("CNB_LAYERS_DIR is not set: this is not a build (spec: Phase #3: Build)")
    told = project.settings.plain()
    used = project.requirements.variables if project.requirements else frozenset()
    variables = tuple((name, told[name]) for name in sorted(used) if name in told)
    what = None
    if project.requirements is not None or wrappers[0].lock is None:
        pins = project.settings.text("BP_SELDON_PINS").lower()
        what = Installation(project.app, project.requirements, project.index, interpreter, pins, wrappers, bundle, variables)
    uv = Uv(bundle.uv, platform.base_env, cache.directory(Layer(platform.layers, cache.NAME)), out)
    dev = watcher.plan(interpreter.minor, bundle) if project.settings.switch("BP_DEV_PROCESS", default=True) else None
    mirrored = mirror.read(project.settings, project.bound)
    return Stack(platform.layers, interpreter, wrappers, what, dev, project.index, mirrored, bundle, uv, out)


def _tell(project: Project, interpreter: python.Python, seldon_core: str, out: Log) -> None:
    found = project.model
    out.heading("Model")
    out.fact("Class", found.name, found.name_source)
    out.fact("Service type", found.service_type, found.service_type_source)
    if found.doubt:
        out.fact("Not checked", found.doubt)
    out.fact("Python", interpreter.request, project.python.source)
    out.fact("Wrapper", f"seldon-core {seldon_core}", licence(seldon_core))
    if project.requirements:
        chosen = str(project.requirements.path.relative_to(project.app))
        out.fact("Requirements", chosen, project.requirements.summary())
        if others := manifest.not_installed(project.app, project.requirements):
            out.fact("Not installed", ", ".join(others), f"{chosen} goes first")
        for folder in project.index.folders:
            count = len(wheels.archives(folder, project.app))
            out.fact(
                "Wheels", wheels.shown(folder, project.app), f"asked before any index; {count or 'no'} file{'' if count == 1 else 's'}"
            )
    for name, kind in project.bound.facts:
        out.fact("Binding", name, kind)
    if project.large.slices:
        out.large_files(project.large.size, len(project.large.slices))
    for url in project.index.places(project.app):
        source = project.index.credentials_of(url)
        out.fact("Index", url, f"user and password from {source}" if source.startswith("the ") and source != MANIFEST else "")


def licence(version: str) -> str:
    """The licence of a release of the wrapper: Apache-2.0 up to 1.17.1, BSL 1.1 from 1.18.0 (seldon-core's LICENSE)."""
    if tuple(int(part) for part in re.findall(r"\d+", version)[:2]) < (1, 18):
        return "licence Apache-2.0"
    return "licence BSL 1.1: not for production without an agreement with Seldon"
