"""Which layers are made and which reused, in the one order that works.

Dependencies come first: only after their resolution it is known whether the wrapper's layer stands as it is. They need
the interpreter and the wrapper's list of packages, which stand in from the buildpack where their layers are reused.
"""

from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.layers import Layer, Types, drop_others
from seldon_buildpack.install.index import Index
from seldon_buildpack.install.uv import Uv
from seldon_buildpack.layers import cache, dependencies, keys, python, wrapper
from seldon_buildpack.layers.dependencies import Dependencies
from seldon_buildpack.layers.python import Python
from seldon_buildpack.layers.wrapper import Wrapper
from seldon_buildpack.log import Log


@dataclass(frozen=True)
class Stack:
    """The layers of one build and what they are made from; ``dependencies`` is None where the wrapper alone serves."""

    root: Path
    python: Python
    wrapper: Wrapper
    dependencies: Dependencies | None
    index: Index
    bundle: Bundle
    uv: Uv
    log: Log

    def layer(self, name: str) -> Layer:
        """One of this build's layers."""
        return Layer(self.root, name)

    def provide(self) -> Path:
        """Make or reuse every layer; returns the environment that serves. Raises a BuildError."""
        shared = self._dependencies(self.dependencies) if self.dependencies else True
        if shared:
            self._wrapper()
        self._python()
        cache.keep(self.layer("cache"), self.uv)
        kept = {"python", "cache", "serve"} | ({"wrapper"} if shared else set()) | ({"dependencies"} if self.dependencies else set())
        drop_others(self.root, kept)
        return dependencies.environment(self.layer("dependencies")) if self.dependencies else wrapper.environment(self.layer("wrapper"))

    def wrapper_version(self) -> str:
        """The release of the wrapper that serves, after ``provide``."""
        chosen = dependencies.wrapper_version(self.layer("dependencies")) if self.dependencies else ""
        return chosen or self.wrapper.version

    def _dependencies(self, what: Dependencies) -> bool:
        layer = self.layer("dependencies")
        stored = layer.metadata()
        reason = keys.why_made(stored, what.key())
        if not reason:
            self._reuse(layer, stored)
            return dependencies.shares_wrapper(layer)
        if not self.python.carried:
            self._python(again=True)
        if self.wrapper.lock and not self.wrapper.carried:
            self._wrapper(again=True)
        with self.log.layer(layer.name, reason), python.stand_in(self.layer("python"), self.python):
            return dependencies.make(layer, what, self.layer("python"), self.layer("wrapper"), self.uv)

    def _wrapper(self, again: bool = False) -> None:
        layer = self.layer("wrapper")
        if layer.path.exists():
            return
        stored = layer.metadata()
        reason = keys.why_made(stored, self.wrapper.key) or ("needed to install on" if again else "")
        if not reason:
            self._reuse(layer, stored)
            return
        if not self.python.carried:
            self._python(again=True)
        with self.log.layer(layer.name, reason), python.stand_in(self.layer("python"), self.python):
            wrapper.make(layer, self.wrapper, self.python, self.layer("python"), self.bundle, self.uv, self.index)

    def _python(self, again: bool = False) -> None:
        layer = self.layer("python")
        if layer.path.exists():
            return
        stored = layer.metadata()
        reason = keys.why_made(stored, self.python.key) or ("needed to install on" if again else "")
        if not reason:
            self._reuse(layer, stored)
            return
        with self.log.layer(layer.name, reason):
            python.make(layer, self.python, self.uv, tuple(self.bundle.pythons))

    def _reuse(self, layer: Layer, stored: dict[str, str]) -> None:
        self.log.reused(layer.name)
        layer.finish(Types(launch=True), stored)
