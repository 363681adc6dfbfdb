"""What the model's requirements add to the wrapper: an environment of its own that sees the wrapper's packages.

Why a layer: it changes when requirements change, not when code does. Its name sorts behind those of the layers that models
share: the exporter stacks layers by name, and an engine shares on disk only what lies on the same ones.
Made by: one `uv pip install` of requirements and wrapper together. The wrapper's packages are shown to uv as installed
(their .dist-info alone), so it asks the index only for what is missing, keeps every pin it can, and a model whose
requirements the wrapper already meets needs no index at all. Where it has to replace one of them, the wrapper's other
packages are put here too, at their pins, and the wrapper's layer is left out.
Reused while: the requirements with all they include, the constraints, local files they name, index settings, Python,
wrapper and buildpack are the same.
"""

import re
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.install import environments, in_source
from seldon_buildpack.install.index import Index
from seldon_buildpack.install.uv import Uv
from seldon_buildpack.layers import keys, python, wrapper
from seldon_buildpack.layers.python import Python
from seldon_buildpack.layers.wrapper import Wrapper
from seldon_buildpack.project.requirements import WRAPPER, Requirements, canonical

NAME = "requirements"

_SHARED = "shares-wrapper"
_HELD = "holds-wrapper"
# gunicorn 20.1, which every release of the wrapper up to 1.17.1 pins, imports pkg_resources; setuptools 82 dropped it.
_CONSTRAINTS = "setuptools<82\n"
# PyYAML 5.4, which releases before 1.17 want and which has no wheel for Python 3.10 and later, does not build with Cython 3.
_BUILD_CONSTRAINTS = "cython<3\n"


@dataclass(frozen=True)
class Installation:
    """What is to be installed, and for what."""

    app: Path
    requirements: Requirements | None
    index: Index
    python: Python
    wrapper: Wrapper
    bundle: Bundle
    variables: tuple[tuple[str, str], ...]

    def key(self) -> dict[str, str]:
        """What the layer is made from; the names are the words of the log's reason."""
        manifest = self.requirements
        folders = [Path(link) for link in self.index.find_links if "://" not in link and Path(link).is_dir()]
        # The source itself is installed in place: its code is not part of the layer.
        local = [*(path for path in (manifest.local if manifest else ()) if path != self.app), *folders]
        return {
            "requirements": (manifest.digest or keys.of_texts(manifest.files, self.app)) if manifest else "",
            "constraints": keys.of_texts(filter(Path.is_file, self.index.constraints), self.app),
            "local-packages": keys.of_trees(dict.fromkeys(local), self.app),
            "index-settings": self.index.key(),
        } | self.wrapper.key


def environment(layer: Layer) -> Path:
    """The environment of the requirements in the image."""
    return layer.path / "venv"


def shares_wrapper(layer: Layer) -> bool:
    """Whether a layer that is reused stands on the wrapper's layer."""
    return layer.metadata().get(_SHARED) == "yes"


def wrapper_version(layer: Layer) -> str:
    """The release of seldon-core that a layer made or reused holds; empty where the wrapper's layer has it."""
    return layer.metadata().get(_HELD, "")


def make(layer: Layer, what: Installation, interpreter: Layer, wrapper_layer: Layer, uv: Uv) -> bool:
    """Fill the layer and return whether it stands on the wrapper's layer. Raises a BuildError."""
    layer.begin()
    key = what.key()
    prefix = environment(layer)
    environments.prepare(prefix, python.home(interpreter), what.python.minor)
    site = environments.site_packages(prefix, what.python.minor)
    source = what.wrapper.carried or (wrapper.environment(wrapper_layer) if what.wrapper.lock else None)
    shown = _show_installed(environments.site_packages(source, what.python.minor), site) if source else frozenset[str]()
    folders, editable = (what.requirements.local, what.requirements.editable) if what.requirements else ((), ())
    before = in_source.entries(folders)
    with tempfile.TemporaryDirectory() as scratch:
        _install(uv, prefix, what, [*what.index.options, *_arguments(what, Path(scratch))])
    if in_source.tidy(folders, editable, before):
        # The next build's source does not have what was made in place: it has to be made again.
        key["local-packages"] = "completed in the source"
    environments.forget_installation(site)
    left = frozenset(path.name for path in site.glob("*.dist-info")) & shown
    shared = bool(shown) and left == shown
    for name in left:
        shutil.rmtree(site / name)
    if shared:
        wrapper_site = environments.site_packages(wrapper.environment(wrapper_layer), what.python.minor)
        # addsitedir and not a plain path: the wrapper's setuptools brings distutils back by a .pth of its own.
        (site / "_seldon_wrapper.pth").write_text(f"import site; site.addsitedir({str(wrapper_site)!r})\n")
        if source:
            environments.copy_scripts(source, prefix)
        environments.compile_bytecode(prefix / "bin/python", what.python.minor, prefix / "lib")
    else:
        _complete(prefix, what, left, uv)
    held = [path.name.removesuffix(".dist-info").rpartition("-")[2] for path in site.glob("seldon_core-*.dist-info")]
    layer.finish(Types(launch=True), key | {_SHARED: "yes" if shared else "no", _HELD: "".join(held)})
    return shared


def would_install(what: Installation, scratch: Path, interpreter: Path, uv: Uv) -> tuple[str, ...]:
    """What ``make`` would take from elsewhere, a line `NAME==VERSION` each, with ` (from URL)` behind what has one. Raises a BuildError."""
    prefix = scratch / "venv"
    environments.prepare(prefix, interpreter, what.python.minor)
    if what.wrapper.carried:
        _show_installed(
            environments.site_packages(what.wrapper.carried, what.python.minor), environments.site_packages(prefix, what.python.minor)
        )
    lines = _install(uv, prefix, what, [*what.index.options, *_arguments(what, scratch), "--dry-run"])
    return tuple(line.strip().removeprefix("+ ") for line in lines if line.startswith(" + "))


def _complete(prefix: Path, what: Installation, left: frozenset[str], uv: Uv) -> None:
    """Add the wrapper's packages that the manifest did not replace (``left``, by their .dist-info), and see whether they go together."""
    carried = what.wrapper.carried
    if left and what.wrapper.lock and not carried:
        with tempfile.TemporaryDirectory() as scratch:
            names = {name.removesuffix(".dist-info").rpartition("-")[0] for name in left}
            pins = _pins(what.wrapper.lock, Path(scratch), only=names)
            _install(uv, prefix, what, ["--no-deps", "-r", str(pins), "--find-links", str(what.bundle.wheels)])
    environments.drop_wrapper_tests(environments.site_packages(prefix, what.python.minor))
    environments.compile_bytecode(prefix / "bin/python", what.python.minor, prefix / "lib")
    if carried:
        # After compiling: they bring their bytecode.
        environments.copy_packages(carried, prefix, what.python.minor, left)
    environments.check_wrapper(prefix / "bin/python")


def _show_installed(source: Path, site: Path) -> frozenset[str]:
    """Copy the wrapper's .dist-info, listing no other files: what uv replaces, it removes, and nothing else."""
    names = frozenset(path.name for path in source.glob("*.dist-info"))
    for name in names:
        (site / name).mkdir()
        for file in ("METADATA", "WHEEL"):
            if (source / name / file).is_file():
                shutil.copyfile(source / name / file, site / name / file)
        (site / name / "RECORD").write_text("".join(f"{name}/{path.name},,\n" for path in (site / name).iterdir()) + f"{name}/RECORD,,\n")
    return names


def _arguments(what: Installation, scratch: Path) -> list[str]:
    named = what.requirements.names if what.requirements else ()
    arguments = list(what.requirements.told) if what.requirements else []
    if "--require-hashes" in what.index.options and what.wrapper.lock:
        # Hash-checking wants a pin and a hash for everything: the wrapper's lock has them for what the manifest does not name.
        return [*arguments, "-r", str(_pins(what.wrapper.lock, scratch, left_out=named))]
    asked = what.requirements.wrapper if what.requirements else ""
    # A line that names it without a version may be a URL: then the pin would contradict it.
    by_line = WRAPPER in named and not asked and what.wrapper.lock
    if what.wrapper.version[:1].isdigit() and not by_line:
        arguments.append(f"{WRAPPER}=={what.wrapper.version}")
    if not what.wrapper.lock:
        arguments += ["--find-links", str(what.bundle.wheels)]
    for option, text in (("--constraints", _CONSTRAINTS), ("--build-constraints", "" if what.wrapper.lock else _BUILD_CONSTRAINTS)):
        if text:
            (scratch / f"{option.strip('-')}.txt").write_text(text)
            arguments += [option, str(scratch / f"{option.strip('-')}.txt")]
    return arguments


def _install(uv: Uv, prefix: Path, what: Installation, arguments: list[str]) -> tuple[str, ...]:
    command = ["pip", "install", "--python", str(prefix / "bin/python"), *what.index.source_options, *arguments]
    outcome = uv.run(command, what.app, what.index.environment() | dict(what.variables))
    if outcome.code:
        # Only a failure needs it, and a rebuild that makes nothing is over in the time of such imports.
        from seldon_buildpack.install import diagnosis

        local = what.requirements.local if what.requirements else ()
        attempt = diagnosis.Attempt(what.index, what.python.request, what.wrapper.version, app=what.app, local=local)
        raise diagnosis.explain(outcome, attempt)
    return outcome.lines


def _pins(lock: Path, scratch: Path, only: Iterable[str] | None = None, left_out: Iterable[str] = ()) -> Path:
    """The lock's entries for these packages, or for all but those, as a file in ``scratch``."""
    wanted, unwanted = {canonical(name) for name in only or ()}, {canonical(name) for name in left_out}
    kept = []
    for entry in re.split(r"\n(?=[A-Za-z0-9])", lock.read_text()):
        name = canonical(re.split(r"[=\s\[]", entry, maxsplit=1)[0])
        if name not in unwanted and (only is None or name in wanted):
            kept.append(entry)
    path = scratch / "wrapper-pins.txt"
    path.write_text("\n".join(kept) + "\n")
    return path
