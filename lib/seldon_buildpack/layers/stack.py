"""Which layers are made and which reused, in the one order that works.

Requirements come first: only after their resolution it is known whether the wrapper's layer stands as it is. They need
the interpreter and the wrapper's list of packages, which stand in from the buildpack where their layers are reused.
"""

from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.layers import Layer, Types, drop_others
from seldon_buildpack.install.index import Index
from seldon_buildpack.install.mirror import Mirror
from seldon_buildpack.install.uv import Uv
from seldon_buildpack.layers import cache, keys, python, requirements, serve, wrapper
from seldon_buildpack.layers.python import Python
from seldon_buildpack.layers.requirements import Installation
from seldon_buildpack.layers.wrapper import Wrapper
from seldon_buildpack.log import Log


@dataclass(frozen=True)
class Stack:
    """The layers of one build and what they are made from; ``installation`` is None where the wrapper alone serves."""

    root: Path
    python: Python
    wrapper: Wrapper
    installation: Installation | None
    index: Index
    mirror: Mirror
    bundle: Bundle
    uv: Uv
    log: Log

    def layer(self, name: str) -> Layer:
        """One of this build's layers."""
        return Layer(self.root, name)

    def provide(self) -> Path:
        """Make or reuse every layer; returns the environment that serves. Raises a BuildError."""
        shared = self._requirements(self.installation) if self.installation else True
        if shared:
            self._wrapper()
        self._python()
        cache.keep(self.layer(cache.NAME), self.uv)
        kept = {python.NAME, cache.NAME, serve.NAME}
        kept |= {wrapper.NAME} if shared else set()
        kept |= {requirements.NAME} if self.installation else set()
        drop_others(self.root, kept)
        if self.installation:
            return requirements.environment(self.layer(requirements.NAME))
        return wrapper.environment(self.layer(wrapper.NAME))

    def wrapper_version(self) -> str:
        """The release of the wrapper that serves, after ``provide``."""
        chosen = requirements.wrapper_version(self.layer(requirements.NAME)) if self.installation else ""
        return chosen or self.wrapper.version

    def _requirements(self, what: Installation) -> bool:
        layer = self.layer(requirements.NAME)
        stored = layer.metadata()
        reason = keys.why_made(stored, what.key())
        if not reason:
            self._reuse(layer, stored)
            return requirements.shares_wrapper(layer)
        if not self.python.carried:
            self._python(again=True)
        if self.wrapper.lock and not self.wrapper.carried:
            self._wrapper(again=True)
        with self.log.layer(layer.name, reason), python.stand_in(self.layer(python.NAME), self.python):
            return requirements.make(layer, what, self.layer(python.NAME), self.layer(wrapper.NAME), self.uv)

    def _wrapper(self, again: bool = False) -> None:
        layer = self.layer(wrapper.NAME)
        if layer.path.exists():
            return
        stored = layer.metadata()
        reason = keys.why_made(stored, self.wrapper.key) or ("needed to install on" if again else "")
        if not reason:
            self._reuse(layer, stored)
            return
        if not self.python.carried:
            self._python(again=True)
        with self.log.layer(layer.name, reason), python.stand_in(self.layer(python.NAME), self.python):
            wrapper.make(layer, self.wrapper, self.python, self.layer(python.NAME), self.bundle, self.uv, self.index)

    def _python(self, again: bool = False) -> None:
        layer = self.layer(python.NAME)
        if layer.path.exists():
            return
        stored = layer.metadata()
        reason = keys.why_made(stored, self.python.key) or ("needed to install on" if again else "")
        if not reason:
            self._reuse(layer, stored)
            return
        with self.log.layer(layer.name, reason):
            python.make(layer, self.python, self.uv, tuple(self.bundle.pythons), self.index, self.mirror)

    def _reuse(self, layer: Layer, stored: dict[str, str]) -> None:
        self.log.reused(layer.name)
        layer.finish(Types(launch=True), stored)
