"""Seldon Core's Python wrapper with all it needs: pinned, hashed, the same for every model on a Python and a set of pins.

There are two sets (docs/wrapper.md): ``upstream``, what the release itself allows, and ``current``, the same release on current
dependencies. Which one serves is known after the model's requirements are resolved.

Why a layer: byte for byte equal for every such model, so a registry and a node keep it once.
Made by: copying the tree the buildpack carries, or installing the lock for a Python that is not carried.
Reused while: the lock or tree and the Python are the same. Left out where a model's requirements replace one of its
packages: then all of it lies in the layer of the requirements.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack import digests
from seldon_buildpack.bundle import CURRENT, UPSTREAM, Bundle
from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.commands.uv import Uv
from seldon_buildpack.layers import python as python_layer
from seldon_buildpack.layers.python import Python
from seldon_buildpack.messages.errors.wrapper import PinsNotLocked, PinsUnknown
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.python_env import top_level_modules
from seldon_buildpack.python_env.venv import (
    compile_bytecode,
    drop_namespace_files,
    drop_wrapper_tests,
    prepare,
    site_packages,
)

NAME = "python-wrapper"


AUTO = "auto"


@dataclass(frozen=True)
class Wrapper:
    """A wrapper that may serve this build. ``carried`` is its prebuilt tree, ``lock`` its pins; without either it is resolved with the model.

    ``pins`` names its set, empty without a lock. ``bounds`` is a file of requirements that take the place of those that the release itself has.
    """

    version: str
    pins: str
    carried: Path | None
    lock: Path | None
    bounds: Path | None
    key: dict[str, str]


def plan(version: str, asked: str, python: Python, bundle: Bundle) -> tuple[Wrapper, ...]:
    """The wrappers to try, in order; ``asked`` is BP_SELDON_PINS, empty for auto. A release without a lock is one of its own.

    A version may be what the manifest says of it (`<1.17`) where that is no single one. Raises PinsUnknown, PinsNotLocked.
    """
    wanted = sets(asked)
    found = tuple(
        _locked(version, pins, python, bundle)
        for pins in wanted
        if bundle.lock(version, python.minor, pins).is_file()
    )
    if found:
        return found
    if len(wanted) == 1:
        raise PinsNotLocked(
            asked.lower(), version, python.minor, bundle.pins(version, python.minor)
        )
    return (Wrapper(version, "", None, None, None, {"wrapper": version} | python.key),)


def sets(asked: str) -> tuple[str, ...]:
    """The sets of pins that may serve, in order; ``asked`` is BP_SELDON_PINS, empty for auto. Raises PinsUnknown."""
    found = {
        "": (UPSTREAM, CURRENT),
        AUTO: (UPSTREAM, CURRENT),
        UPSTREAM: (UPSTREAM,),
        CURRENT: (CURRENT,),
    }.get(asked.lower())
    if found is None:
        raise PinsUnknown(asked)
    return found


def _locked(version: str, pins: str, python: Python, bundle: Bundle) -> Wrapper:
    """Take the prebuilt tree if it fits, else the lock."""
    lock, bounds = (
        bundle.lock(version, python.minor, pins),
        bundle.overrides(version) if pins == CURRENT else None,
    )
    carried = bundle.wrappers.get(python.minor, {}).get(pins)
    if carried and carried.version == version and python.carried:
        key = {"wrapper": f"{version} {carried.digest}"} | python.key
        return Wrapper(version, pins, bundle.wrapper(python.minor, pins), lock, bounds, key)
    key = {"wrapper": f"{version} {digests.of_texts([lock], bundle.root)}"} | python.key
    return Wrapper(version, pins, None, lock, bounds, key)


def environment(layer: Layer) -> Path:
    """The wrapper's own environment in the image."""
    return layer.path / "venv"


def make(
    layer: Layer,
    wrapper: Wrapper,
    python: Python,
    interpreter: Layer,
    bundle: Bundle,
    uv: Uv,
    index: Index,
) -> None:
    """Fill the layer. Raises a BuildError where the lock cannot be installed."""
    layer.begin()
    prefix = environment(layer)
    if wrapper.carried:
        shutil.copytree(wrapper.carried, prefix, symlinks=True)
        prepare(prefix, python_layer.home(interpreter), python.minor)
    else:
        prepare(prefix, python_layer.home(interpreter), python.minor)
        install = [
            "pip",
            "install",
            "--python",
            str(prefix / "bin/python"),
            "--no-deps",
            "--require-hashes",
            "-r",
            str(wrapper.lock),
        ]
        index = index.without_folders()
        outcome = uv.run(
            [*install, *index.source_options],
            layer.path,
            index.with_links(bundle.wheels).environment(),
        )
        if outcome.code:
            from seldon_buildpack.diagnosis import install as diagnosis
            from seldon_buildpack.diagnosis.uv_output import Attempt

            raise diagnosis.explain(
                outcome,
                Attempt(index, python.request, wrapper.version, "Installing the wrapper"),
            )
        drop_wrapper_tests(site_packages(prefix, python.minor))
        drop_namespace_files(site_packages(prefix, python.minor))
        compile_bytecode(prefix / "bin/python", python.minor, prefix / "lib")
    brought = top_level_modules.brought(site_packages(prefix, python.minor))
    layer.finish(
        Types(launch=True),
        wrapper.key | {top_level_modules.METADATA: top_level_modules.as_text(brought)},
    )
