"""What a file of conda's asks for, whichever kind of file it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from seldon_buildpack.masking import Secret
from seldon_buildpack.messages.warnings import Advice

# The only platform that is built for, as conda calls it.
PLATFORM = "linux-64"

# The line that makes any text a file of explicit specs.
MARK = b"@EXPLICIT"

Kind = Literal["environment", "explicit", "conda-lock", "pixi"]


@dataclass(frozen=True)
class Spec:
    """A dependency as the file has it, a match spec of conda's or a line for pip, and the number of its line."""

    text: str = field(repr=False)
    line: int


@dataclass(frozen=True)
class Locked:
    """A package that a lock names: its URL, which may carry credentials, and its hashes, empty where the lock has none."""

    url: str = field(repr=False)
    md5: str = ""
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class CondaEnvironment:
    """An environment as a file of conda's describes it."""

    # The file.
    path: Path
    # Its form.
    kind: Kind
    # The environment's name in it.
    name: str = ""
    # The channels as they are written, with variables filled in, less `nodefaults`.
    channels: tuple[str, ...] = field(default=(), repr=False)
    # Whether `nodefaults` is among them.
    nodefaults: bool = False
    # What is to be solved.
    specs: tuple[Spec, ...] = ()
    # The lines of the section `pip:`, or a lock's pinned pip packages with their hashes.
    pip: tuple[Spec, ...] = ()
    # The environment variables that it sets.
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    # Where it lay on the machine that exported it.
    prefix: str = field(default="", repr=False)
    # What a lock names in the place of `specs`.
    packages: tuple[Locked, ...] = ()
    # The files that were read.
    files: tuple[Path, ...] = ()
    # The variables of the build that channels use: none of them belongs into the image.
    configuring: frozenset[str] = frozenset()
    # The credentials in it.
    secrets: tuple[Secret, ...] = ()
    # Over what conda's half is made from, less credentials; that of pip's half is with its Requirements.
    digest: str = ""
    # The versions of python among conda's packages, as conda writes one: `=3.8`, `*` for any; empty where it is not named.
    python: str = ""
    # The same of seldon-core.
    wrapper: str = ""
    # Advice for the user.
    advice: tuple[Advice, ...] = ()

    def summary(self) -> str:
        """What of it is installed, for the log."""
        conda, pip = len(self.packages) or len(self.specs), len(self.pip)
        what = "locked package" if self.locked else "package"
        both = f"{conda} {what}{'' if conda == 1 else 's'} of conda's"
        return f"{both}, {pip} line{'' if pip == 1 else 's'} for pip" if pip else both

    @property
    def locked(self) -> bool:
        """Whether the file says which packages, so that nothing is solved."""
        return self.kind != "environment"
