"""The build phase: read settings and source, make or reuse layers, write launch metadata."""

import errno
import os
import sys
import tempfile
from pathlib import Path

from seldon_buildpack import finish, planning, step_times, steps
from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.context import BuildContext
from seldon_buildpack.log import Log
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.internal import DiskFull, InternalError
from seldon_buildpack.messages.errors.source_files import DirectoryClosed
from seldon_buildpack.model import example_request
from seldon_buildpack.model.source_tree import closed_directory
from seldon_buildpack.project import Project
from seldon_buildpack.runtime_choice import choose_runtime
from seldon_buildpack.settings import serving
from seldon_buildpack.settings.model_trial import read_model_trial
from seldon_buildpack.summary import log_installed_wrapper, log_summary


def build(context: BuildContext) -> None:
    """Build the model image.

    Raises:
        BuildError: The input is invalid, or a layer cannot be made.
    """
    context.log.line(f"Seldon Python buildpack {context.bundle.buildpack_version}")
    project = read_project(context)
    choice = choose_runtime(context, project)
    plan = planning.plan(context, project, choice.runtime)
    log_summary(context.log, project, plan, choice.lean)
    context.log.heading("Layers")
    with context.log.step("provide layers"):
        environment = plan.provide()
    log_installed_wrapper(context.log, project, plan.known_versions()[1], environment.seldon_core)
    finish.warn_of_methods(context, project)
    finish.warn_of_shadowing(context, project, plan)
    finish.check_imports(context, project, plan)
    finish.write_programs(context, project, plan, environment)
    finish.remove_secrets(context, project)
    tried = finish.try_model(context, project, plan, environment)
    finish.write_launch(project, plan, environment, tried)
    example = example_request.example_request(project.model.service_type, project.model.methods)
    context.log.closing(serving.read_ports(project.settings), *example)
    context.log.all_steps()


def read_project(context: BuildContext) -> Project:
    """Read and check the user's settings and source, step by step.

    Raises:
        BuildError: The input is invalid.
    """
    steps.apply_s2iignore(context)
    user = steps.read_settings(context)
    trial = read_model_trial(user.settings)
    manifest = steps.select_manifest(context, user)
    user, sources = steps.configure_package_sources(context, user, manifest)
    sources = steps.connect_network(context, user.bound, sources, manifest)
    python = steps.choose_python(context, user, manifest, sources)
    manifest = steps.apply_markers(manifest, python)
    model = steps.find_model(context, user, python)
    app_dir = steps.prepare_app_dir(context, user, manifest, python, model)
    return Project(
        app=context.app_dir,
        settings=steps.add_launch_defaults(user.settings, model),
        model=model,
        python=python,
        environment=manifest.environment,
        channels=sources.channels,
        requirements=manifest.requirements,
        bound=user.bound,
        index=sources.index,
        trial=trial,
        labels=app_dir.labels,
        large=app_dir.large,
    )


def main() -> int:
    """Run bin/build and return its exit code (spec: Phase #3: Build).

    Every failure is explained. Invalid input never shows a traceback.
    """
    out = Log(sys.stdout)
    os.umask(0o022)
    try:
        platform = Platform.read(os.environ, Path.cwd())
        out.shows_times = step_times.is_debug(platform.env.get(step_times.VARIABLE, ""))
        out.took("start Python and import", step_times.seconds_since_start())
        with tempfile.TemporaryDirectory() as scratch:
            context = BuildContext(
                platform=platform,
                bundle=Bundle.read(platform.buildpack),
                log=out,
                scratch=Path(scratch),
            )
            build(context)
    except BuildError as error:
        return _explain(out, error)
    except OSError as error:
        if closed := closed_directory(Path.cwd(), error):
            return _explain(out, DirectoryClosed(closed))
        # shutil's error for a tree has no errno, but lists the errors of the files.
        if os.strerror(errno.ENOSPC) not in str(error):
            return _explain(out, _our_fault())
        return _explain(out, DiskFull(str(error.filename or "the layers of the image")))
    except Exception:
        return _explain(out, _our_fault())
    return 0


def _our_fault() -> InternalError:
    import traceback

    return InternalError(traceback.format_exc().splitlines())


def _explain(out: Log, error: BuildError) -> int:
    for line in error.lines():
        out.line(line)
    return error.exit_code
