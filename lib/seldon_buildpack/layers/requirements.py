"""What the model's requirements add to the wrapper: an environment of its own that sees the wrapper's packages.

Why a layer: it changes when requirements change, not when code does. Its name sorts behind those of the layers that models
share: the exporter stacks layers by name, and an engine shares on disk only what lies on the same ones.
Made by: one `uv pip install` of requirements and wrapper together. The wrapper's packages are shown to uv as installed
(their .dist-info alone), so it downloads only what is missing, keeps every pin it can, and a model whose
requirements the wrapper already meets needs no index at all. Where it has to replace one of them, the wrapper's other
packages are put here too, at their pins, and the wrapper's layer is left out.
The sets of the wrapper's pins are tried in order. Where the requirements suit none, they win, as they did with s2i's pip: they are
resolved by themselves, and the wrapper has to show that it serves with them.
Reused while: the requirements and constraints with all they include, what packages of the source are built from, index settings,
Python, wrapper, buildpack and the platform's target are the same.
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
from seldon_buildpack.commands.uv import Outcome, Uv
from seldon_buildpack.layers import cache, local_packages, python
from seldon_buildpack.layers import python_wrapper as wrapper
from seldon_buildpack.layers.python import Python
from seldon_buildpack.layers.python_wrapper import Wrapper
from seldon_buildpack.manifests import git_in_place
from seldon_buildpack.manifests.requirements_txt import WRAPPER, Requirements
from seldon_buildpack.messages import warnings
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.packages import RequirementNotFound
from seldon_buildpack.messages.errors.requirements import Conflict
from seldon_buildpack.messages.errors.wrapper import WrapperBroken
from seldon_buildpack.names import of_dist_info
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.python_env import build_leftovers, installed_stubs, top_level_modules, venv
from seldon_buildpack.wrapper import smoke_test

NAME = "requirements"

_SHARED, _HELD, _PINS, _BECAUSE = "shares-wrapper", "holds-wrapper", "stands-on", "because"
# gunicorn 20.1, which every release of the wrapper up to 1.17.1 pins, imports pkg_resources; setuptools 82 dropped it.
_CONSTRAINTS = "setuptools<82\n"
# PyYAML 5.4, which releases before 1.17 want and which has no wheel for Python 3.10 and later, does not build with Cython 3.
_BUILD_CONSTRAINTS = "cython<3\n"


Resolved = tuple[Wrapper, frozenset[str], Conflict | None, bool]


@dataclass(frozen=True, kw_only=True)
class Installation:
    """What is to be installed, and for what."""

    # The directory of the source.
    app: Path
    # What the user asks for; None where that is nothing.
    requirements: Requirements | None
    # Where packages come from.
    index: Index
    # The interpreter that they are installed for.
    python: Python
    # BP_SELDON_PINS, in lower case.
    pins: str
    # The wrappers that may serve, in the order that they are tried.
    wrappers: tuple[Wrapper, ...]
    # What the buildpack carries.
    bundle: Bundle
    # The environment variables that the requirements use, with their values.
    variables: tuple[tuple[str, str], ...]
    # The package that the wheel folders alone did not have; empty where that is not known.
    lacking: str = ""
    # A digest of those of the `variables` that the building of a package may read.
    built_with: str = cache.NO_VARIABLES

    def key(self) -> dict[str, str]:
        """What the layer is made from; the names are the words of the log's reason."""
        manifest = self.requirements
        return {
            "requirements": (manifest.digest or digests.of_texts(manifest.files, self.app))
            if manifest
            else "",
            "constraints": local_packages.constraints_key(self.app, self.index, self.variables),
            "local-packages": local_packages.key(self.app, manifest, self.index),
            "index-settings": self.index.key(),
            "pins": self.pins or wrapper.AUTO,
            **self.python.key,
            "wrapper": ", ".join(one.key["wrapper"] for one in self.wrappers),
        }


@dataclass(frozen=True)
class WrapperChoice:
    """What an installation stands on: the wrapper, its layer if ``shared``, and why it is another one than the first that was tried.

    ``held`` is the release of seldon-core that the installation itself brings.
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
    """The environment of the requirements in the image."""
    return layer.path / "venv"


def standing(layer: Layer, what: Installation) -> WrapperChoice:
    """What a layer that is reused stands on."""
    stored = layer.metadata()
    chosen = next((one for one in what.wrappers if one.pins == stored.get(_PINS)), what.wrappers[0])
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
    """Fill the layer and return what it stands on; ``tree`` gives the installed packages of a locked wrapper. Raises a BuildError."""
    key, prefix = what.key(), environment(layer)
    cache.clear_of_others(what.built_with, uv)
    site = venv.site_packages(prefix, what.python.minor)
    folders, editable = (
        (what.requirements.local, what.requirements.editable) if what.requirements else ((), ())
    )
    before = build_leftovers.entries(folders)

    def attempt(
        chosen: Wrapper, ask: bool, what: Installation = what, run: Callable[..., Outcome] = uv.run
    ) -> frozenset[str]:
        layer.begin()
        venv.prepare(prefix, python.home(interpreter), what.python.minor)
        source = tree(chosen)
        seen = (
            installed_stubs.show(venv.site_packages(source, what.python.minor), site, chosen.bounds)
            if source
            else frozenset[str]()
        )
        asked = _asked(what, chosen, scratch) if ask else []
        _install(run, prefix, what, chosen, [*what.index.options, *wanted, *asked])
        return seen

    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        wanted = _told(what, python.home(interpreter), uv, scratch)
        found, lacking = _from_folders(what, partial(attempt, run=uv.attempt))
        chosen, seen, refused, asked_for = found or _first_that_suits(
            what, partial(attempt, what=replace(what, lacking=lacking))
        )
    overridden = () if asked_for else installed_stubs.unmet(site)
    if build_leftovers.tidy(folders, editable, before):
        # The next build's source does not have what was made in place: it has to be made again.
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
        if broken := smoke_test.why_not_served(prefix / "bin/python"):
            raise WrapperBroken(overridden, broken)
    if overridden:
        uv.log.advise(warnings.pins_overridden(overridden))
    held = [of_dist_info(path)[1] for path in site.glob("seldon_core-*.dist-info")]
    stands = WrapperChoice(chosen, shared, "".join(held), refused.asks if refused else "")
    told = {
        _SHARED: "yes" if shared else "no",
        _HELD: stands.held,
        _PINS: chosen.pins,
        _BECAUSE: stands.because,
        cache.BUILT_WITH: what.built_with if cache.has_built(uv) else "",
    }
    told[top_level_modules.METADATA] = top_level_modules.as_text(top_level_modules.brought(site))
    layer.finish(Types(launch=True), key | told)
    return stands


def would_install(what: Installation, scratch: Path, interpreter: Path, uv: Uv) -> tuple[str, ...]:
    """What ``make`` would take from elsewhere, a line `NAME==VERSION` each, with ` (from URL)` behind what has one. Raises a BuildError."""
    prefix = scratch / "venv"
    site = venv.site_packages(prefix, what.python.minor)
    lines: list[str] = []

    def attempt(chosen: Wrapper, ask: bool) -> frozenset[str]:
        shutil.rmtree(prefix, ignore_errors=True)
        venv.prepare(prefix, interpreter, what.python.minor)
        if chosen.carried:
            installed_stubs.show(
                venv.site_packages(chosen.carried, what.python.minor), site, chosen.bounds
            )
        asked = _asked(what, chosen, scratch) if ask else []
        lines[:] = _install(
            uv.run, prefix, what, chosen, [*what.index.options, *wanted, *asked, "--dry-run"]
        )
        return frozenset()

    wanted = _told(what, interpreter, uv, scratch)
    _first_that_suits(what, attempt)
    return tuple(line.strip().removeprefix("+ ") for line in lines if line.startswith(" + "))


def _from_folders(
    what: Installation, attempt: Callable[..., frozenset[str]]
) -> tuple[Resolved | None, str]:
    """The same from the wheel folders alone, where they come first and suffice; else the package they lack, where that is known.

    uv asks an index for every package, also for one that it then takes from elsewhere.
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
    """The wrapper that the requirements can be resolved with, the packages shown, what the first one was refused for, and whether it was asked for.

    Raises what the last attempt does: where the requirements fail by themselves, the wrapper has no part in it.
    """
    refused: Conflict | None = None
    for chosen in what.wrappers:
        try:
            return chosen, attempt(chosen, True), refused, True
        except Conflict as conflict:
            refused = refused or conflict
    named = what.requirements is not None and WRAPPER in what.requirements.names
    if refused and (named or what.pins not in ("", wrapper.AUTO) or not what.wrappers[-1].lock):
        raise refused
    return what.wrappers[-1], attempt(what.wrappers[-1], False), refused, False


def _join(prefix: Path, what: Installation, source: Path | None, wrapper_layer: Layer) -> None:
    """Let the environment see the packages of the wrapper's layer, and run its commands."""
    site = venv.site_packages(prefix, what.python.minor)
    venv.drop_namespace_files(site)
    wrapper_site = venv.site_packages(wrapper.environment(wrapper_layer), what.python.minor)
    # addsitedir and not a plain path: the wrapper's setuptools brings distutils back by a .pth of its own.
    (site / "_seldon_wrapper.pth").write_text(
        f"import site; site.addsitedir({str(wrapper_site)!r})\n"
    )
    if source:
        venv.copy_scripts(source, prefix)
    venv.compile_bytecode(prefix / "bin/python", what.python.minor, prefix / "lib")


def _complete(
    prefix: Path, what: Installation, chosen: Wrapper, left: frozenset[str], uv: Uv
) -> None:
    """Add the wrapper's packages that the manifest did not replace (``left``, by their .dist-info)."""
    if left and chosen.lock and not chosen.carried:
        with tempfile.TemporaryDirectory() as scratch:
            names = {of_dist_info(Path(name))[0] for name in left}
            pins = installed_stubs.pins(chosen.lock, Path(scratch), only=names)
            pinned = replace(
                what, index=what.index.without_folders().with_links(what.bundle.wheels)
            )
            _install(uv.run, prefix, pinned, chosen, ["--no-deps", "-r", str(pins)])
    venv.drop_wrapper_tests(venv.site_packages(prefix, what.python.minor))
    venv.drop_namespace_files(venv.site_packages(prefix, what.python.minor))
    venv.compile_bytecode(prefix / "bin/python", what.python.minor, prefix / "lib")
    if chosen.carried:
        # After compiling: they bring their bytecode.
        venv.copy_packages(chosen.carried, prefix, what.python.minor, left)


def _told(what: Installation, interpreter: Path, uv: Uv, scratch: Path) -> list[str]:
    """What uv is told of the manifest. Raises a BuildError for a lock that does not stand."""
    if not what.requirements:
        return []
    if not what.requirements.lock:
        if not what.requirements.from_git:
            return list(what.requirements.told)
        manifest = what.requirements
        copy = git_in_place.copied(manifest.path, manifest.files, what.app, scratch)
        return ["-r", str(copy)]
    from seldon_buildpack.layers import export_lock

    return export_lock.arguments(
        what.requirements, interpreter / f"bin/python{what.python.minor}", uv, scratch
    )


def _asked(what: Installation, chosen: Wrapper, scratch: Path) -> list[str]:
    """What uv is told to install of the wrapper, beside the manifest."""
    named = what.requirements.names if what.requirements else ()
    if "--require-hashes" in what.index.options and chosen.lock:
        # Hash-checking wants a pin and a hash for everything: the wrapper's lock has them for what the manifest does not name.
        return ["-r", str(installed_stubs.pins(chosen.lock, scratch, left_out=named))]
    # Where a URL says which one it is, a pin would contradict it.
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
        outcome = run(command, what.app, index.environment(Path(scratch)) | dict(what.variables))
    if outcome.code:
        # Only a failure needs it, and a rebuild that makes nothing is over in the time of such imports.
        from seldon_buildpack.diagnosis import install as diagnosis
        from seldon_buildpack.diagnosis.uv_output import Attempt

        local = what.requirements.local if what.requirements else ()
        lock = what.requirements.path.name if what.requirements and what.requirements.lock else ""
        attempt = Attempt(
            what.index,
            what.python.request,
            chosen.version,
            app=what.app,
            local=local,
            lock=lock,
            lacking=what.lacking,
        )
        raise diagnosis.explain(outcome, attempt)
    return outcome.lines
