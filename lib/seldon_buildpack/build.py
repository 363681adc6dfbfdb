"""Build, told in order: what the user set, what the user wrote, which layers that makes, which of them are still good."""

import errno
import os
import re
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from seldon_buildpack import errors
from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb import launch
from seldon_buildpack.cnb.layers import Layer
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.install import mirror, network, wheels
from seldon_buildpack.install.conda.attempts import attempts
from seldon_buildpack.install.conda.pip_half import BY_PIP
from seldon_buildpack.install.conda.rattler import Rattler
from seldon_buildpack.install.index import MANIFEST
from seldon_buildpack.install.uv import Uv
from seldon_buildpack.layers import cache, certificates, licences, python, serve, watcher, wrapper
from seldon_buildpack.layers.conda import Conda
from seldon_buildpack.layers.conda_stack import CondaStack
from seldon_buildpack.layers.requirements import Installation
from seldon_buildpack.layers.stack import Stack
from seldon_buildpack.log import Log
from seldon_buildpack.project import manifest, methods, private_files, python_version, scrub, shadowing, source
from seldon_buildpack.project.conda import versions
from seldon_buildpack.project.conda.model import CondaEnvironment
from seldon_buildpack.reading import Project, read_project
from seldon_buildpack.settings import Settings


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
    stack: Stack | CondaStack = (
        plan_conda(platform, project, project.environment, bundle, out, scratch)
        if project.environment
        else plan_layers(platform, project, bundle, out)
    )
    _tell(project, *stack.told(), out)
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
    configuring = project.environment.configuring if project.environment else frozenset[str]()
    others = (*project.index.constraints, *manifest.present(project.app))
    for name in scrub.application(project.app, project.requirements, others, configuring):
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


def plan_layers(platform: Platform, project: Project, bundle: Bundle, out: Log) -> Stack:
    """What each layer is made from, before any is made."""
    interpreter = python.plan(project.python, bundle, project.settings.text("BP_PYTHON_DOWNLOADS_JSON_URL"))
    wrappers = wrapper.plan(wrapper_version(project, bundle), project.settings.text("BP_SELDON_PINS"), interpreter, bundle)
    root, what = _layers(platform), None
    if project.requirements is not None or wrappers[0].lock is None:
        pins = project.settings.text("BP_SELDON_PINS").lower()
        what = Installation(project.app, project.requirements, project.index, interpreter, pins, wrappers, bundle, _variables(project))
    uv = Uv(bundle.uv, platform.base_env, cache.directory(Layer(root, cache.NAME)), out)
    dev = watcher.plan(interpreter.minor, bundle) if project.settings.switch("BP_DEV_PROCESS", default=True) else None
    mirrored = mirror.read(project.settings, project.bound)
    return Stack(root, interpreter, wrappers, what, dev, project.index, mirrored, bundle, uv, out)


def plan_conda(platform: Platform, project: Project, environment: CondaEnvironment, bundle: Bundle, out: Log, scratch: Path) -> CondaStack:
    """The same for a source that conda's packages are installed for."""
    root, pins = _layers(platform), project.settings.text("BP_SELDON_PINS")
    sets, version = wrapper.sets(pins), wrapper_version(project, bundle)
    minors = versions.minors(environment.python) if environment.python else (project.python.spec.rpartition(".")[0] or project.python.spec,)
    tried = () if environment.wrapper else attempts(version, sets, minors, bundle)
    if not tried and not environment.wrapper:
        raise errors.PinsNotLocked(pins, version, minors[0], bundle.pins(version, minors[0]))
    env = {**platform.base_env, **dict(project.index.variables)}
    rattler = Rattler(project.channels, env, bundle.root / "libs", scratch / "conda")
    what = Conda(
        environment,
        conda_name(project.settings),
        python_version.spec_for(project.python, environment),
        set(minors) <= {*BY_PIP},
        tried,
        rattler,
        bundle,
    )
    uv = Uv(bundle.uv, platform.base_env, cache.directory(Layer(root, cache.NAME)), out)
    dev = project.settings.switch("BP_DEV_PROCESS", default=True)
    return CondaStack(
        root, project.app, what, project.requirements, project.index, pins, _variables(project), dev, bundle, uv, out, scratch
    )


def conda_name(known: Settings) -> str:
    """The environment's name: s2i's variable, and s2i's default. Raises EnvironmentNameInvalid for one that is no folder's name."""
    name = known.text("CONDA_ENV_NAME") or "microservice"
    if not re.fullmatch(r"[\w][\w.+-]*", name):
        raise errors.EnvironmentNameInvalid(name)
    return name


def _layers(platform: Platform) -> Path:
    if platform.layers is None:
        raise ValueError("CNB_LAYERS_DIR is not set: this is not a build (spec: Phase #3: Build)")
    return platform.layers


def _variables(project: Project) -> tuple[tuple[str, str], ...]:
    """The variables of the build that the requirements use."""
    told = project.settings.plain()
    used = project.requirements.variables if project.requirements else frozenset()
    return tuple((name, told[name]) for name in sorted(used) if name in told)


def _tell(project: Project, python: str, seldon_core: str, out: Log) -> None:
    found = project.model
    out.heading("Model")
    out.fact("Class", found.name, found.name_source)
    out.fact("Service type", found.service_type, found.service_type_source)
    if found.doubt:
        out.fact("Not checked", found.doubt)
    out.fact("Python", python, project.python.source)
    out.fact("Wrapper", f"seldon-core {seldon_core}" if seldon_core else "conda's seldon-core", licence(seldon_core) if seldon_core else "")
    if project.environment:
        out.fact("Environment", str(project.environment.path.relative_to(project.app)), project.environment.summary())
    elif project.requirements:
        out.fact("Requirements", str(project.requirements.path.relative_to(project.app)), project.requirements.summary())
    if (chosen := project.environment or project.requirements) and (others := manifest.not_installed(project.app, chosen)):
        out.fact("Not installed", ", ".join(others), f"{chosen.path.name} goes first")
    for channel in project.channels.channels:
        login = project.channels.login_of(channel.url)
        out.fact("Channel", channel.url, channel.source + (f"; login from {login.source}" if login else ""))
    if project.requirements:
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
