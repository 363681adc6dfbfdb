"""The requirements as files for uv, and for pip where uv cannot be used.

The files have one requirement a line, with variables expanded and absolute paths. Options that uv
reads on its command line only are returned as arguments.
"""

from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.manifests.requirement_parts import Requirement
from seldon_buildpack.manifests.requirements_types import Requirements

REQUIREMENTS, CONSTRAINTS = "requirements-for-uv.txt", "constraints-for-uv.txt"


@dataclass(frozen=True)
class Export:
    """The files that were written.

    ``requirements`` and ``constraints`` are None if they would be empty. ``settings`` are uv's
    arguments for the build backends of single packages.
    """

    requirements: Path | None
    constraints: Path | None
    settings: tuple[str, ...] = ()

    @property
    def pip_arguments(self) -> tuple[str, ...]:
        """The arguments for pip 21, the last for Python 3.6, which passes no settings on."""
        return (
            *(("-r", str(self.requirements)) if self.requirements else ()),
            *(("-c", str(self.constraints)) if self.constraints else ()),
        )

    @property
    def arguments(self) -> tuple[str, ...]:
        """The arguments for uv that install the requirements."""
        return (*self.pip_arguments, *self.settings)


def export(requirements: Requirements, scratch: Path) -> Export:
    """Write the requirements to files in ``scratch``."""
    wanted = [line for line in requirements.lines if not line.constraint]
    limits = [line for line in requirements.lines if line.constraint]
    remote = [f"-c {url}" if only else f"-r {url}" for url, only in requirements.remote]
    return Export(
        _write(scratch / REQUIREMENTS, wanted, remote) if wanted or remote else None,
        _write(scratch / CONSTRAINTS, limits, []) if limits else None,
        tuple(
            word
            for line in wanted
            for setting in (line.settings if line.name else ())
            for word in ("--config-settings-package", f"{line.name}:{setting}")
        ),
    )


def export_constraints(constraints: Requirements, scratch: Path) -> Path:
    """Write constraints to a file in ``scratch``, and return its path."""
    remote = [f"-c {url}" for url, _ in constraints.remote]
    return _write(scratch / CONSTRAINTS, list(constraints.lines), remote)


def spell(line: Requirement) -> str:
    """Return a requirement as one line for uv and pip."""
    marker = f" ; {line.marker}" if line.marker else ""
    hashes = "".join(f" --hash={value}" for value in line.hashes)
    if not line.url:
        return f"{line.name}{line.extras}{line.specifier}{marker}{hashes}"
    # uv and pip expand what looks like a variable.
    url = _without_login(line).replace("${", "$%7B")
    if line.editable and not line.program:
        return f"-e {url}{line.extras}{marker}"
    name = f"{line.name}{line.extras} @ " if line.name else ""
    extras = "" if line.name else line.extras
    return f"{name}{url}{extras}{marker}{hashes}"


def _without_login(line: Requirement) -> str:
    """Return the URL; that of a git server without a login, which git gets in another way."""
    if not line.url.startswith(("git+http://", "git+https://")):
        return line.url
    scheme, _, rest = line.url.partition("://")
    server, slash, path = rest.partition("/")
    return f"{scheme}://{server.rpartition('@')[2]}{slash}{path}"


def find_line(requirements: Requirements, file: str, *, position: int, number: int) -> Requirement:
    """Return the requirement at a place in an exported file.

    The place is a byte, or the number of a line if that is not 0.

    Raises:
        LookupError: There is no such line.
    """
    constraint = file == CONSTRAINTS
    lines = [line for line in requirements.lines if line.constraint is constraint]
    if number:
        return lines[number - 1]
    end = 0
    for line in lines:
        end += len(f"{spell(line)}\n".encode(errors="surrogateescape"))
        if position < end:
            return line
    raise LookupError(position)


def _write(path: Path, lines: list[Requirement], remote: list[str]) -> Path:
    text = "".join(f"{line}\n" for line in (*map(spell, lines), *remote))
    path.write_text(text, encoding="utf-8", errors="surrogateescape")
    return path
