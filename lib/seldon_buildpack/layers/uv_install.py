"""One run of uv for the layer of the requirements: its arguments, and its failure."""

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from seldon_buildpack.bundle import UPSTREAM
from seldon_buildpack.commands import older_setuptools
from seldon_buildpack.commands.uv import Outcome, Uv
from seldon_buildpack.layers.installation import Installation
from seldon_buildpack.layers.python_wrapper import Wrapper
from seldon_buildpack.log import Log
from seldon_buildpack.manifests import requirements_export
from seldon_buildpack.manifests.requirements_txt import WRAPPER
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.python_env import build_packages, installed_stubs, top_level_modules, venv

# gunicorn 20.1, which every release of the wrapper up to 1.17.1 pins, imports pkg_resources;
# setuptools 82 removed it.
_CONSTRAINTS = "setuptools<82\n"
# PyYAML 5.4, which releases before 1.17 require and which has no wheel for Python 3.10 and later,
# does not build with Cython 3.
_BUILD_CONSTRAINTS = "cython<3\n"
REQUIRE_HASHES = "--require-hashes"


def list_manifest_arguments(
    inputs: Installation, interpreter: Path, uv: Uv, scratch: Path
) -> list[str]:
    """Return uv's arguments for the manifest.

    Raises:
        BuildError: The lock is outdated or cannot be used.
    """
    if not inputs.requirements:
        return []
    if not inputs.requirements.lock:
        if inputs.requirements.arguments:
            return list(inputs.requirements.arguments)
        return [*requirements_export.export(inputs.requirements, scratch).arguments]
    from seldon_buildpack.layers import export_lock

    return export_lock.arguments(
        inputs.requirements, interpreter / f"bin/python{inputs.python.minor}", uv, scratch
    )


def list_wrapper_arguments(inputs: Installation, chosen: Wrapper, scratch: Path) -> list[str]:
    """Return uv's arguments for the wrapper."""
    if REQUIRE_HASHES in inputs.index.options and chosen.lock:
        # Hash-checking mode requires a pin and a hash for every package: the wrapper's lock has
        # them for those that the manifest does not name.
        pins = installed_stubs.pins(chosen.lock, scratch, left_out=inputs.names)
        return ["-r", str(pins)]
    # A pin would conflict with a wrapper that is required by URL.
    by_url = inputs.requirements is not None and inputs.requirements.wrapper_by_url
    arguments = (
        [f"{WRAPPER}=={chosen.version}"] if chosen.version[:1].isdigit() and not by_url else []
    )
    constraints = _CONSTRAINTS if chosen.pins in ("", UPSTREAM) else ""
    for option, text in (
        ("--constraints", constraints),
        ("--build-constraints", "" if chosen.lock else _BUILD_CONSTRAINTS),
    ):
        if text:
            (scratch / f"{option.strip('-')}.txt").write_text(text)
            arguments += [option, str(scratch / f"{option.strip('-')}.txt")]
    return arguments


def run_install(
    run: Callable[..., Outcome],
    log: Log,
    prefix: Path,
    inputs: Installation,
    chosen: Wrapper,
    arguments: Iterable[str],
) -> Outcome:
    """Run `uv pip install` in the environment ``prefix``, and return its outcome."""
    index = inputs.index if chosen.lock else inputs.index.with_links(inputs.bundle.wheels)
    command = [
        "pip",
        "install",
        "--python",
        str(prefix / "bin/python"),
        *index.source_options,
        *arguments,
    ]
    with tempfile.TemporaryDirectory() as scratch:
        env = index.environment(Path(scratch)) | dict(inputs.variables)
        outcome, advice = older_setuptools.run(lambda words: run(words, inputs.app, env), command)
    for piece in advice:
        log.advise(piece)
    return outcome


def install(
    run: Callable[..., Outcome],
    log: Log,
    prefix: Path,
    inputs: Installation,
    chosen: Wrapper,
    arguments: Iterable[str],
) -> tuple[str, ...]:
    """Install with uv, and return the lines that it printed.

    Raises:
        BuildError: uv failed.
    """
    outcome = run_install(run, log, prefix, inputs, chosen, arguments)
    if outcome.code:
        raise _explain(outcome, inputs, chosen)
    return outcome.lines


def _explain(outcome: Outcome, inputs: Installation, chosen: Wrapper) -> BuildError:
    # Imported only on failure: these imports take as long as a whole build that reuses every
    # layer.
    from seldon_buildpack.diagnosis import install as diagnosis
    from seldon_buildpack.diagnosis.uv_output import Attempt

    manifest = inputs.requirements
    attempt = Attempt(
        index=inputs.index,
        python=inputs.python.request,
        wrapper=chosen.version,
        app=inputs.app,
        local=manifest.local if manifest else (),
        lock=manifest.path.name if manifest and manifest.lock else "",
        lacking=inputs.lacking,
        importable=_list_importable(inputs, chosen),
        requirements=manifest,
    )
    return diagnosis.explain(outcome, attempt)


def _list_importable(inputs: Installation, chosen: Wrapper) -> frozenset[str]:
    """Return the wrapper's modules, or nothing if package builds can import them already."""
    if not chosen.carried or build_packages.OPTION in inputs.index.options:
        return frozenset()
    site = venv.site_packages(chosen.carried, inputs.python.minor)
    return frozenset(top_level_modules.brought(site))
