"""The model's requirements, in an environment that includes the wrapper's packages.

Why a layer: it changes with the requirements, not with the code. Its name sorts after those of the
layers that models share: the exporter orders layers by name, and a container engine shares a layer
on disk only if the layers below it are the same.
Made by: one `uv pip install` of the requirements and the wrapper together. The wrapper's packages
are shown to uv as installed (only their .dist-info), so uv downloads only what is missing and keeps
every pin it can; a model whose requirements the wrapper already satisfies needs no index at all. If
uv has to replace one of these packages, the wrapper's other packages are installed here too, at
their pins, and the wrapper's layer is omitted.
The wrapper's pin sets are tried in order. If the requirements conflict with all of them, the
requirements win, as they did with pip in s2i: they are resolved on their own, and a smoke test
checks that the wrapper serves with them.
Reused while: the requirements and constraints with all files they include, the inputs of packages
in the source, index settings, Python, wrapper, buildpack and the platform's target are the same.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from seldon_buildpack import digests
from seldon_buildpack.bundle import UPSTREAM, Bundle
from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.commands import older_setuptools
from seldon_buildpack.commands.uv import Outcome, Uv
from seldon_buildpack.layers import (
    cache,
    local_packages,
    python,
    requirement_files,
)
from seldon_buildpack.layers import python_wrapper as wrapper
from seldon_buildpack.layers.python import Python
from seldon_buildpack.layers.python_wrapper import Wrapper
from seldon_buildpack.log import Log
from seldon_buildpack.manifests import requirements_export
from seldon_buildpack.manifests.requirements_txt import WRAPPER, Requirements
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.packages import RequirementNotFound
from seldon_buildpack.messages.errors.requirements import Conflict
from seldon_buildpack.messages.errors.wrapper import WrapperBroken
from seldon_buildpack.messages.warnings import wrapper as wrapper_warnings
from seldon_buildpack.names import of_dist_info
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.python_env import (
    build_leftovers,
    build_packages,
    importable,
    installed_stubs,
    system_libraries,
    top_level_modules,
    venv,
)
from seldon_buildpack.python_env.protobuf import add_loader, pure_python_version
from seldon_buildpack.wrapper import old_releases, pin_sets, smoke_test

NAME = "requirements"

_SHARED, _HELD, _PINS, _BECAUSE = "shares-wrapper", "holds-wrapper", "stands-on", "because"
# gunicorn 20.1, which every release of the wrapper up to 1.17.1 pins, imports pkg_resources;
# setuptools 82 removed it.
_CONSTRAINTS = "setuptools<82\n"
# PyYAML 5.4, which releases before 1.17 require and which has no wheel for Python 3.10 and later,
# does not build with Cython 3.
_BUILD_CONSTRAINTS = "cython<3\n"


Resolved = tuple[Wrapper, frozenset[str], Conflict | None, bool]


@dataclass(frozen=True, kw_only=True)
class Installation:
    """The inputs of an installation."""

    # The directory of the source.
    app: Path
    # The user's requirements; None if there are none.
    requirements: Requirements | None
    # The package sources.
    index: Index
    # The interpreter to install for.
    python: Python
    # BP_SELDON_PINS, in lower case.
    pins: str
    # The candidate wrappers, in the order in which to try them.
    wrappers: tuple[Wrapper, ...]
    # The buildpack's bundle.
    bundle: Bundle
    # The environment variables that the requirements use, with their values.
    variables: tuple[tuple[str, str], ...]
    # A package that was not found in the wheel folders alone; empty if that is not known.
    lacking: str = ""
    # A digest of those `variables` that a package build may read.
    built_with: str = cache.NO_VARIABLES

    def key(self) -> dict[str, str]:
        """Return the layer's key; its names appear in the log as the reason for a rebuild."""
        manifest = self.requirements
        return {
            "requirements": (manifest.digest or digests.of_texts(manifest.files, self.app))
            if manifest
            else "",
            "constraints": local_packages.constraints_key(self.app, self.index, self.variables),
            "local-packages": local_packages.key(self.app, manifest, self.index),
            "index-settings": self.index.key(),
            "pins": self.pins or pin_sets.AUTO,
            **self.python.key,
            "wrapper": ", ".join(one.key["wrapper"] for one in self.wrappers),
        }


@dataclass(frozen=True)
class WrapperChoice:
    """The wrapper that an installation uses.

    ``shared`` says whether it is used from its own layer. ``held`` is the release of seldon-core
    that the installation itself contains. ``because`` says why the first candidate was not used.
    """

    wrapper: Wrapper
    shared: bool = True
    held: str = ""
    because: str = ""

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
    chosen = next((each for each in wrappers if each.pins == stored.get(_PINS)), wrappers[0])
    return WrapperChoice(
        chosen, stored.get(_SHARED) == "yes", stored.get(_HELD, ""), stored.get(_BECAUSE, "")
    )


def make(
    layer: Layer,
    what: Installation,
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
    key, prefix, minor = what.key(), environment(layer), what.python.minor
    cache.clear_of_others(f"{what.built_with} {key['target']}", uv)
    site = venv.site_packages(prefix, minor)
    folders, editable = local_packages.built_in_source(what.app, what.requirements)
    before = build_leftovers.entries(folders)

    def attempt(
        chosen: Wrapper, ask: bool, what: Installation = what, run: Callable[..., Outcome] = uv.run
    ) -> frozenset[str]:
        layer.begin()
        venv.prepare(prefix, python.home(interpreter), minor)
        source = tree(chosen)
        seen = (
            installed_stubs.show(venv.site_packages(source, minor), site, chosen.bounds)
            if source
            else frozenset[str]()
        )
        asked = _asked(what, chosen, scratch) if ask else []
        _provide_for_builds(run, uv.log, prefix, what, chosen, source, asked)
        _install(run, uv.log, prefix, what, chosen, [*what.index.options, *wanted, *asked])
        build_packages.hide_packages(site)
        return seen

    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        what = _with_constraints_for_uv(what, scratch)
        wanted = _told(what, python.home(interpreter), uv, scratch)
        found, lacking = _from_folders(what, partial(attempt, run=uv.attempt))
        chosen, seen, refused, asked_for = found or _first_that_suits(
            what, partial(attempt, what=replace(what, lacking=lacking))
        )
    overridden = () if asked_for else installed_stubs.unmet(site)
    if build_leftovers.tidy(folders, editable, before):
        # Build results that stay in the source are missing in the next build's source, so the layer
        # has to be rebuilt then.
        key["local-packages"] = "completed in the source"
    venv.forget_installation(site)
    left = frozenset(path.name for path in site.glob("*.dist-info")) & seen
    shared = bool(seen) and left == seen
    for name in left:
        shutil.rmtree(site / name)
    if shared:
        _join(prefix, what, tree(chosen), wrapper_layer)
    else:
        _complete(prefix, what, chosen, left, uv)
        old_releases.refuse_old_release(_installed_release(site))
        if broken := smoke_test.why_not_served(prefix / "bin/python"):
            raise WrapperBroken(overridden, broken)
    if overridden:
        uv.log.advise(wrapper_warnings.pins_overridden(overridden))
    if version := pure_python_version(site):
        uv.log.advise(wrapper_warnings.protobuf_without_compiled_code(version, minor))
    stands = WrapperChoice(
        chosen, shared, _installed_release(site), refused.asks if refused else ""
    )
    metadata = {
        _SHARED: "yes" if shared else "no",
        _HELD: stands.held,
        _PINS: chosen.pins,
        _BECAUSE: stands.because,
        cache.BUILT_WITH: what.built_with if cache.has_built(uv) else "",
    }
    metadata[top_level_modules.METADATA] = top_level_modules.as_text(
        top_level_modules.brought(site)
    )
    metadata[importable.METADATA] = importable.as_text(importable.list_importable(site))
    carried = tree(chosen) if shared else None
    beside = [venv.site_packages(carried, minor)] if carried else []
    metadata |= system_libraries.metadata(site, prefix / "bin/python", beside)
    layer.finish(Types(launch=True), key | metadata)
    return stands


def _installed_release(site: Path) -> str:
    """Return the release of seldon-core in ``site``, or "" if there is none."""
    return "".join(of_dist_info(path)[1] for path in site.glob("seldon_core-*.dist-info"))


def _provide_for_builds(
    run: Callable[..., Outcome],
    log: Log,
    prefix: Path,
    inputs: Installation,
    chosen: Wrapper,
    source: Path | None,
    asked: Iterable[str],
) -> None:
    """Let builds without isolation import the wrapper's packages, as under s2i.

    A wrapper that is not locked is installed first. Other builds need nothing here.
    """
    if build_packages.OPTION not in inputs.index.options:
        return
    site = venv.site_packages(prefix, inputs.python.minor)
    if source:
        build_packages.show_packages(site, venv.site_packages(source, inputs.python.minor))
        return
    isolated = [option for option in inputs.index.options if option != build_packages.OPTION]
    _install(run, log, prefix, inputs, chosen, [*isolated, *asked, "setuptools", "wheel"])


def would_install(what: Installation, scratch: Path, interpreter: Path, uv: Uv) -> tuple[str, ...]:
    """Return what ``make`` would download, as lines `NAME==VERSION`.

    A package with a URL has ` (from URL)` after the version.

    Raises:
        BuildError: The requirements cannot be resolved.
    """
    prefix = scratch / "venv"
    site = venv.site_packages(prefix, what.python.minor)
    lines: list[str] = []

    def attempt(chosen: Wrapper, ask: bool) -> frozenset[str]:
        shutil.rmtree(prefix, ignore_errors=True)
        venv.prepare(prefix, interpreter, what.python.minor)
        if chosen.carried:
            carried = venv.site_packages(chosen.carried, what.python.minor)
            installed_stubs.show(carried, site, chosen.bounds)
            build_packages.show_packages(site, carried)
        asked = _asked(what, chosen, scratch) if ask else []
        options = [*what.index.options, *wanted, *asked, "--dry-run"]
        lines[:] = _install(uv.run, uv.log, prefix, what, chosen, options)
        return frozenset()

    what = _with_constraints_for_uv(what, scratch)
    wanted = _told(what, interpreter, uv, scratch)
    _first_that_suits(what, attempt)
    return tuple(line.strip().removeprefix("+ ") for line in lines if line.startswith(" + "))


def _from_folders(
    what: Installation, attempt: Callable[..., frozenset[str]]
) -> tuple[Resolved | None, str]:
    """Resolve from the wheel folders alone, if they take precedence over the index.

    uv queries the index for every package, even if it then takes the package from elsewhere.
    Returns the result and an empty string, or None and the package that the folders lack, if that
    is known.
    """
    if not (index := what.index.folders_alone()):
        return None, ""
    for chosen in what.wrappers:
        try:
            return (chosen, attempt(chosen, True, replace(what, index=index)), None, True), ""
        except Conflict:
            continue
        except BuildError as error:
            return None, error.package if isinstance(error, RequirementNotFound) else ""
    return None, ""


def _first_that_suits(
    what: Installation, attempt: Callable[[Wrapper, bool], frozenset[str]]
) -> Resolved:
    """Resolve with the first wrapper that is compatible with the requirements.

    Returns the wrapper, the packages shown to uv, the conflict with the first candidate, and
    whether the wrapper was part of the resolution. Raises what the last attempt raises: if the
    requirements fail on their own, the wrapper is not the cause.
    """
    refused: Conflict | None = None
    for chosen in what.wrappers:
        try:
            return chosen, attempt(chosen, True), refused, True
        except Conflict as conflict:
            refused = refused or conflict
    named = what.requirements is not None and WRAPPER in what.requirements.names
    if refused and (named or what.pins not in ("", pin_sets.AUTO) or not what.wrappers[-1].lock):
        raise refused
    return what.wrappers[-1], attempt(what.wrappers[-1], False), refused, False


def _join(prefix: Path, what: Installation, source: Path | None, wrapper_layer: Layer) -> None:
    """Add the packages and commands of the wrapper's layer to the environment."""
    site = venv.site_packages(prefix, what.python.minor)
    venv.drop_namespace_files(site)
    wrapper_site = venv.site_packages(wrapper.environment(wrapper_layer), what.python.minor)
    # addsitedir, not a plain path: the wrapper's setuptools restores distutils by a .pth file.
    (site / "_seldon_wrapper.pth").write_text(
        f"import site; site.addsitedir({str(wrapper_site)!r})\n"
    )
    if source:
        venv.copy_scripts(source, prefix)
    venv.compile_bytecode(prefix / "bin/python", what.python.minor, prefix / "lib")


def _complete(
    prefix: Path, what: Installation, chosen: Wrapper, left: frozenset[str], uv: Uv
) -> None:
    """Add the wrapper's packages that the manifest did not replace.

    ``left`` has the names of their .dist-info directories.
    """
    if left and chosen.lock and not chosen.carried:
        with tempfile.TemporaryDirectory() as scratch:
            names = {of_dist_info(Path(name))[0] for name in left}
            pins = installed_stubs.pins(chosen.lock, Path(scratch), only=names)
            pinned = replace(
                what, index=what.index.without_folders().with_links(what.bundle.wheels)
            )
            _install(uv.run, uv.log, prefix, pinned, chosen, ["--no-deps", "-r", str(pins)])
    site = venv.site_packages(prefix, what.python.minor)
    venv.drop_wrapper_tests(site)
    venv.drop_namespace_files(site)
    add_loader(site)
    venv.compile_bytecode(prefix / "bin/python", what.python.minor, prefix / "lib")
    if chosen.carried:
        # After compiling, because these packages include their bytecode.
        venv.copy_packages(chosen.carried, prefix, what.python.minor, left)


def _told(what: Installation, interpreter: Path, uv: Uv, scratch: Path) -> list[str]:
    """Return uv's arguments for the manifest.

    Raises:
        BuildError: The lock is outdated or cannot be used.
    """
    if not what.requirements:
        return []
    if not what.requirements.lock:
        if what.requirements.arguments:
            return list(what.requirements.arguments)
        return [*requirements_export.export(what.requirements, scratch).arguments]
    from seldon_buildpack.layers import export_lock

    return export_lock.arguments(
        what.requirements, interpreter / f"bin/python{what.python.minor}", uv, scratch
    )


def _with_constraints_for_uv(inputs: Installation, scratch: Path) -> Installation:
    options = requirement_files.export_constraints(
        inputs.app, inputs.index, inputs.variables, scratch
    )
    return replace(inputs, index=replace(inputs.index, options=options))


def _asked(what: Installation, chosen: Wrapper, scratch: Path) -> list[str]:
    """Return uv's arguments for the wrapper."""
    named = what.requirements.names if what.requirements else ()
    if "--require-hashes" in what.index.options and chosen.lock:
        # Hash-checking mode requires a pin and a hash for every package: the wrapper's lock has
        # them for those that the manifest does not name.
        return ["-r", str(installed_stubs.pins(chosen.lock, scratch, left_out=named))]
    # A pin would conflict with a wrapper that is required by URL.
    by_url = what.requirements is not None and what.requirements.wrapper_by_url
    arguments = (
        [f"{WRAPPER}=={chosen.version}"] if chosen.version[:1].isdigit() and not by_url else []
    )
    constraints = _CONSTRAINTS if chosen.pins in ("", UPSTREAM) else ""
    for option, text in (
        ("--constraints", constraints),
        ("--build-constraints", "" if chosen.lock else _BUILD_CONSTRAINTS),
    ):
        if text:
            (scratch / f"{option.strip('-')}.txt").write_text(text)
            arguments += [option, str(scratch / f"{option.strip('-')}.txt")]
    return arguments


def _install(
    run: Callable[..., Outcome],
    log: Log,
    prefix: Path,
    what: Installation,
    chosen: Wrapper,
    arguments: Iterable[str],
) -> tuple[str, ...]:
    index = what.index if chosen.lock else what.index.with_links(what.bundle.wheels)
    command = [
        "pip",
        "install",
        "--python",
        str(prefix / "bin/python"),
        *index.source_options,
        *arguments,
    ]
    with tempfile.TemporaryDirectory() as scratch:
        env = index.environment(Path(scratch)) | dict(what.variables)
        outcome, advice = older_setuptools.run(lambda words: run(words, what.app, env), command)
    for piece in advice:
        log.advise(piece)
    if outcome.code:
        # Imported only on failure: these imports take as long as a whole build that reuses every
        # layer.
        from seldon_buildpack.diagnosis import install as diagnosis
        from seldon_buildpack.diagnosis.uv_output import Attempt

        local = what.requirements.local if what.requirements else ()
        lock = what.requirements.path.name if what.requirements and what.requirements.lock else ""
        attempt = Attempt(
            index=what.index,
            python=what.python.request,
            wrapper=chosen.version,
            app=what.app,
            local=local,
            lock=lock,
            lacking=what.lacking,
            importable=_importable(what, chosen),
            requirements=what.requirements,
        )
        raise diagnosis.explain(outcome, attempt)
    return outcome.lines


def _importable(inputs: Installation, chosen: Wrapper) -> frozenset[str]:
    """Return the wrapper's modules, or nothing if package builds can import them already."""
    if not chosen.carried or build_packages.OPTION in inputs.index.options:
        return frozenset()
    site = venv.site_packages(chosen.carried, inputs.python.minor)
    return frozenset(top_level_modules.brought(site))
