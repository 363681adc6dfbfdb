"""The environment of the requirements' layer, while uv fills it.

The wrapper's packages are shown to uv as installed, by their .dist-info alone.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.bundle import UPSTREAM
from seldon_buildpack.cnb.layers import Layer
from seldon_buildpack.commands.uv import Outcome, Uv
from seldon_buildpack.layers import uv_install
from seldon_buildpack.layers.installation import Installation
from seldon_buildpack.layers.python_wrapper import Wrapper
from seldon_buildpack.python_env import build_packages, installed_stubs, venv

_NUMPY = "numpy"
_BELOW_2 = "numpy<2\n"


@dataclass(frozen=True, kw_only=True)
class ModelEnvironment:
    """The environment to fill, and what uv needs for it."""

    # The layer of the requirements.
    layer: Layer
    # The environment's prefix in the layer.
    prefix: Path
    # The prefix of the interpreter.
    interpreter: Path
    # Returns the prefix of a locked wrapper's installed packages.
    tree: Callable[[Wrapper], Path | None]
    # uv's arguments for the manifest.
    manifest: tuple[str, ...]
    # Runs uv.
    uv: Uv
    # A temporary folder.
    scratch: Path

    def site(self, inputs: Installation) -> Path:
        """Return the environment's site-packages."""
        return venv.site_packages(self.prefix, inputs.python.minor)

    def resolve(
        self,
        inputs: Installation,
        chosen: Wrapper,
        with_wrapper: bool,
        run: Callable[..., Outcome],
    ) -> frozenset[str]:
        """Install the requirements into an empty environment, and return the stubs shown to uv.

        ``with_wrapper`` says whether the wrapper takes part in the resolution. ``run`` runs uv.

        Raises:
            BuildError: uv failed.
        """
        log = self.uv.log
        self.layer.begin()
        venv.prepare(self.prefix, self.interpreter, inputs.python.minor)
        source, site = self.tree(chosen), self.site(inputs)
        seen = (
            installed_stubs.show(
                venv.site_packages(source, inputs.python.minor), site, chosen.bounds
            )
            if source
            else frozenset[str]()
        )
        asked = (
            uv_install.list_wrapper_arguments(inputs, chosen, self.scratch) if with_wrapper else []
        )
        options = inputs.index.options
        if build_packages.OPTION in options:
            if source:
                packages = venv.site_packages(source, inputs.python.minor)
                build_packages.show_packages(site, packages)
            else:
                # A build without isolation imports the wrapper's packages, as under s2i: one that
                # is not locked is installed first.
                isolated = [option for option in options if option != build_packages.OPTION]
                first = [*isolated, *asked, "setuptools", "wheel"]
                uv_install.install(run, log, self.prefix, inputs, chosen, first)
        arguments = [*options, *self.manifest, *asked]
        uv_install.install(run, log, self.prefix, inputs, chosen, arguments)
        build_packages.hide_packages(site)
        return seen

    def replace_numpy_2(self, inputs: Installation, chosen: Wrapper) -> bool:
        """Install again with NumPy below 2, and return whether the requirements allow that.

        The bundle's NumPy 1 is shown to uv as installed, so it needs no download. If NumPy 2 is
        required, nothing changes.
        """
        site, minor = self.site(inputs), inputs.python.minor
        [stub] = site.glob("numpy-*.dist-info")
        aside = self.scratch / stub.name
        is_stub = installed_stubs.is_stub(stub)
        if is_stub:
            shutil.move(stub, aside)
            if source := find_numpy_1(inputs):
                installed_stubs.show(venv.site_packages(source, minor), site, only=(_NUMPY,))
        options = [*inputs.index.options, *self.manifest, *self._with_numpy_1(inputs, chosen)]
        outcome = uv_install.run_install(
            self.uv.attempt, self.uv.log, self.prefix, inputs, chosen, options
        )
        if outcome.code and is_stub:
            for other in site.glob("numpy-*.dist-info"):
                shutil.rmtree(other)
            shutil.move(aside, stub)
        return not outcome.code

    def _with_numpy_1(self, inputs: Installation, chosen: Wrapper) -> list[str]:
        """Return uv's arguments for the wrapper and a NumPy below 2."""
        if uv_install.REQUIRE_HASHES not in inputs.index.options:
            (self.scratch / "numpy.txt").write_text(_BELOW_2)
            asked = uv_install.list_wrapper_arguments(inputs, chosen, self.scratch)
            # Only an old Python has wheels of NumPy 1, and building it takes many minutes.
            bound = ["--constraints", str(self.scratch / "numpy.txt"), "--only-binary", _NUMPY]
            return [*asked, *bound]
        older = inputs.bundle.lock(chosen.version, inputs.python.minor, UPSTREAM)
        folder = self.scratch / "numpy-1"
        folder.mkdir(exist_ok=True)
        if not chosen.lock or not older.is_file():
            return []
        left_out = (*inputs.names, _NUMPY)
        pins = installed_stubs.pins(chosen.lock, self.scratch, left_out=left_out)
        numpy_1 = installed_stubs.pins(older, folder, only=(_NUMPY,))
        return ["-r", str(pins), "-r", str(numpy_1)]


def find_numpy_1(inputs: Installation) -> Path | None:
    """Return the prefix of the bundle's packages with NumPy 1 for this Python, None without one."""
    minor = inputs.python.minor
    if UPSTREAM not in inputs.bundle.wrappers.get(minor, {}):
        return None
    return inputs.bundle.wrapper(minor, UPSTREAM)
