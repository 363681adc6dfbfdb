"""The interpreter that serves the model.

Why a layer: it is the same for every model on this Python, so a registry stores it once.
Made by: copying the interpreter from the bundle, or `uv python install` from the catalogue if the
bundle does not have it. If the run image contains the interpreter, the layer is a link to it.
Reused while: the requested version, the content of the bundled tree or the series of the run image,
and the platform's target are the same. Model code and requirement changes do not invalidate it.
The layer's root contains only `cpython/`: a `lib` there would be added to LD_LIBRARY_PATH
(spec: Layer Paths).
"""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.commands.uv import Uv
from seldon_buildpack.digests import without_secrets
from seldon_buildpack.masking import without_credentials
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.pins import PythonOfPinsNotInstalled
from seldon_buildpack.messages.errors.python import PythonNotInstalled
from seldon_buildpack.package_sources import mirror as mirrors
from seldon_buildpack.package_sources.indexes import Index
from seldon_buildpack.package_sources.mirror import Mirror
from seldon_buildpack.python_env.venv import compile_bytecode
from seldon_buildpack.python_version import PythonChoice, PythonEvidence
from seldon_buildpack.runtime import Runtime

NAME = "python"
_HOME = "cpython"
_CHECK = """\
#!/bin/sh
[ -x {program} ] && exit 0
cat >&2 <<'END'
ERROR: This image is on a run image that does not contain its Python.
  Its layers link to {folder}, which only a run image with the label io.buildpacks.base.id={id} contains.
  Fix: Rebase it onto such a run image (pack rebase IMAGE --run-image RUN_IMAGE), or build it again.
END
exit 1
"""


@dataclass(frozen=True, kw_only=True)
class Python:
    """The interpreter of this build."""

    # The minor version, such as `3.12`.
    minor: str
    # The version to request from uv: `3.12` or `3.12.1`.
    request: str
    # Its prefix in the bundle, or None if it has to be downloaded.
    carried: Path | None
    # What identifies it in the layer's key: the digest in the bundle, or the request.
    identity: str
    # The list of downloads, if it is not uv's own.
    catalogue: str
    # The buildpack's version.
    buildpack: str
    # The target of the image: its operating system, architecture and distribution.
    target: str = ""
    # What the pinned requirements say about the Python, if they were asked.
    evidence: PythonEvidence | None = None
    # The minors in the bundle on which the source can be installed.
    usable: tuple[str, ...] = ()
    # The run image's runtime that the layer links to; None if the layer has the files.
    runtime: Runtime | None = None

    @property
    def metadata(self) -> dict[str, str]:
        """The layer's metadata: its key, and the evidence for the next build."""
        return self.key | (self.evidence.metadata() if self.evidence else {})

    @property
    def key(self) -> dict[str, str]:
        """The layer's key."""
        return {"python": self.identity, "buildpack": self.buildpack, "target": self.target}


def plan(
    choice: PythonChoice,
    bundle: Bundle,
    catalogue: str,
    target: str,
    runtime: Runtime | None = None,
) -> Python:
    """Return the bundled interpreter if it satisfies the request, else one to download.

    ``runtime`` is that of the run image if the layer links to it. Its key names the series, so an
    update of the run image rebuilds nothing.
    """
    minor = f"{choice.minor[0]}.{choice.minor[1]}"
    carried = bundle.pythons.get(minor)
    if carried and choice.allows(carried.version):
        return Python(
            minor=minor,
            request=carried.version,
            carried=bundle.python(minor),
            identity=runtime.id if runtime else f"{carried.version} {carried.digest}",
            catalogue="",
            buildpack=bundle.buildpack_version,
            target=target,
            evidence=choice.evidence,
            runtime=runtime,
        )
    source = catalogue or bundle.catalogue
    identity = f"{choice.spec} from {without_secrets(source) or 'the public catalogue'}"
    return Python(
        minor=minor,
        request=choice.spec,
        carried=None,
        identity=identity,
        catalogue=source,
        buildpack=bundle.buildpack_version,
        target=target,
        evidence=choice.evidence,
        usable=tuple(minor for minor in bundle.pythons if choice.can_be_replaced_by(minor)),
    )


def home(layer: Layer) -> Path:
    """Return the interpreter's prefix in the image."""
    return layer.path / _HOME


def licence(prefix: Path, python: Python) -> Path:
    """Return the path of CPython's license in an interpreter's prefix."""
    return prefix / f"lib/python{python.minor}/LICENSE.txt"


def make(
    layer: Layer, python: Python, uv: Uv, carried: tuple[str, ...], index: Index, mirror: Mirror
) -> None:
    """Fill the layer.

    Raises:
        PythonNotInstalled, PythonOfPinsNotInstalled: The interpreter cannot be downloaded.
    """
    target = layer.begin()
    if python.runtime:
        home(layer).symlink_to(python.runtime.cpython)
        _write_check(layer, python.runtime)
    elif python.carried:
        shutil.copytree(python.carried, home(layer), symlinks=True)
    else:
        _install(target, python, uv, carried, index, mirror)
        compile_bytecode(
            home(layer) / f"bin/python{python.minor}",
            python.minor,
            home(layer) / f"lib/python{python.minor}",
        )
    layer.finish(Types(launch=True), python.metadata)


def _write_check(layer: Layer, runtime: Runtime) -> None:
    """Write the program that explains a run image without the runtime at start (spec: exec.d).

    It is needed after `pack rebase --force`, and on platforms that take any run image.
    """
    program = layer.path / "exec.d/runtime"
    program.parent.mkdir()
    program.write_text(
        _CHECK.format(folder=runtime.path, program=runtime.cpython / "bin/python3", id=runtime.id)
    )
    program.chmod(0o755)


def _install(
    target: Path, python: Python, uv: Uv, carried: tuple[str, ...], index: Index, mirror: Mirror
) -> None:
    """Install the interpreter with uv, from the mirror if there is one."""
    folder = target / "uv"
    folder.mkdir()
    try:
        catalogue = mirrors.catalogue(python.catalogue, mirror, index, folder)
    except mirrors.NoCatalogue as error:
        raise _not_installed(python, carried, mirror, str(error)) from error
    # Not on the command line, which other processes can read: the URL may contain a password.
    downloads = {"UV_PYTHON_DOWNLOADS_JSON_URL": catalogue} if catalogue else mirror.variables()
    command = [
        "python",
        "install",
        "--install-dir",
        str(folder),
        "--no-bin",
        python.request,
    ]
    outcome = uv.run(command, target, dict(index.variables) | downloads)
    found = [path for path in folder.glob("cpython-*") if path.is_dir() and not path.is_symlink()]
    if outcome.code or not found:
        from seldon_buildpack.diagnosis import install as diagnosis

        why = diagnosis.reason(outcome, python.request)
        raise _not_installed(python, carried, mirror, why)
    found[0].rename(target / _HOME)
    shutil.rmtree(folder)


def _not_installed(
    python: Python, carried: tuple[str, ...], mirror: Mirror, reason: str
) -> BuildError:
    catalogue, evidence = without_credentials(python.catalogue), python.evidence
    if not evidence or not evidence.pins:
        return PythonNotInstalled(
            python.request, carried, catalogue, mirror.shown(), reason, python.usable
        )
    return PythonOfPinsNotInstalled(
        python.request,
        carried,
        catalogue,
        reason,
        evidence.pins,
        evidence.instead_of,
        evidence.changes,
    )


@contextlib.contextmanager
def stand_in(layer: Layer, python: Python) -> Iterator[None]:
    """Link the interpreter's path in the image to the bundle's copy.

    Needed while the layer is reused, because its files are not available in the build then, and if
    it is a link into the run image.
    """
    if home(layer).exists() or not python.carried:
        yield
        return
    with make_room(layer, home(layer)):
        home(layer).symlink_to(python.carried)
        yield


@contextlib.contextmanager
def make_room(layer: Layer, path: Path) -> Iterator[None]:
    """Remove a link of a layer, and restore it afterwards in the place of what came there."""
    is_reused = not layer.path.exists()
    target = path.readlink() if path.is_symlink() else None
    if target:
        path.unlink()
    layer.path.mkdir(exist_ok=True)
    try:
        yield
    finally:
        if path.is_symlink():
            path.unlink()
        elif path.exists():
            shutil.rmtree(path)
        if target:
            path.symlink_to(target)
        if is_reused:
            shutil.rmtree(layer.path)
