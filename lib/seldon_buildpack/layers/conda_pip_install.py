"""Installing pip's half of a conda environment: the section `pip:` and the wrapper.

It is installed next to conda's packages, not among them. Each half has its own layer, so that a
change of one does not affect the other. pip and uv see conda's packages as installed, and keep
those that satisfy the requirements. Replacements come before conda's packages on sys.path; conda's
own files are not changed.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from seldon_buildpack.commands import pip
from seldon_buildpack.commands.conda_pip import copy_pip, run_pip
from seldon_buildpack.commands.environments import Program, choose_variables
from seldon_buildpack.commands.uv import Uv
from seldon_buildpack.layers import requirement_files
from seldon_buildpack.layers.conda_pip_half import PipHalf, PipInstall
from seldon_buildpack.manifests import requirements_export
from seldon_buildpack.manifests.requirements_txt import WRAPPER
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.conda_packages import (
    CondaPipFailed,
    CondaPipMissing,
    CondaWrapperBroken,
)
from seldon_buildpack.messages.errors.requirements import Conflict
from seldon_buildpack.messages.warnings import wrapper as wrapper_warnings
from seldon_buildpack.names import canonical, of_dist_info
from seldon_buildpack.python_env import (
    build_packages,
    conda_installed_stubs,
    installed_stubs,
    numpy_builds,
    venv,
)
from seldon_buildpack.python_env.conda_prefix import compile_bytecode
from seldon_buildpack.python_env.protobuf import add_loader, pure_python_version
from seldon_buildpack.wrapper import old_releases, smoke_test

# uv does not support these Pythons.
BY_PIP = ("3.6", "3.7")
_TAIL = 12
_DOING = "Installing the environment's pip packages"


def install(half: PipHalf, prefix: Path, uv: Uv, scratch: Path) -> PipInstall:
    """Fill ``prefix`` and check that the wrapper serves with both halves.

    Raises:
        BuildError: The packages cannot be installed, or the wrapper does not serve with them.
    """
    site = venv.site_packages(prefix, half.minor)
    options = requirement_files.export_constraints(half.app, half.index, half.variables, scratch)
    half = replace(half, index=replace(half.index, options=options))
    refused: Conflict | None = None
    for pins in half.sets or ("",):
        conda = _begin(half, prefix, pins, uv, scratch)
        try:
            _run(half, prefix, pins, uv, scratch, ask=True)
            break
        except Conflict as conflict:
            refused = refused or conflict
    else:
        if refused and (half.requirements is not None and WRAPPER in half.requirements.names):
            raise refused
        conda = _begin(half, prefix, pins, uv, scratch)
        _run(half, prefix, pins, uv, scratch, ask=False)
    numpy_1 = _suit_numpy(half, prefix, pins, uv, scratch)
    replaced = {
        name: (conda[name], version)
        for name, version in conda_installed_stubs.hide(site, conda).items()
    }
    build_packages.hide_packages(site)
    venv.forget_installation(site)
    venv.drop_wrapper_tests(site)
    venv.drop_namespace_files(site)
    add_loader(site)
    compile_bytecode(prefix / "bin/python", prefix / f"lib/python{half.minor}", half.minor)
    _leave(prefix)
    for place in (site, venv.site_packages(half.conda, half.minor)):
        for path in place.glob("seldon_core-*.dist-info"):
            old_releases.refuse_old_release(of_dist_info(path)[1])
    if broken := smoke_test.why_not_served(prefix / "bin/python"):
        raise CondaWrapperBroken(
            half.version,
            [
                f"{name} {by_pip}, conda's is {by_conda}"
                for name, (by_conda, by_pip) in replaced.items()
            ],
            broken,
        )
    if version := pure_python_version(site):
        uv.log.advise(wrapper_warnings.protobuf_without_compiled_code(version, half.minor))
    return PipInstall(pins, replaced, numpy_1)


def _suit_numpy(
    half: PipHalf, prefix: Path, pins: str, uv: Uv, scratch: Path
) -> tuple[str, str] | None:
    """Install NumPy 1 if a pip package was compiled for it.

    conda's own packages require the NumPy that they were compiled for, pip's do not.
    Returns the version and that package, or None if nothing was replaced.
    """
    site = venv.site_packages(prefix, half.minor)
    version = numpy_builds.find_version(site)
    if int(version.partition(".")[0] or 0) < 2:
        return None
    package = numpy_builds.find_package_for_numpy_1(site)
    if not package:
        return None
    bound = scratch / "numpy.txt"
    bound.write_text("numpy<2\n")
    more = ("--constraints", str(bound), "--only-binary", "numpy")
    try:
        _run(half, prefix, pins, uv, scratch, ask=True, more=more)
    except BuildError:
        uv.log.advise(wrapper_warnings.compiled_for_numpy_1(package, version))
        return None
    return numpy_builds.find_version(site), package


def _begin(half: PipHalf, prefix: Path, pins: str, uv: Uv, scratch: Path) -> Mapping[str, str]:
    """Create an environment with the wrapper's packages, and with conda's shown as installed.

    The wrapper's packages that conda provides are left out.
    Returns the versions of conda's packages.
    """
    shutil.rmtree(prefix, ignore_errors=True)
    venv.prepare(prefix, half.conda, half.minor)
    site = venv.site_packages(prefix, half.minor)
    installed = venv.site_packages(half.conda, half.minor)
    conda = conda_installed_stubs.show(installed, site)
    if build_packages.OPTION in half.index.options:
        build_packages.show_packages(site, installed)
    if not half.needed or not pins or half.minor in BY_PIP:
        return conda
    bundled = half.bundle.wrappers.get(half.minor, {}).get(pins)
    if bundled and bundled.version == half.version:
        tree = half.bundle.wrapper(half.minor, pins)
        infos = venv.site_packages(tree, half.minor).glob("*.dist-info")
        names = [path.name for path in infos if canonical(of_dist_info(path)[0]) not in conda]
        venv.copy_packages(tree, prefix, half.minor, names)
        return conda
    lock = half.bundle.lock(half.version, half.minor, pins)
    arguments = ["--no-deps", "-r", str(installed_stubs.pins(lock, scratch, left_out=conda))]
    _uv(
        replace(half, index=half.index.without_folders(), requirements=None),
        prefix,
        uv,
        scratch,
        arguments,
    )
    return conda


def _run(
    half: PipHalf,
    prefix: Path,
    pins: str,
    uv: Uv,
    scratch: Path,
    ask: bool,
    more: Sequence[str] = (),
) -> None:
    """Install the section `pip:`, and what it and the wrapper need that is not installed yet.

    Raises:
        BuildError: The packages cannot be installed.
    """
    by_url = half.requirements is not None and half.requirements.wrapper_by_url
    wanted = (
        [f"{WRAPPER}=={half.version}"]
        if half.needed and ask and half.version[:1].isdigit() and not by_url
        else []
    )
    files = requirements_export.export(half.requirements, scratch) if half.requirements else None
    if half.minor in BY_PIP:
        section = files.pip_arguments if files else ()
        _pip(half, prefix, uv, scratch, [*wanted, *section])
        return
    section = files.arguments if files else ()
    if wanted or section:
        bounds = half.bundle.overrides(half.version, pins)
        with conda_installed_stubs.bounded(venv.site_packages(prefix, half.minor), bounds):
            _uv(half, prefix, uv, scratch, [*half.index.options, *wanted, *section, *more])


def _uv(half: PipHalf, prefix: Path, uv: Uv, scratch: Path, arguments: Sequence[str]) -> None:
    command = [
        "pip",
        "install",
        "--python",
        str(prefix / "bin/python"),
        *half.index.source_options,
        *arguments,
    ]
    outcome = uv.run(
        command,
        half.app,
        half.index.with_links(half.bundle.wheels).environment(scratch) | dict(half.variables),
    )
    if outcome.code:
        # Imported only on failure.
        from seldon_buildpack.diagnosis import install as diagnosis
        from seldon_buildpack.diagnosis.uv_output import Attempt

        attempt = Attempt(
            index=half.index,
            python=half.python,
            wrapper=half.version,
            doing=_DOING,
            app=half.app,
            local=half.requirements.local if half.requirements else (),
            requirements=half.requirements,
        )
        raise diagnosis.explain(outcome, attempt)


def _pip(
    half: PipHalf,
    prefix: Path,
    uv: Uv,
    scratch: Path,
    arguments: Sequence[str],
) -> None:
    """Install with the environment's own pip.

    pip and its build tools are copied to a separate folder: pip run from conda's site-packages
    would uninstall conda's packages.

    Raises:
        CondaPipMissing: The environment has no pip.
        CondaPipFailed: pip fails.
    """
    folder = scratch / "pip"
    if not copy_pip(venv.site_packages(half.conda, half.minor), folder):
        raise CondaPipMissing(
            half.python, half.requirements.path.name if half.requirements else "environment.yml"
        )
    command = [
        str(prefix / "bin/python"),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-warn-script-location",
        "--no-compile",
        "-c",
        str(_write_pins(half, prefix, scratch)),
        *pip.options(half.index),
        *arguments,
    ]
    environment = {
        **uv.env,
        **pip.environment(half.index.with_links(half.bundle.wheels), scratch),
        "PYTHONPATH": str(folder),
        "PYTHONNOUSERSITE": "1",
    }
    variables = choose_variables(Program.PIP, environment, uv.for_builds)
    code, lines = run_pip(command, half.app, variables, uv.log)
    if code:
        raise CondaPipFailed(half.python, lines[-_TAIL:])


def _write_pins(half: PipHalf, prefix: Path, scratch: Path) -> Path:
    """Write the constraints for pip: the wrapper's pins, without the packages that conda has."""
    site = venv.site_packages(prefix, half.minor)
    lock = half.bundle.lock(half.version, half.minor)
    pins = scratch / "pins.txt"
    pins.write_text(
        installed_stubs.versions(lock, left_out=conda_installed_stubs.names(site))
        if lock.is_file() and half.needed
        else ""
    )
    return pins


def _leave(prefix: Path) -> None:
    """Remove pyvenv.cfg, so that the environment's Python is conda's again.

    Without this file, Python finds conda's prefix through the symlink
    (CPython: Modules/getpath.py).
    """
    (prefix / "pyvenv.cfg").unlink()
