"""What a build would download, without a build: for `make vendor`."""

import shutil
from collections.abc import Callable
from pathlib import Path

from seldon_buildpack.commands.uv import Outcome, Uv
from seldon_buildpack.layers import uv_install, wrapper_choice
from seldon_buildpack.layers.installation import Installation
from seldon_buildpack.layers.python_wrapper import Wrapper
from seldon_buildpack.python_env import build_packages, installed_stubs, venv


def list_downloads(
    inputs: Installation, scratch: Path, interpreter: Path, uv: Uv
) -> tuple[str, ...]:
    """Return what the layer of the requirements would download, as lines `NAME==VERSION`.

    A package with a URL has ` (from URL)` after the version.

    Raises:
        BuildError: The requirements cannot be resolved.
    """
    prefix = scratch / "venv"
    site = venv.site_packages(prefix, inputs.python.minor)
    lines: list[str] = []

    def resolve(
        inputs: Installation, chosen: Wrapper, with_wrapper: bool, run: Callable[..., Outcome]
    ) -> frozenset[str]:
        shutil.rmtree(prefix, ignore_errors=True)
        venv.prepare(prefix, interpreter, inputs.python.minor)
        if chosen.carried:
            carried = venv.site_packages(chosen.carried, inputs.python.minor)
            installed_stubs.show(carried, site, chosen.bounds)
            build_packages.show_packages(site, carried)
        asked = uv_install.list_wrapper_arguments(inputs, chosen, scratch) if with_wrapper else []
        options = [*inputs.index.options, *wanted, *asked, "--dry-run"]
        lines[:] = uv_install.install(run, uv.log, prefix, inputs, chosen, options)
        return frozenset()

    inputs = inputs.with_exported_constraints(scratch)
    wanted = uv_install.list_manifest_arguments(inputs, interpreter, uv, scratch)
    wrapper_choice.resolve_with_first(inputs, resolve, uv)
    return tuple(line.strip().removeprefix("+ ") for line in lines if line.startswith(" + "))
