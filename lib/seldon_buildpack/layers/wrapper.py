"""Seldon Core's Python wrapper with all it needs, as released: pinned, hashed, the same for every model on a Python.

Why a layer: byte for byte equal for every such model, so a registry and a node keep it once.
Made by: copying the tree the buildpack carries, or installing the lock for a Python that is not carried.
Reused while: the lock or tree and the Python are the same. Left out where a model's requirements replace one of its
packages: then all of it lies in the layer of the requirements.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.install.environments import compile_bytecode, drop_wrapper_tests, prepare, site_packages
from seldon_buildpack.install.index import Index
from seldon_buildpack.install.uv import Uv
from seldon_buildpack.layers import python as python_layer
from seldon_buildpack.layers.keys import of_texts
from seldon_buildpack.layers.python import Python

NAME = "python-wrapper"


@dataclass(frozen=True)
class Wrapper:
    """The wrapper of this build. ``carried`` is its prebuilt tree, ``lock`` its pins; without either it is resolved with the model."""

    version: str
    carried: Path | None
    lock: Path | None
    key: dict[str, str]


def plan(version: str, python: Python, bundle: Bundle) -> Wrapper:
    """Take the prebuilt tree if it fits, else the lock if there is one.

    A version may be what the manifest says of it (`<1.17`) where that is no single one.
    """
    carried = bundle.wrappers.get(python.minor)
    if carried and carried.version == version and python.carried:
        return Wrapper(
            version,
            bundle.wrapper(python.minor),
            bundle.lock(version, python.minor),
            {"wrapper": f"{version} {carried.digest}"} | python.key,
        )
    lock = bundle.lock(version, python.minor)
    if lock.is_file():
        return Wrapper(version, None, lock, {"wrapper": f"{version} {of_texts([lock], bundle.root)}"} | python.key)
    return Wrapper(version, None, None, {"wrapper": version} | python.key)


def environment(layer: Layer) -> Path:
    """The wrapper's own environment in the image."""
    return layer.path / "venv"


def make(layer: Layer, wrapper: Wrapper, python: Python, interpreter: Layer, bundle: Bundle, uv: Uv, index: Index) -> None:
    """Fill the layer. Raises a BuildError where the lock cannot be installed."""
    layer.begin()
    prefix = environment(layer)
    if wrapper.carried:
        shutil.copytree(wrapper.carried, prefix, symlinks=True)
        prepare(prefix, python_layer.home(interpreter), python.minor)
    else:
        prepare(prefix, python_layer.home(interpreter), python.minor)
        install = ["pip", "install", "--python", str(prefix / "bin/python"), "--no-deps", "--require-hashes", "-r", str(wrapper.lock)]
        index = index.without_folders()
        outcome = uv.run([*install, *index.source_options, "--find-links", str(bundle.wheels)], layer.path, index.environment())
        if outcome.code:
            from seldon_buildpack.install import diagnosis

            raise diagnosis.explain(outcome, diagnosis.Attempt(index, python.request, wrapper.version, "Installing the wrapper"))
        drop_wrapper_tests(site_packages(prefix, python.minor))
        compile_bytecode(prefix / "bin/python", python.minor, prefix / "lib")
    layer.finish(Types(launch=True), wrapper.key)
