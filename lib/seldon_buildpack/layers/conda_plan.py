"""The layers of a model in a conda environment: which are rebuilt and which are reused.

Conda's half comes first, because it decides on the Python and so on the wrapper. The files of a
reused launch-only layer are not available in the build. If only pip's half is rebuilt, conda's
packages are therefore installed temporarily, at the same path as in the image.
"""

import contextlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.layers import Layer, Types, drop_others
from seldon_buildpack.commands.uv import Uv
from seldon_buildpack.layers import (
    cache,
    conda,
    conda_requirements,
    reuse,
    serve,
    third_party_licenses,
    watcher,
)
from seldon_buildpack.layers.conda import Conda, CondaSolution
from seldon_buildpack.layers.conda_pip_half import PipHalf
from seldon_buildpack.layers.conda_requirements import ServingWrapper
from seldon_buildpack.layers.plan import ServingEnvironment
from seldon_buildpack.log import Log
from seldon_buildpack.manifests.requirements_txt import Requirements
from seldon_buildpack.messages import pin_sets as phrases
from seldon_buildpack.messages.errors.conda_files import CondaPythonUnsupported
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.python_env import conda_licenses as conda_licences
from seldon_buildpack.python_env import importable, system_libraries, top_level_modules
from seldon_buildpack.python_env.system_libraries import MissingLibraries
from seldon_buildpack.python_env.venv import site_packages
from seldon_buildpack.wrapper import pin_sets
from seldon_buildpack.wrapper.pin_sets import Fallback, FallbackCause


@dataclass(frozen=True, kw_only=True)
class CondaPlan:
    """The layers of a build with a conda environment, and their inputs."""

    # The layers directory.
    root: Path
    # The directory of the source.
    app: Path
    # The environment and its conda packages.
    conda: Conda
    # What pip installs into the environment.
    requirements: Requirements | None
    # Where pip packages come from.
    index: Index
    # BP_SELDON_PINS, in lower case.
    pins: str
    # The environment variables that the requirements use, with their values.
    variables: tuple[tuple[str, str], ...]
    # Whether the image has a process `dev`.
    dev: bool
    # The buildpack's bundle.
    bundle: Bundle
    # Runs uv.
    uv: Uv
    # The build's log.
    log: Log
    # A temporary folder that is removed when the build ends.
    scratch: Path
    # A digest of those `variables` that a package build may read.
    built_with: str = cache.NO_VARIABLES
    # The paths of reused layers whose content is installed for this build only.
    temporary: list[Path] = field(default_factory=list)

    def layer(self, name: str) -> Layer:
        """Return one of this build's layers."""
        return Layer(self.root, name)

    def known_versions(self) -> tuple[str, str]:
        """Return the versions of Python and the wrapper known before solving, for the log."""
        asked = self.conda.environment.python or self.conda.python.partition(" ")[2]
        return asked.strip("= ").removesuffix(".*") or "any", self.conda.attempts[
            0
        ].version if self.conda.attempts else ""

    def provide(self) -> ServingEnvironment:
        """Make or reuse every layer.

        Raises:
            BuildError: A layer cannot be made.
        """
        try:
            return self._provide()
        finally:
            shutil.rmtree(self.conda.rattler.scratch, ignore_errors=True)

    def _provide(self) -> ServingEnvironment:
        layer = self.layer(conda.NAME)
        stored = layer.metadata()
        reason = reuse.why_made(stored, self.conda.key())
        if reason:
            chosen = self._conda(layer, reason)
        elif self.conda.environment.locked:
            # The lock itself: the metadata have its URLs without their signatures.
            chosen = conda.solve(self.conda)
        else:
            chosen = conda.read_solution(layer)
        half = self._half(chosen)
        made = self._pip_half(layer, stored if not reason else layer.metadata(), half, chosen)
        if made.numpy_1:
            version, package = made.numpy_1
            self.log.numpy(version, phrases.compiled_for_numpy_1(package))
        watched = watcher.plan(chosen.minor, self.bundle) if self.dev else None
        if watched:
            watcher.provide(self.layer(watcher.NAME), watched, self.log)
        cache.keep(self.layer(cache.NAME), self.uv)
        kept = {
            conda.NAME,
            conda_requirements.NAME,
            third_party_licenses.NAME,
            cache.NAME,
            serve.NAME,
        } | ({watcher.NAME} if watched else set())
        drop_others(self.root, kept)
        prefix, pip_prefix = (
            conda.find_prefix(layer, self.conda),
            conda_requirements.environment(self.layer(conda_requirements.NAME)),
        )
        return ServingEnvironment(
            path=(pip_prefix / "bin", prefix / "bin"),
            python=chosen.python,
            seldon_core=made.seldon_core,
            pins=made.pins,
            launch=self._active(prefix),
            dev=watched is not None,
        )

    @contextlib.contextmanager
    def at_hand(self) -> Iterator[bool]:
        """Provide what the model needs to run, if it was installed in this build."""
        try:
            yield all(
                self.layer(name).path.exists() for name in (conda.NAME, conda_requirements.NAME)
            )
        finally:
            self.release()

    def release(self) -> None:
        """Remove the content of reused layers."""
        while self.temporary:
            shutil.rmtree(self.temporary.pop())

    def modules(self) -> dict[str, str]:
        """Return the installed top-level modules with their packages, after ``provide``."""
        texts = (
            self.layer(name).metadata().get(top_level_modules.METADATA, "")
            for name in (conda.NAME, conda_requirements.NAME)
        )
        return {
            module: package
            for text in texts
            for module, package in top_level_modules.from_text(text).items()
        }

    def importable(self) -> frozenset[str]:
        """Return the names that the installed packages make importable, after ``provide``."""
        stored = (self.layer(name).metadata() for name in (conda.NAME, conda_requirements.NAME))
        return frozenset[str]().union(
            *(importable.from_text(layer.get(importable.METADATA, "")) for layer in stored if layer)
        )

    def missing_libraries(self) -> tuple[MissingLibraries, ...]:
        """Return the modules that need libraries of the system, after ``provide``."""
        stored = (self.layer(name).metadata() for name in (conda.NAME, conda_requirements.NAME))
        return tuple(
            each
            for layer in stored
            for each in system_libraries.from_text(layer.get(system_libraries.METADATA, ""))
        )

    def _active(self, prefix: Path) -> Mapping[str, str]:
        """Return the launch variables of an active environment (conda: activate).

        The activation scripts are not included: seldon-serve runs them.
        """
        variables = {
            f"{name}.default": value for name, value in self.conda.environment.variables.items()
        }
        return variables | {
            "CONDA_PREFIX.override": str(prefix),
            "CONDA_DEFAULT_ENV.override": self.conda.name,
            "CONDA_SHLVL.override": "1",
        }

    def _conda(self, layer: Layer, reason: str) -> CondaSolution:
        with self.log.layer(layer.name, reason):
            chosen = conda.solve(self.conda)
            if chosen.minor not in self.bundle.conda_pythons:
                raise CondaPythonUnsupported(self.conda.environment.path.name, 0, chosen.python)
            self.log.chosen_by_conda(
                chosen.python, len(chosen.packages) - 1, chosen.size, self.conda.environment.locked
            )
            because = Fallback(FallbackCause.CONFLICT, chosen.because) if chosen.because else None
            if why := pin_sets.explain_choice(self.pins, chosen.pins, because, chosen.minor):
                self.log.pins(chosen.pins, why)
            conda.make(layer, self.conda, chosen, self._joined(chosen.minor))
        return chosen

    def _joined(self, minor: str) -> Path:
        return site_packages(
            conda_requirements.environment(self.layer(conda_requirements.NAME)), minor
        )

    def _half(self, chosen: CondaSolution) -> PipHalf:
        locked = self.bundle.pins(chosen.version, chosen.minor)
        fallback = (
            pins
            for pins in pin_sets.list_pin_sets(self.pins)
            if pins != chosen.pins and pins in locked
        )
        sets = (chosen.pins, *fallback) if chosen.pins else ()
        prefix = conda.find_prefix(self.layer(conda.NAME), self.conda)
        return PipHalf(
            app=self.app,
            conda=prefix,
            minor=chosen.minor,
            python=chosen.python,
            requirements=self.requirements,
            index=self.index,
            version=chosen.version,
            sets=sets,
            bundle=self.bundle,
            variables=self.variables,
            built_with=self.built_with,
            needed=bool(chosen.version),
        )

    def _pip_half(
        self, below: Layer, beneath: Mapping[str, str], half: PipHalf, chosen: CondaSolution
    ) -> ServingWrapper:
        layer = self.layer(conda_requirements.NAME)
        stored = layer.metadata()
        reason = (
            reuse.why_made(stored, conda_requirements.key(half, beneath))
            or cache.variables_changed(stored, half.built_with)
            or third_party_licenses.unlisted(self.layer(third_party_licenses.NAME), stored)
        )
        in_image = not below.path.exists()
        if in_image:
            reuse.reuse(below, beneath, self.log)
        if not reason:
            reuse.reuse(layer, stored, self.log)
            self.layer(third_party_licenses.NAME).finish(
                Types(launch=True), third_party_licenses.key(stored)
            )
            return conda_requirements.made(layer)
        with self.log.layer(layer.name, reason):
            if in_image:
                conda.install_packages(below, self.conda, chosen, self._joined(chosen.minor))
            made = conda_requirements.make(layer, half, beneath, self.uv, self.scratch)
        self._licences(layer, half, chosen)
        if in_image:
            # Not part of this build's layers, but the trial of the model needs it.
            self.temporary.append(below.path)
        return made

    def _licences(self, source: Layer, half: PipHalf, chosen: CondaSolution) -> None:
        conda_packages = conda_licences.read(chosen.packages, self.conda.rattler.extracted)
        site = site_packages(conda_requirements.environment(source), half.minor)
        third_party_licenses.make(
            self.layer(third_party_licenses.NAME),
            [site],
            {"dumb-init": self.bundle.dumb_init_licence},
            source.metadata(),
            conda_packages,
        )
