"""The model's requirements, in an environment that includes the wrapper's packages.

Why a layer: it changes with the requirements, not with the code. Its name sorts after those of the
layers that models share: the exporter orders layers by name, and a container engine shares a layer
on disk only if the layers below it are the same.
Made by: one `uv pip install` of the requirements and the wrapper together. The wrapper's packages
are shown to uv as installed (only their .dist-info), so uv downloads only what is missing and keeps
every pin it can; a model whose requirements the wrapper already satisfies needs no index at all. If
uv replaces one of these packages, its copy comes first, and the wrapper's copy is hidden: the
wrapper's layer stays the same for all models (python_env/hidden_packages.py).
The wrapper's pin sets are tried in order. If the requirements conflict with all of them, the
requirements win, as they did with pip in s2i: they are resolved on their own, and a smoke test
checks that the wrapper serves with them. A package that was compiled for NumPy 1 gets NumPy 1.
Reused while: the requirements and constraints with all files they include, the inputs of packages
in the source, index settings, Python, wrapper, buildpack and the platform's target are the same.
"""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.commands.uv import Uv
from seldon_buildpack.layers import (
    cache,
    local_packages,
    python,
    uv_install,
    wrapper_choice,
)
from seldon_buildpack.layers import python_wrapper as wrapper
from seldon_buildpack.layers.installation import Installation
from seldon_buildpack.layers.model_environment import ModelEnvironment, find_numpy_1
from seldon_buildpack.layers.python_wrapper import Wrapper
from seldon_buildpack.layers.wrapper_choice import Resolution
from seldon_buildpack.messages.errors.wrapper import WrapperBroken
from seldon_buildpack.messages.warnings import wrapper as wrapper_warnings
from seldon_buildpack.names import of_dist_info
from seldon_buildpack.python_env import (
    build_leftovers,
    importable,
    installed_stubs,
    numpy_builds,
    system_libraries,
    top_level_modules,
    venv,
)
from seldon_buildpack.python_env.hidden_packages import (
    HiddenPackages,
    add_wrapper,
    find_hidden_packages,
)
from seldon_buildpack.python_env.protobuf import add_loader, pure_python_version
from seldon_buildpack.wrapper import old_releases, pin_sets, smoke_test
from seldon_buildpack.wrapper.pin_sets import Fallback

NAME = "requirements"

_SHARED, _HELD, _PINS, _BECAUSE = "shares-wrapper", "holds-wrapper", "stands-on", "because"
NUMPY, NUMPY_1_FOR = "numpy-1", "numpy-1-for"


@dataclass(frozen=True, kw_only=True)
class WrapperChoice:
    """The wrapper that an installation uses."""

    # The wrapper, and with it the pin set.
    wrapper: Wrapper
    # Whether it is used from its own layer.
    shared: bool = True
    # The release of seldon-core that the installation itself contains.
    held: str = ""
    # Why the first candidate was not used.
    because: Fallback | None = None
    # The NumPy 1 that replaces the pin set's NumPy 2, and the package that was compiled for it.
    numpy_1: tuple[str, str] | None = None
    # The packages in the wrapper's layer that the requirements replace.
    hidden: HiddenPackages = field(default_factory=HiddenPackages)

    @property
    def seldon_core(self) -> str:
        """The release that serves."""
        return self.held or self.wrapper.version


def environment(layer: Layer) -> Path:
    """Return the prefix of the requirements' environment in the image."""
    return layer.path / "venv"


def standing(layer: Layer, inputs: Installation) -> WrapperChoice:
    """Return the wrapper that a reused layer was made with."""
    stored, wrappers = layer.metadata(), inputs.wrappers
    numpy, package = stored.get(NUMPY, ""), stored.get(NUMPY_1_FOR, "")
    return WrapperChoice(
        wrapper=next((each for each in wrappers if each.pins == stored.get(_PINS)), wrappers[0]),
        shared=stored.get(_SHARED) == "yes",
        held=stored.get(_HELD, ""),
        because=pin_sets.read_fallback(stored.get(_BECAUSE, "")),
        numpy_1=(numpy, package) if numpy else None,
    )


def make(
    layer: Layer,
    inputs: Installation,
    interpreter: Layer,
    wrapper_layer: Layer,
    tree: Callable[[Wrapper], Path | None],
    uv: Uv,
) -> WrapperChoice:
    """Fill the layer and return the wrapper it uses.

    ``tree`` returns the prefix of a locked wrapper's installed packages.

    Raises:
        BuildError: The packages cannot be installed, or the wrapper does not serve with them.
    """
    key, prefix = inputs.key(), environment(layer)
    cache.clear_of_others(f"{inputs.built_with} {key['target']}", uv)
    folders, editable = local_packages.built_in_source(inputs.app, inputs.requirements)
    before = build_leftovers.entries(folders)
    with tempfile.TemporaryDirectory() as folder:
        scratch, home = Path(folder), python.home(interpreter)
        inputs = inputs.with_exported_constraints(scratch)
        filled = ModelEnvironment(
            layer=layer,
            prefix=prefix,
            interpreter=home,
            tree=tree,
            manifest=tuple(uv_install.list_manifest_arguments(inputs, home, uv, scratch)),
            uv=uv,
            scratch=scratch,
        )
        resolution = wrapper_choice.choose_wrapper(inputs, filled.resolve, uv)
        numpy_1_for = _suit_numpy(filled, resolution)
    if build_leftovers.tidy(folders, editable, before):
        # Build results that stay in the source are missing in the next build's source, so the layer
        # has to be rebuilt then.
        key["local-packages"] = "completed in the source"
    choice = _add_wrapper(prefix, resolution, numpy_1_for, tree, (wrapper_layer, interpreter), uv)
    beside = tree(choice.wrapper) if choice.shared else None
    layer.finish(Types(launch=True), key | _describe(prefix, inputs, choice, uv, beside))
    return choice


def _describe(
    prefix: Path, inputs: Installation, choice: WrapperChoice, uv: Uv, beside: Path | None
) -> dict[str, str]:
    """Return the layer's metadata beside its key; ``beside`` is the prefix of the shared wrapper."""
    site = venv.site_packages(prefix, inputs.python.minor)
    numpy, package = choice.numpy_1 or ("", "")
    return {
        _SHARED: "yes" if choice.shared else "no",
        _HELD: choice.held,
        _PINS: choice.wrapper.pins,
        _BECAUSE: choice.because.as_text() if choice.because else "",
        **choice.hidden.metadata(),
        NUMPY: numpy,
        NUMPY_1_FOR: package,
        cache.BUILT_WITH: inputs.built_with if cache.has_built(uv) else "",
        top_level_modules.METADATA: top_level_modules.as_text(top_level_modules.brought(site)),
        importable.METADATA: importable.as_text(importable.list_importable(site)),
        **system_libraries.metadata(
            site,
            prefix / "bin/python",
            [venv.site_packages(beside, inputs.python.minor)] if beside else [],
        ),
    }


def _suit_numpy(filled: ModelEnvironment, resolution: Resolution) -> str:
    """Replace NumPy 2 if a package was compiled for NumPy 1, or the source is written for it.

    Return that package or the place in the source, or "" if nothing was replaced. There is a
    warning if the requirements need NumPy 2.
    """
    inputs, site = resolution.inputs, filled.site(resolution.inputs)
    version = numpy_builds.find_version(site)
    if int(version.partition(".")[0] or 0) < 2:
        return ""
    use = inputs.removed_name
    package = "" if use else numpy_builds.find_package_for_numpy_1(site)
    if not (use or package):
        return ""
    if filled.replace_numpy_2(inputs, resolution.wrapper):
        return use or package
    advice = (
        wrapper_warnings.uses_removed_name(use, version)
        if use
        else wrapper_warnings.compiled_for_numpy_1(package, version)
    )
    filled.uv.log.advise(advice)
    return ""


def _add_wrapper(
    prefix: Path,
    resolution: Resolution,
    numpy_1_for: str,
    tree: Callable[[Wrapper], Path | None],
    layers: tuple[Layer, Layer],
    uv: Uv,
) -> WrapperChoice:
    """Complete the environment with the wrapper, and return the wrapper.

    ``layers`` are those of the wrapper and of the interpreter.

    Raises:
        BuildError: The wrapper does not serve with the requirements.
    """
    inputs, chosen = resolution.inputs, resolution.wrapper
    wrapper_layer, interpreter = layers
    site, source = venv.site_packages(prefix, inputs.python.minor), tree(chosen)
    overridden = installed_stubs.unmet(site) if not resolution.with_wrapper else ()
    venv.forget_installation(site)
    numpy = numpy_builds.find_version(site) if numpy_1_for else ""
    stubs = {path.name for path in site.glob("*.dist-info") if installed_stubs.is_stub(path)}
    for name in stubs:
        shutil.rmtree(site / name)
    replaced = resolution.stubs - stubs
    choice = WrapperChoice(
        wrapper=chosen,
        shared=source is not None,
        held=_installed_release(site),
        because=resolution.because,
        numpy_1=(numpy, numpy_1_for) if numpy_1_for else None,
        hidden=_find_hidden(inputs, source, replaced),
    )
    _complete_environment(prefix, inputs, choice, source, wrapper_layer, stubs - resolution.stubs)
    if replaced or not source:
        old_releases.refuse_old_release(choice.held)
        with wrapper.stand_in(wrapper_layer, chosen, inputs.python, interpreter):
            broken = smoke_test.why_not_served(prefix / "bin/python")
        if broken:
            raise WrapperBroken(overridden, broken)
    if overridden:
        uv.log.advise(wrapper_warnings.pins_overridden(overridden))
    if version := pure_python_version(site):
        uv.log.advise(wrapper_warnings.protobuf_without_compiled_code(version, inputs.python.minor))
    return choice


def _find_hidden(
    inputs: Installation, source: Path | None, replaced: frozenset[str]
) -> HiddenPackages:
    if not source:
        return HiddenPackages()
    return find_hidden_packages(venv.site_packages(source, inputs.python.minor), replaced)


def _installed_release(site: Path) -> str:
    """Return the release of seldon-core in ``site``, or "" if there is none."""
    return "".join(of_dist_info(path)[1] for path in site.glob("seldon_core-*.dist-info"))


def _complete_environment(
    prefix: Path,
    inputs: Installation,
    choice: WrapperChoice,
    source: Path | None,
    wrapper_layer: Layer,
    bundled: set[str],
) -> None:
    """Add the wrapper, and compile what is in the environment itself.

    ``source`` is the prefix of the shared wrapper; without one, the wrapper is installed already.
    ``bundled`` are packages to copy from the bundle's other pin set.
    """
    minor = inputs.python.minor
    site = venv.site_packages(prefix, minor)
    venv.drop_wrapper_tests(site)
    venv.drop_namespace_files(site)
    if source:
        wrapper_site = venv.site_packages(wrapper.environment(wrapper_layer), minor)
        add_wrapper(site, wrapper_site, choice.hidden)
        venv.copy_scripts(source, prefix, left_out=choice.hidden.commands)
    else:
        add_loader(site)
    venv.compile_bytecode(prefix / "bin/python", minor, prefix / "lib")
    if older := find_numpy_1(inputs) if bundled else None:
        # After compiling, because these packages include their bytecode.
        venv.copy_packages(older, prefix, minor, bundled)
