"""Types that describe what a conda file requires, for every kind of file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from seldon_buildpack.masking import Secret
from seldon_buildpack.messages.warnings.base import Advice

# The only supported platform, in conda's notation.
PLATFORM = "linux-64"

# The line that marks a text file as a list of explicit specs.
MARK = b"@EXPLICIT"

Kind = Literal["environment", "explicit", "conda-lock", "pixi"]


@dataclass(frozen=True)
class Spec:
    """A dependency as written in the file, with its line number.

    It is a match spec of conda, or a line of the pip section.
    """

    text: str = field(repr=False)
    line: int


@dataclass(frozen=True)
class Locked:
    """A package in a lock.

    Its URL may contain credentials. Its hashes are empty if the lock has none.
    """

    url: str = field(repr=False)
    md5: str = ""
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class CondaEnvironment:
    """An environment as described by a conda file."""

    path: Path
    kind: Kind
    # The name that the file gives the environment.
    name: str = ""
    # The channels as written, with variables expanded and without `nodefaults`.
    channels: tuple[str, ...] = field(default=(), repr=False)
    # Whether `nodefaults` is among the channels.
    nodefaults: bool = False
    # The specs to solve.
    specs: tuple[Spec, ...] = ()
    # The lines of the pip section, or the pinned pip packages of a lock with their hashes.
    pip: tuple[Spec, ...] = ()
    # The environment variables that the file sets.
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    # The prefix on the machine where the environment was exported.
    prefix: str = field(default="", repr=False)
    # The packages of a lock, which has no `specs`.
    packages: tuple[Locked, ...] = ()
    # The files that were read.
    files: tuple[Path, ...] = ()
    # The build variables that channels use: none of them belongs in the image.
    configuring: frozenset[str] = frozenset()
    # The credentials in the file.
    secrets: tuple[Secret, ...] = ()
    # Digest of everything the conda packages depend on, without credentials. The digest for the pip
    # packages is part of their Requirements.
    digest: str = ""
    # The version of `python` among the conda packages, in conda's notation: `=3.8`, `*` for any,
    # empty if the file does not name it.
    python: str = ""
    # The version of `seldon-core`, in the same notation.
    wrapper: str = ""
    advice: tuple[Advice, ...] = ()

    def summary(self) -> str:
        """Return a summary of what is installed, for the log."""
        conda, pip = len(self.packages) or len(self.specs), len(self.pip)
        kind = "locked conda package" if self.locked else "conda package"
        both = f"{conda} {kind}{'' if conda == 1 else 's'}"
        return f"{both}, {pip} pip requirement{'' if pip == 1 else 's'}" if pip else both

    @property
    def locked(self) -> bool:
        """Whether the file lists the exact packages, so that nothing is solved."""
        return self.kind != "environment"
