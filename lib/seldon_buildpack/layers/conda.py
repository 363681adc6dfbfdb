"""Conda's half of an environment: Python and all conda packages, installed by rattler.

Why a layer: it is most of the image, and changes only when the conda dependencies do, not when the
code or pip's half does.
Made by: solving the file's specs together with the wrapper's constraints, or taking the packages
from a lock. None of conda's own tooling is added to the image. The layer's name sorts before those
of pip's half and the other layers, which build on it.
Reused while: the conda dependencies in the file, the channels, packages in the source, the
settings, the wrapper and the target are the same. The solution is stored with the layer: if only
pip's half is rebuilt, the same packages are installed for the build, and the layer is reused.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from seldon_buildpack import digests, user_files
from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.layers import Layer, Types
from seldon_buildpack.commands.rattler import Failed, Package, Rattler, Unsolved
from seldon_buildpack.diagnosis import conda
from seldon_buildpack.manifests.conda.types import CondaEnvironment
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.python_env import (
    conda_prefix,
    importable,
    system_libraries,
    top_level_modules,
)
from seldon_buildpack.python_env.venv import site_packages
from seldon_buildpack.wrapper.conda_constraints import (
    Attempt,
    find_conflict_with_current,
    list_conflicts,
    python_of,
)

NAME = "conda"

_PACKAGES, _VERSION, _PINS, _BECAUSE = "packages", "wrapper-version", "pins-taken", "because"
_PYTHON = "python"
# The oldest kernel of hosts that run images of this base (RHEL 8's). The build host's kernel says
# nothing about the host that runs the model.
_KERNEL = "4.18"


@dataclass(frozen=True, kw_only=True)
class Conda:
    """The inputs of conda's half of an environment."""

    # The parsed environment file.
    environment: CondaEnvironment
    # The environment's name.
    name: str
    # A spec for Python, if the file has none; else empty.
    python: str
    # Whether to add pip, as conda does with every Python, because it has to install pip's half.
    pip: bool
    # The wrapper's constraints, in the order in which to try them.
    # Empty if conda provides the wrapper.
    attempts: tuple[Attempt, ...]
    # Runs rattler; has the channels.
    rattler: Rattler
    # The buildpack's bundle.
    bundle: Bundle
    # The image's target, as the platform names it.
    target: str = ""
    # What the pip section's pins say about the Python, for the next build.
    evidence: Mapping[str, str] = field(default_factory=dict)

    def key(self) -> dict[str, str]:
        """Return the layer's key; its names appear in the log as the reason for a rebuild."""
        wanted = [
            (attempt.version, attempt.pins, *attempt.constraints) for attempt in self.attempts
        ]
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
        """Return the packages that are files in the source and have no hash."""
        urls = [
            package.url for package in environment.packages if not (package.md5 or package.sha256)
        ]
        urls += [spec.text.split()[0] for spec in environment.specs if "://" in spec.text]
        paths = [
            Path(unquote(url.partition("://")[2])) for url in urls if url.startswith("file://")
        ]
        return [path for path in paths if user_files.is_file(path)]


@dataclass(frozen=True, kw_only=True)
class CondaSolution:
    """The packages of conda's half, and the wrapper release and pin set they were solved for.

    ``because`` says why the wrapper's first pin set was not used.
    """

    packages: tuple[Package, ...]
    version: str
    pins: str
    because: str = ""

    @property
    def python(self) -> str:
        """The Python version, such as `3.12.1`."""
        return next((package.version for package in self.packages if package.name == _PYTHON), "")

    @property
    def minor(self) -> str:
        """The Python minor version, such as `3.12`."""
        return ".".join(self.python.split(".")[:2])

    @property
    def size(self) -> int:
        """The download size of the packages in bytes, as far as it is known."""
        return sum(package.size for package in self.packages)


def find_prefix(layer: Layer, inputs: Conda) -> Path:
    """Return the environment's prefix in the image.

    It is in a folder `envs`, because other programs derive the environment's name from that path.
    """
    return layer.path / "envs" / inputs.name


def read_solution(layer: Layer) -> CondaSolution:
    """Return the solution that is stored with a reused layer."""
    stored = layer.metadata()
    packages = tuple(
        Package(url=url, sha256=sha256, md5=md5)
        for url, sha256, md5 in json.loads(stored[_PACKAGES])
    )
    return CondaSolution(
        packages=packages, version=stored[_VERSION], pins=stored[_PINS], because=stored[_BECAUSE]
    )


def solve(inputs: Conda) -> CondaSolution:
    """Return the packages of the lock, or solve the environment.

    Raises:
        BuildError: The environment has no solution, or rattler fails.
    """
    environment = inputs.environment
    if environment.locked:
        return _of_lock(inputs)
    attempts = inputs.attempts or _by_conda(inputs)
    specs = [
        *(spec.text for spec in environment.specs),
        *([inputs.python] if inputs.python else []),
        *(["pip"] if inputs.pip else []),
    ]
    try:
        solved = inputs.rattler.solve(
            specs,
            [attempt.constraints for attempt in attempts],
            virtual_packages(inputs.rattler.channels.cuda),
        )
    except Unsolved as unsolved:
        raise _unsolvable(inputs, specs, unsolved) from unsolved
    except Failed as failed:
        raise conda.explain_failure(failed, inputs.rattler, environment) from failed
    taken = attempts[solved.attempt]
    return CondaSolution(
        packages=solved.packages,
        version=taken.version,
        pins=taken.pins,
        because=find_conflict_with_current(attempts, taken, solved.packages),
    )


def make(layer: Layer, inputs: Conda, wanted: CondaSolution, joined: Path) -> None:
    """Fill the layer; ``joined`` is the site-packages directory of pip's half.

    Raises:
        BuildError: A package cannot be installed.
    """
    layer.begin()
    install_packages(layer, inputs, wanted, joined)
    prefix = find_prefix(layer, inputs)
    site = site_packages(prefix, wanted.minor)
    brought = top_level_modules.brought(site, by_conda=True)
    solution = {
        _PACKAGES: json.dumps(
            [
                (digests.without_secrets(package.url), package.sha256, package.md5)
                for package in wanted.packages
            ]
        ),
        _VERSION: wanted.version,
        _PINS: wanted.pins,
        _BECAUSE: wanted.because,
        top_level_modules.METADATA: top_level_modules.as_text(brought),
        importable.METADATA: importable.as_text(importable.list_importable(site)),
        **inputs.evidence,
        **system_libraries.metadata(site, prefix / "bin/python", [prefix / "lib"]),
    }
    layer.finish(Types(launch=True), inputs.key() | solution)


def install_packages(layer: Layer, inputs: Conda, wanted: CondaSolution, joined: Path) -> None:
    """Install the packages at their path in the image.

    Raises:
        BuildError: A package cannot be installed.
    """
    target = find_prefix(layer, inputs)
    target.parent.mkdir(parents=True)
    try:
        inputs.rattler.install(wanted.packages, target)
    except Failed as failed:
        raise conda.explain_failure(failed, inputs.rattler, inputs.environment) from failed
    conda_prefix.settle(target, wanted.minor, joined, inputs.rattler.extracted)


def virtual_packages(cuda: str) -> list[tuple[str, str, str]]:
    """Return the virtual packages of the image (conda: Managing virtual packages).

    They describe the image, not the build host. The glibc version is that of the build image, which
    the stack's run image shares.
    """
    glibc = (os.confstr("CS_GNU_LIBC_VERSION") or "glibc 2.17").split()[-1]
    packages = [
        ("__unix", "0", "0"),
        ("__linux", _KERNEL, "0"),
        ("__glibc", glibc, "0"),
        ("__archspec", "1", "x86_64"),
    ]
    return [*packages, *([("__cuda", cuda, "0")] if cuda else [])]


def _by_conda(inputs: Conda) -> tuple[Attempt, ...]:
    """Return the single attempt for a wrapper that conda provides.

    Conda's package has its own constraints, so only a Python that the bundle has locks for is
    required.
    """
    return (Attempt("", "", (python_of(reversed(inputs.bundle.conda_pythons)),)),)


def _of_lock(inputs: Conda) -> CondaSolution:
    """Return the packages of the lock, with the first pin set that is compatible with them.

    If no pin set of the wrapper is, the first one is taken, with the fewest constraints.
    """
    packages = tuple(
        Package(
            url=inputs.rattler.channels.located(locked.url), sha256=locked.sha256, md5=locked.md5
        )
        for locked in inputs.environment.packages
    )
    attempts = inputs.attempts or _by_conda(inputs)
    taken = next(
        (attempt for attempt in attempts if not list_conflicts(attempt.constraints, packages)),
        [attempt for attempt in attempts if attempt.pins == attempts[0].pins][-1],
    )
    return CondaSolution(
        packages=packages,
        version=taken.version,
        pins=taken.pins,
        because=find_conflict_with_current(attempts, taken, packages),
    )


def _unsolvable(inputs: Conda, specs: list[str], unsolved: Unsolved) -> BuildError:
    """Return the error for an environment that has no solution.

    Solving again without the wrapper shows whether the wrapper is part of the conflict.
    """
    if unsolved.missing or not inputs.attempts:
        return conda.explain_unsolved(unsolved, inputs.environment, inputs.rattler.channels)
    try:
        inputs.rattler.solve(specs, [()], virtual_packages(inputs.rattler.channels.cuda))
    except Unsolved as alone:
        return conda.explain_unsolved(alone, inputs.environment, inputs.rattler.channels)
    except Failed as failed:
        return conda.explain_failure(failed, inputs.rattler, inputs.environment)
    return conda.explain_wrapper_conflict(unsolved, inputs.environment, inputs.attempts)
