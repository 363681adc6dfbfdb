"""The layers of a model without conda: which are rebuilt or reused, in what order.

Requirements come first: only their resolution tells which wrapper serves, and whether its layer can
be used unchanged. They need the interpreter and the wrapper's list of packages, for which the
bundle's copies are used if their layers are reused.
"""

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.layers import Layer, Types, drop_others
from seldon_buildpack.commands.uv import Uv
from seldon_buildpack.layers import (
    cache,
    installed_names,
    python,
    python_wrapper,
    requirements,
    reuse,
    serve,
    third_party_licenses,
    watcher,
)
from seldon_buildpack.layers.installation import Installation
from seldon_buildpack.layers.plan import ServingEnvironment
from seldon_buildpack.layers.python import Python
from seldon_buildpack.layers.python_wrapper import Wrapper
from seldon_buildpack.layers.requirements import WrapperChoice
from seldon_buildpack.layers.watcher import Watcher
from seldon_buildpack.log import Log
from seldon_buildpack.messages import pin_sets as phrases
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.package_sources.mirror import Mirror
from seldon_buildpack.python_env import system_libraries
from seldon_buildpack.python_env.system_libraries import MissingLibraries
from seldon_buildpack.python_env.venv import site_packages
from seldon_buildpack.runtime import Runtime
from seldon_buildpack.wrapper import pin_sets


@dataclass(frozen=True, kw_only=True)
class PipPlan:
    """The layers of a build without conda, and their inputs."""

    # The layers directory.
    root: Path
    # The interpreter.
    python: Python
    # The candidate wrappers, in the order in which to try them.
    wrappers: tuple[Wrapper, ...]
    # BP_SELDON_PINS, in lower case.
    pins: str
    # The user's requirements; None if only a wrapper, the first of `wrappers`, is installed.
    installation: Installation | None
    # Restarts the process `dev`; None if the image does not have this process.
    watcher: Watcher | None
    # Where pip packages come from.
    index: Index
    # Where interpreters are downloaded from.
    mirror: Mirror
    # The buildpack's bundle.
    bundle: Bundle
    # Runs uv.
    uv: Uv
    # The build's log.
    log: Log
    # Whether the layer `requirements` is also cached, so that every build has its content.
    restore: bool = False

    def layer(self, name: str) -> Layer:
        """Return one of this build's layers."""
        return Layer(self.root, name)

    def known_versions(self) -> tuple[str, str]:
        """Return the versions of Python and the wrapper known before the build, for the log."""
        return self.python.request, self.wrappers[0].version

    def provide(self) -> ServingEnvironment:
        """Make or reuse every layer.

        Raises:
            BuildError: A layer cannot be made.
        """
        standing, is_new = WrapperChoice(wrapper=self.wrappers[0]), True
        if self.installation:
            standing, is_new = self._requirements(self.installation)
        self._log_choice(standing)
        if standing.shared:
            self._wrapper(standing.wrapper)
        self._python()
        self._licences(standing, is_new)
        if self.installation and self.restore:
            packages = self.layer(requirements.NAME)
            packages.finish(Types(launch=True, cache=True), packages.metadata())
        if self.watcher:
            watcher.provide(self.layer(watcher.NAME), self.watcher, self.log)
        cache.keep(self.layer(cache.NAME), self.uv)
        kept = {python.NAME, third_party_licenses.NAME, cache.NAME, serve.NAME}
        kept |= {python_wrapper.NAME} if standing.shared else set()
        kept |= {requirements.NAME} if self.installation else set()
        kept |= {watcher.NAME} if self.watcher else set()
        drop_others(self.root, kept)
        name, environment = (
            (requirements.NAME, requirements.environment)
            if self.installation
            else (python_wrapper.NAME, python_wrapper.environment)
        )
        binaries = environment(self.layer(name)) / "bin"
        return ServingEnvironment(
            path=(binaries,),
            # An update of the run image brings newer releases of the minor version.
            python=self.python.minor if self.python.runtime else self.python.request,
            seldon_core=standing.seldon_core,
            pins=standing.wrapper.pins,
            dev=self.watcher is not None,
        )

    @contextlib.contextmanager
    def at_hand(self) -> Iterator[bool]:
        """Provide what the model needs to run, from the layers or the bundle."""
        packages, interpreter = self.layer(requirements.NAME), self.layer(python.NAME)
        wrapper = self.layer(python_wrapper.NAME)
        chosen = WrapperChoice(wrapper=self.wrappers[0])
        if self.installation:
            chosen = requirements.standing(packages, self.installation)
        lacking = (
            (self.installation and not packages.path.exists())
            or not (python.home(interpreter).exists() or self.python.carried)
            or (
                chosen.shared
                and not (python_wrapper.environment(wrapper).exists() or chosen.wrapper.carried)
            )
        )
        if lacking:
            yield False
            return
        with contextlib.ExitStack() as stack:
            stack.enter_context(python.stand_in(interpreter, self.python))
            if chosen.shared:
                stack.enter_context(
                    python_wrapper.stand_in(wrapper, chosen.wrapper, self.python, interpreter)
                )
            yield True

    def modules(self) -> dict[str, str]:
        """Return the installed top-level modules with their packages, after ``provide``."""
        return installed_names.join_modules(*self._stored())

    def importable(self) -> frozenset[str]:
        """Return the names that the installed packages make importable, after ``provide``."""
        return installed_names.join_importable(*self._stored())

    def _stored(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return the metadata of the wrapper's layer and of the requirements'."""
        return self.layer(python_wrapper.NAME).metadata(), self.layer(requirements.NAME).metadata()

    def missing_libraries(self) -> tuple[MissingLibraries, ...]:
        """Return the modules that need libraries of the system, after ``provide``."""
        stored = self.layer(requirements.NAME).metadata()
        return system_libraries.from_text(stored.get(system_libraries.METADATA, ""))

    def _log_choice(self, choice: WrapperChoice) -> None:
        """Print the pin set if it is not the default, and a NumPy that is not the set's."""
        pins, minor = choice.wrapper.pins, self.python.minor
        if why := pin_sets.explain_choice(self.pins, pins, choice.because, minor):
            self.log.pins(pins, why)
        if choice.numpy_1:
            version, package = choice.numpy_1
            use = self.installation.removed_name if self.installation else ""
            why = phrases.uses_removed_name(use) if use else phrases.compiled_for_numpy_1(package)
            self.log.numpy(version, why)

    def _requirements(self, what: Installation) -> tuple[WrapperChoice, bool]:
        """Return the wrapper, and whether the layer is new."""
        layer = self.layer(requirements.NAME)
        stored = layer.metadata()
        changed = reuse.why_made(stored, what.key())
        reason = (
            changed or cache.variables_changed(stored, what.built_with)
        ) or third_party_licenses.unlisted(self.layer(third_party_licenses.NAME), stored)
        if not reason and self.restore and not layer.path.exists():
            reason = "needed to try the model"
        if not reason:
            reuse.reuse(layer, stored, self.log)
            return requirements.standing(layer, what), False
        if not self.python.carried:
            self._python(again=True)
        self._tree(what.wrappers[0])
        interpreter = self.layer(python.NAME)
        with self.log.layer(layer.name, reason), python.stand_in(interpreter, self.python):
            return requirements.make(
                layer, what, interpreter, self.layer(python_wrapper.NAME), self._tree, self.uv
            ), True

    def _tree(self, chosen: Wrapper) -> Path | None:
        """Return the prefix of a wrapper's installed packages.

        None for a wrapper that is resolved together with the model's requirements.
        """
        if chosen.lock and not chosen.carried:
            self._wrapper(chosen, again=True)
            return python_wrapper.environment(self.layer(python_wrapper.NAME))
        return chosen.carried

    def _wrapper(self, chosen: Wrapper, again: bool = False) -> None:
        layer = self.layer(python_wrapper.NAME)
        stored = layer.metadata()
        changed = reuse.why_made(stored, chosen.key)
        if layer.path.exists() and not changed:
            return
        reason = changed or ("needed to rebuild another layer" if again else "")
        if not reason and not self.installation:
            reason = third_party_licenses.unlisted(self.layer(third_party_licenses.NAME), stored)
        if not reason:
            reuse.reuse(layer, stored, self.log, chosen.runtime)
            return
        if not self.python.carried:
            self._python(again=True)
        with (
            self._logged(layer, reason, chosen.runtime),
            python.stand_in(self.layer(python.NAME), self.python),
        ):
            python_wrapper.make(
                layer,
                chosen,
                self.python,
                self.layer(python.NAME),
                self.bundle,
                self.uv,
                self.index,
            )

    def _python(self, again: bool = False) -> None:
        layer = self.layer(python.NAME)
        if layer.path.exists():
            return
        stored = layer.metadata()
        reason = reuse.why_made(stored, self.python.key) or (
            "needed to rebuild another layer" if again else ""
        )
        if not reason:
            reuse.reuse(layer, self.python.metadata, self.log, self.python.runtime)
            return
        with self._logged(layer, reason, self.python.runtime):
            python.make(
                layer, self.python, self.uv, tuple(self.bundle.pythons), self.index, self.mirror
            )

    def _logged(
        self, layer: Layer, reason: str, runtime: Runtime | None
    ) -> AbstractContextManager[None]:
        """Log a layer while it is made: with its duration, unless it is only a link."""
        if not runtime:
            return self.log.layer(layer.name, reason)
        self.log.linked(layer.name, runtime.series)
        return nullcontext()

    def _licences(self, standing: WrapperChoice, is_new: bool) -> None:
        layer, source = (
            self.layer(third_party_licenses.NAME),
            self.layer(requirements.NAME if self.installation else python_wrapper.NAME),
        )
        if not (is_new and source.path.exists()):
            layer.finish(Types(launch=True), third_party_licenses.key(source.metadata()))
            return
        # Most builds reuse this layer, and need no such import.
        from seldon_buildpack.python_env import licenses

        prefixes = [requirements.environment(source)] if self.installation else []
        shared = standing.wrapper.carried or python_wrapper.environment(
            self.layer(python_wrapper.NAME)
        )
        of_wrapper = (
            licenses.read_partly_hidden(
                site_packages(shared, self.python.minor), standing.hidden.packages
            )
            if standing.shared
            else []
        )
        programs = {"dumb-init": self.bundle.dumb_init_licence}
        runtime = standing.wrapper.runtime if standing.shared else None
        if runtime and not self.installation:
            third_party_licenses.link(layer, runtime.licenses, programs, source.metadata())
            return
        interpreter = self.python.carried or python.home(self.layer(python.NAME))
        programs["cpython"] = python.licence(interpreter, self.python)
        third_party_licenses.make(
            layer,
            [site_packages(prefix, self.python.minor) for prefix in prefixes],
            programs,
            source.metadata(),
            more=[] if runtime else of_wrapper,
            in_run_image=of_wrapper if runtime else [],
        )
