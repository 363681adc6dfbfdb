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


@dataclass(frozen=True)
class CondaEnvironment:
    """An environment as a file of conda's describes it.

    ``channels`` are as written, with variables filled in, less `nodefaults`; ``specs`` what is to be solved, ``packages`` what a lock
    names instead. ``pip`` are the lines of the section `pip:`, or a lock's pinned pip packages with their hashes. ``python`` and
    ``wrapper`` are the versions of python and of seldon-core among conda's packages, as conda writes one: `=3.8`, `*` where any will do,
    empty where the package is not named. ``prefix`` is where it lay on the machine that exported it. ``files`` are those that were read.
    ``configuring`` are the variables of the build that channels use: none of them belongs into the image.
    ``digest`` is over what conda's half is made from, less credentials; that of pip's half is with its Requirements.
    """

    path: Path
    kind: Kind
    name: str = ""
    channels: tuple[str, ...] = field(default=(), repr=False)
    nodefaults: bool = False
    specs: tuple[Spec, ...] = ()
    pip: tuple[Spec, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    prefix: str = field(default="", repr=False)
    packages: tuple[Locked, ...] = ()
    files: tuple[Path, ...] = ()
    configuring: frozenset[str] = frozenset()
    secrets: tuple[Secret, ...] = ()
    digest: str = ""
    python: str = ""
    wrapper: str = ""
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
