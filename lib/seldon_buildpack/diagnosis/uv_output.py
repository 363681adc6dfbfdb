"""Parser for what uv prints when it fails."""

import re
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.commands.uv import Outcome
from seldon_buildpack.manifests.requirements_types import Requirements
from seldon_buildpack.package_sources.indexes import Index

_TAIL = 12


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """An installation that is attempted, as described in its errors.

    ``local`` are the required folders in the source ``app``, ``lock`` is the lock file, and
    ``lacking`` is what the wheel folders were found to lack. ``importable`` are the modules that a
    build could import without isolation, unless it had none.
    """

    index: Index
    python: str
    wrapper: str
    doing: str = "Installing your requirements"
    app: Path = Path("/workspace")
    local: tuple[Path, ...] = ()
    lock: str = ""
    lacking: str = ""
    importable: frozenset[str] = frozenset()
    requirements: Requirements | None = None


@dataclass(frozen=True, kw_only=True)
class UvFailure:
    """The parsed output of a failed run of uv.

    ``causes`` is the error and its causes, each on one line. ``build_output`` is what the build of a
    package printed.
    """

    lines: tuple[str, ...]
    causes: tuple[str, ...]
    hints: tuple[str, ...]
    build_output: tuple[str, ...]

    @property
    def message(self) -> str:
        """Everything except the output of a build."""
        return "\n".join((*self.causes, *self.hints))

    @property
    def tail(self) -> tuple[str, ...]:
        """The last lines, to print if nothing better is known."""
        return self.lines[-_TAIL:]


def parse_uv_failure(outcome: Outcome, app: Path) -> UvFailure:
    """Parse uv's output.

    It has an `error:` line, then `  cause:` lines, each with indented lines of its own, then
    `hint:` lines.
    """
    start = next(
        (number for number, line in enumerate(outcome.lines) if line.startswith("error:")), 0
    )
    lines = tuple(
        _without_paths(line, app)
        for line in outcome.lines[start:]
        if line.strip() and not line.startswith("Using Python")
    )
    blocks: list[tuple[str, list[str]]] = []
    for line in lines:
        if match := re.match(r"(error|  cause|hint): (.*)", line):
            blocks.append((match[1].strip(), [match[2]]))
        elif blocks:
            blocks[-1][1].append(line.removeprefix(" " * 9))
    build = next(
        (block for _, block in blocks if block[0].startswith("Call to `") and len(block) > 1), [""]
    )[1:]
    # uv quotes the output of git and of builds below a line that is not a sentence of its own.
    causes = tuple(
        " ".join(block if "[std" not in "".join(block[1:2]) else block[:1])
        for kind, block in blocks
        if kind != "hint"
    )
    return UvFailure(
        lines=lines,
        causes=causes,
        hints=tuple(" ".join(block) for kind, block in blocks if kind == "hint"),
        build_output=tuple(build),
    )


def _without_paths(line: str, app: Path) -> str:
    """Return the line without paths in the container.

    Paths in the source become relative to its root, and uv's own folders are removed.
    """
    line = re.sub(rf"(?:file://)?{re.escape(str(app))}(?=$|[`'\s:)])", ".", line)
    line = re.sub(rf"(?:file://)?{re.escape(str(app))}/", "./", line)
    return re.sub(
        r"(?:file://)?/[^\s'\"]*/uv/(?:builds-v\d+/\.tmp\w+|sdists-v\d+/\S*?/src|git-v\d+/checkouts/\w+/\w+)/",
        "",
        line,
    )
