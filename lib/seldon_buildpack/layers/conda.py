"""Conda's half of an environment: the Python that serves and every package that conda has, installed by rattler.

Why a layer: it is most of the image, and changes when what conda is asked for does, not when code or pip's half do.
Made by: solving the file's specs together with what the wrapper wants of them, or taking the packages that a lock names; nothing of
conda's own tooling gets into the image. Its name sorts before those of pip's half and the rest, which stand on it.
Reused while: what the file asks of conda, the channels, packages of the source, the settings, the wrapper and the target are the same. What the solver chose is kept with
the layer: where only pip's half has to be made again, the same packages are put in place for the build, and the layer stays as it is.
"""

import contextlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from seldon_buildpack import digests
from seldon_buildpack.bundle import CURRENT, UPSTREAM, Bundle
from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.commands.rattler import Failed, Package, Rattler, Unsolved
from seldon_buildpack.diagnosis import conda
from seldon_buildpack.manifests.conda.types import CondaEnvironment
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.python_env import conda_prefix, top_level_modules
from seldon_buildpack.python_env.venv import site_packages
from seldon_buildpack.wrapper.conda_constraints import Attempt, python_of

NAME = "conda"

_PACKAGES, _VERSION, _PINS, _BECAUSE = "packages", "wrapper-version", "pins-taken", "because"
_PYTHON = "python"
# The oldest kernel of the machines that run images of this base (RHEL 8's): the one below the build is not the one below the model.
_KERNEL = "4.18"


@dataclass(frozen=True, kw_only=True)
class Conda:
    """What conda's half of an environment is made from."""

    # What the file says.
    environment: CondaEnvironment
    # The environment's name.
    name: str
    # A spec for the Python that the file lacks; empty where it has one.
    python: str
    # Whether pip is added, as conda does to every Python, because it has to install pip's half.
    pip: bool
    # Constraints for the wrapper, in the order that they are tried; none where the wrapper is conda's own.
    attempts: tuple[Attempt, ...]
    # How rattler is run, with the channels.
    rattler: Rattler
    # What the buildpack carries.
    bundle: Bundle
    # What the image is made for, in the word of the platform.
    target: str = ""

    def key(self) -> dict[str, str]:
        """What the layer is made from; the names are the words of the log's reason."""
        wanted = [(one.version, one.pins, *one.constraints) for one in self.attempts]
        return {
            "environment": self.environment.digest,
            "channels": self.rattler.channels.key(),
            "python": self.python + (" and pip" if self.pip else ""),
            "name": self.name,
            "wrapper": json.dumps(wanted),
            "buildpack": self.bundle.buildpack_version,
            "target": self.target,
            "local-packages": digests.of_archives(self.unhashed(self.environment), Path("/")),
        }

    @staticmethod
    def unhashed(environment: CondaEnvironment) -> list[Path]:
        """The packages that are files of the source, and whose content no hash tells."""
        urls = [one.url for one in environment.packages if not (one.md5 or one.sha256)]
        urls += [one.text.split()[0] for one in environment.specs if "://" in one.text]
        paths = [
            Path(unquote(url.partition("://")[2])) for url in urls if url.startswith("file://")
        ]
        return [path for path in paths if os.path.isfile(path)]  # noqa: PTH113 - False, whatever the name


@dataclass(frozen=True)
class CondaSolution:
    """What conda's half consists of, and what it was chosen for: a release of the wrapper in a set of pins, and why not in the first one."""

    packages: tuple[Package, ...]
    version: str
    pins: str
    because: str = ""

    @property
    def python(self) -> str:
        """The version of its Python (`3.12.1`)."""
        return next((one.version for one in self.packages if one.name == _PYTHON), "")

    @property
    def minor(self) -> str:
        """`3.12`."""
        return ".".join(self.python.split(".")[:2])

    @property
    def size(self) -> int:
        """Bytes of its packages as they are fetched, as far as is known."""
        return sum(one.size for one in self.packages)


def path(layer: Layer, what: Conda) -> Path:
    """The environment's prefix in the image: by this place, in a folder `envs`, other programs take its name from it."""
    return layer.path / "envs" / what.name


def chosen(layer: Layer) -> CondaSolution:
    """What a layer that is reused consists of."""
    stored = layer.metadata()
    packages = tuple(Package(*one) for one in json.loads(stored[_PACKAGES]))
    return CondaSolution(packages, stored[_VERSION], stored[_PINS], stored[_BECAUSE])


def choose(what: Conda) -> CondaSolution:
    """The packages: those of the lock, or a solution. Raises a BuildError."""
    environment = what.environment
    if environment.locked:
        return _of_lock(what)
    attempts = what.attempts or _by_conda(what)
    specs = [
        *(one.text for one in environment.specs),
        *([what.python] if what.python else []),
        *(["pip"] if what.pip else []),
    ]
    try:
        solved = what.rattler.solve(
            specs,
            [one.constraints for one in attempts],
            virtual_packages(what.rattler.channels.cuda),
        )
    except Unsolved as unsolved:
        raise _unsolvable(what, specs, unsolved) from unsolved
    except Failed as failed:
        raise conda.failed(failed, what.rattler, environment) from failed
    taken = attempts[solved.attempt]
    return CondaSolution(
        solved.packages,
        taken.version,
        taken.pins,
        _because(attempts, solved.packages) if taken.pins == CURRENT else "",
    )


def make(layer: Layer, what: Conda, wanted: CondaSolution, joined: Path) -> None:
    """Fill the layer; ``joined`` are the site-packages of pip's half. Raises a BuildError."""
    layer.begin()
    place(layer, what, wanted, joined)
    brought = top_level_modules.brought(
        site_packages(path(layer, what), wanted.minor), by_conda=True
    )
    told = {
        _PACKAGES: json.dumps([(one.url, one.sha256, one.md5) for one in wanted.packages]),
        _VERSION: wanted.version,
        _PINS: wanted.pins,
        _BECAUSE: wanted.because,
        top_level_modules.METADATA: top_level_modules.as_text(brought),
    }
    layer.finish(Types(launch=True), what.key() | told)


def place(layer: Layer, what: Conda, wanted: CondaSolution, joined: Path) -> None:
    """Put the packages where the image has them. Raises a BuildError."""
    target = path(layer, what)
    target.parent.mkdir(parents=True)
    try:
        what.rattler.install(wanted.packages, target)
    except Failed as failed:
        raise conda.failed(failed, what.rattler, what.environment) from failed
    conda_prefix.settle(target, wanted.minor, joined, what.rattler.extracted)


def virtual_packages(cuda: str) -> list[tuple[str, str, str]]:
    """What conda's packages may ask of the system (conda: Managing virtual packages): that of the image, whatever machine builds.

    The C library is the build image's, which a stack's run image shares.
    """
    glibc = (os.confstr("CS_GNU_LIBC_VERSION") or "glibc 2.17").split()[-1]
    found = [
        ("__unix", "0", "0"),
        ("__linux", _KERNEL, "0"),
        ("__glibc", glibc, "0"),
        ("__archspec", "1", "x86_64"),
    ]
    return [*found, *([("__cuda", cuda, "0")] if cuda else [])]


def _by_conda(what: Conda) -> tuple[Attempt, ...]:
    """The one attempt where the wrapper is conda's own, which brings its bounds: a Python that something is locked for is wanted all the same."""
    return (Attempt("", "", (python_of(reversed(what.bundle.conda_pythons)),)),)


def _of_lock(what: Conda) -> CondaSolution:
    """What the lock has, for the first of the wrapper's sets that it leaves room for."""
    packages = tuple(
        Package(what.rattler.channels.located(one.url), one.sha256, one.md5)
        for one in what.environment.packages
    )
    attempts = what.attempts or _by_conda(what)
    taken = next(
        (one for one in attempts if not _excluded(one.constraints, packages)), attempts[-1]
    )
    return CondaSolution(
        packages,
        taken.version,
        taken.pins,
        _because(attempts, packages) if taken.pins == CURRENT else "",
    )


def _because(attempts: tuple[Attempt, ...], packages: Iterable[Package]) -> str:
    """What of the environment the wrapper's own set excludes."""
    own = next((one.constraints for one in attempts if one.pins == UPSTREAM), ())
    return next(iter(_excluded(own, packages)), "")


def _excluded(constraints: Iterable[str], packages: Iterable[Package]) -> list[str]:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    taken = {one.name: one.version for one in packages}
    found = []
    for constraint in constraints:
        name, _, bounds = constraint.partition(" ")
        with contextlib.suppress(InvalidSpecifier, InvalidVersion):
            if (
                name in taken
                and name != _PYTHON
                and not SpecifierSet(bounds).contains(taken[name], prereleases=True)
            ):
                found.append(f"{name} {taken[name]}")
    return found


def _unsolvable(what: Conda, specs: list[str], unsolved: Unsolved) -> BuildError:
    """The environment by itself, or with the wrapper: only a solve without the wrapper tells."""
    if unsolved.missing or not what.attempts:
        return conda.unsolved(unsolved, what.environment, what.rattler.channels)
    try:
        what.rattler.solve(specs, [()], virtual_packages(what.rattler.channels.cuda))
    except Unsolved as alone:
        return conda.unsolved(alone, what.environment, what.rattler.channels)
    except Failed as failed:
        return conda.failed(failed, what.rattler, what.environment)
    return conda.against_wrapper(unsolved, what.environment, what.attempts)
