"""What uv says of a failure, taken apart."""

import re
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.commands.uv import Outcome
from seldon_buildpack.package_sources.indexes import Index

_TAIL = 12


@dataclass(frozen=True)
class Attempt:
    """What was being installed, for the words of an error.

    ``local`` are the folders of the source ``app`` that are required, ``lock`` is the lock file, ``lacking`` what the wheel folders
    were found to lack.
    """

    index: Index
    python: str
    wrapper: str
    doing: str = "Installing your requirements"
    app: Path = Path("/workspace")
    local: tuple[Path, ...] = ()
    lock: str = ""
    lacking: str = ""


@dataclass(frozen=True)
class Words:
    """What uv said of its failure. ``chain``: the error and its causes, each on one line; ``build``: what a package's build printed."""

    lines: tuple[str, ...]
    chain: tuple[str, ...]
    hints: tuple[str, ...]
    build: tuple[str, ...]

    @property
    def said(self) -> str:
        """All but what a package's build printed."""
        return "\n".join((*self.chain, *self.hints))

    @property
    def tail(self) -> tuple[str, ...]:
        """What is worth reading of it where nothing better is known."""
        return self.lines[-_TAIL:]


def read(outcome: Outcome, app: Path) -> Words:
    """Take uv's output apart: `error:`, then `  cause:` lines, each with its own indented ones, then `hint:` lines."""
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
        if found := re.match(r"(error|  cause|hint): (.*)", line):
            blocks.append((found[1].strip(), [found[2]]))
        elif blocks:
            blocks[-1][1].append(line.removeprefix(" " * 9))
    build = next(
        (block for _, block in blocks if block[0].startswith("Call to `") and len(block) > 1), [""]
    )[1:]
    # What git and a build print is quoted below a line that is none of uv's sentences.
    chain = tuple(
        " ".join(block if "[std" not in "".join(block[1:2]) else block[:1])
        for kind, block in blocks
        if kind != "hint"
    )
    return Words(
        lines,
        chain,
        tuple(" ".join(block) for kind, block in blocks if kind == "hint"),
        tuple(build),
    )


def _without_paths(line: str, app: Path) -> str:
    """The line less the container's paths: what lies in the source is named from its top, uv's own folders not at all."""
    line = re.sub(rf"(?:file://)?{re.escape(str(app))}(?=$|[`'\s:)])", ".", line)
    line = re.sub(rf"(?:file://)?{re.escape(str(app))}/", "./", line)
    return re.sub(
        r"(?:file://)?/[^\s'\"]*/uv/(?:builds-v\d+/\.tmp\w+|sdists-v\d+/\S*?/src|git-v\d+/checkouts/\w+/\w+)/",
        "",
        line,
    )
