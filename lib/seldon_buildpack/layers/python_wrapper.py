"""Seldon Core's Python wrapper and its dependencies, pinned and hashed.

There are two pin sets (docs/wrapper.md): ``upstream``, which the release itself allows, and
``current``, the same release on current dependencies. Which one is used is known after the model's
requirements are resolved.

Why a layer: it is identical, byte for byte, for every model on the same Python and pin set, so a
registry and a node store it once.
Made by: copying the tree from the bundle, or installing the lock if the bundle has no tree for
this Python.
If the run image contains it, the layer is a link.
Reused while: the lock or the tree, or the series of the run image, and the Python, are the same.
A model whose requirements replace one of the packages has the same layer. Omitted if the release is
not locked: then the wrapper is in the layer of the requirements.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack import digests
from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.commands.uv import Uv
from seldon_buildpack.layers import python as python_layer
from seldon_buildpack.layers.python import Python
from seldon_buildpack.messages.errors.wrapper import PinsNotLocked
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.python_env import importable, top_level_modules
from seldon_buildpack.python_env.protobuf import add_loader
from seldon_buildpack.python_env.venv import (
    compile_bytecode,
    drop_namespace_files,
    drop_wrapper_tests,
    prepare,
    site_packages,
)
from seldon_buildpack.runtime import Runtime
from seldon_buildpack.wrapper.pin_sets import list_pin_sets

NAME = "python-wrapper"


@dataclass(frozen=True, kw_only=True)
class Wrapper:
    """A candidate wrapper."""

    # The release, or a range of releases.
    version: str
    # The pin set; empty without a lock.
    pins: str
    # The prebuilt tree; None if it has to be installed.
    carried: Path | None
    # The pins. Without them, it is resolved together with the model's requirements.
    lock: Path | None
    # Requirements that replace those of the release itself.
    bounds: Path | None
    # The key of the layer.
    key: dict[str, str]
    # The run image's runtime that the layer links to; None if the layer has the files.
    runtime: Runtime | None = None


def plan(version: str, asked: str, python: Python, bundle: Bundle) -> tuple[Wrapper, ...]:
    """Return the wrappers to try, in order; ``asked`` is BP_SELDON_PINS, empty for auto.

    ``version`` may also be the manifest's specifier (`<1.17`), if that does not name a single
    version. A release without a lock is the only candidate, and has no pins.

    Raises:
        PinsUnknown: There is no such pin set.
        PinsNotLocked: The requested pin set has no lock for this release and Python.
    """
    wanted = list_pin_sets(asked)
    locked = tuple(
        _locked(version, pins, python, bundle)
        for pins in wanted
        if bundle.lock(version, python.minor, pins).is_file()
    )
    if locked:
        return locked
    if len(wanted) == 1:
        raise PinsNotLocked(
            asked.lower(), version, python.minor, bundle.pins(version, python.minor)
        )
    unlocked = Wrapper(
        version=version,
        pins="",
        carried=None,
        lock=None,
        bounds=None,
        key={"wrapper": version} | python.key,
    )
    return (unlocked,)


def _locked(version: str, pins: str, python: Python, bundle: Bundle) -> Wrapper:
    """Return a locked wrapper, with the prebuilt tree if the bundle has one that matches."""
    lock = bundle.lock(version, python.minor, pins)
    carried = bundle.wrappers.get(python.minor, {}).get(pins)
    runtime = tree = None
    if carried and carried.version == version and python.carried:
        runtime = _runtime_with(version, pins, python)
        digest = runtime.id if runtime else carried.digest
        tree = bundle.wrapper(python.minor, pins)
    else:
        digest = digests.of_texts([lock], bundle.root)
    return Wrapper(
        version=version,
        pins=pins,
        carried=tree,
        lock=lock,
        bounds=bundle.overrides(version, pins),
        key={"wrapper": f"{version} {digest}"} | python.key,
        runtime=runtime,
    )


def _runtime_with(version: str, pins: str, python: Python) -> Runtime | None:
    """Return the runtime that the Python is from, if it has this wrapper too."""
    runtime = python.runtime
    has_it = runtime and (runtime.seldon_core, runtime.pins) == (version, pins)
    return runtime if has_it else None


def environment(layer: Layer) -> Path:
    """Return the prefix of the wrapper's own environment in the image."""
    return layer.path / "venv"


@contextlib.contextmanager
def stand_in(layer: Layer, wrapper: Wrapper, python: Python, interpreter: Layer) -> Iterator[None]:
    """Link the packages' path in the image to the bundle's copy, as that of the interpreter."""
    prefix = environment(layer)
    if prefix.exists() or not wrapper.carried:
        yield
        return
    with python_layer.make_room(layer, prefix):
        prefix.mkdir()
        (prefix / "lib").symlink_to(wrapper.carried / "lib")
        prepare(prefix, python_layer.home(interpreter), python.minor)
        yield


def make(
    layer: Layer,
    wrapper: Wrapper,
    python: Python,
    interpreter: Layer,
    bundle: Bundle,
    uv: Uv,
    index: Index,
) -> None:
    """Fill the layer.

    Raises:
        BuildError: The lock cannot be installed.
    """
    layer.begin()
    prefix = environment(layer)
    if wrapper.runtime:
        prefix.symlink_to(wrapper.runtime.wrapper)
    elif wrapper.carried:
        shutil.copytree(wrapper.carried, prefix, symlinks=True)
        prepare(prefix, python_layer.home(interpreter), python.minor)
    else:
        prepare(prefix, python_layer.home(interpreter), python.minor)
        _install_lock(prefix, wrapper, python, bundle, uv, index.without_folders())
        compile_bytecode(prefix / "bin/python", python.minor, prefix / "lib")
    # The run image's files are not in the build image.
    tree = wrapper.carried if wrapper.runtime and wrapper.carried else prefix
    site = site_packages(tree, python.minor)
    brought = top_level_modules.as_text(top_level_modules.brought(site))
    names = importable.as_text(importable.list_importable(site))
    layer.finish(
        Types(launch=True),
        wrapper.key | {top_level_modules.METADATA: brought, importable.METADATA: names},
    )


def _install_lock(
    prefix: Path, wrapper: Wrapper, python: Python, bundle: Bundle, uv: Uv, index: Index
) -> None:
    """Install the lock of a wrapper that the bundle has no tree of."""
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
    with tempfile.TemporaryDirectory() as scratch:
        outcome = uv.run(
            [*install, *index.source_options],
            prefix,
            index.with_links(bundle.wheels).environment(Path(scratch)),
        )
    if outcome.code:
        from seldon_buildpack.diagnosis import install as diagnosis
        from seldon_buildpack.diagnosis.uv_output import Attempt

        attempt = Attempt(
            index=index,
            python=python.request,
            wrapper=wrapper.version,
            doing="Installing the wrapper",
        )
        raise diagnosis.explain(outcome, attempt)
    site = site_packages(prefix, python.minor)
    drop_wrapper_tests(site)
    drop_namespace_files(site)
    add_loader(site)
