"""Interface to uv, which streams its output, indented and masked.

The output is also returned, for the error message if uv fails.
"""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack.log import Log


@dataclass(frozen=True)
class Outcome:
    """The exit code of a tool, and every line it printed."""

    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The whole output."""
        return "\n".join(self.lines)


@dataclass(frozen=True, kw_only=True)
class Uv:
    """The bundled uv with the environment of this build.

    Only the parts of the user's environment that are in ``env`` reach it.
    """

    program: Path
    env: Mapping[str, str]
    cache: Path
    log: Log

    def run(
        self,
        arguments: Sequence[str],
        cwd: Path,
        env: Mapping[str, str] | None = None,
        quiet: bool = False,
    ) -> Outcome:
        """Run ``uv ARGUMENTS`` in ``cwd``.

        ``quiet`` keeps the output out of the log. Lines from uv's error message on are never
        logged, because the error that the user sees reports the failure.
        """
        ours = {
            "UV_CACHE_DIR": str(self.cache),
            "UV_SYSTEM_CERTS": "1",
            "UV_NO_PROGRESS": "1",
            "UV_NO_CONFIG": "1",
            "UV_LINK_MODE": "hardlink",
            "UV_PYTHON_DOWNLOADS": "manual",
            "NO_COLOR": "1",
            "GIT_TERMINAL_PROMPT": "0",
        }
        process = subprocess.Popen(
            [str(self.program), *arguments],
            cwd=cwd,
            env={**self.env, **ours, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        lines: list[str] = []
        with process:
            for line in process.stdout or ():
                lines.append(line.rstrip())
                quiet = quiet or lines[-1].startswith("error:")
                if not quiet and _worth_reading(lines[-1]):
                    self.log.tool(lines[-1])
        return Outcome(process.returncode, tuple(lines))

    def attempt(
        self, arguments: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None
    ) -> Outcome:
        """Run ``uv ARGUMENTS`` where it may fail, and log the output only if it succeeds."""
        outcome = self.run(arguments, cwd, env, quiet=True)
        for line in filter(_worth_reading, () if outcome.code else outcome.lines):
            self.log.tool(line)
        return outcome


def _worth_reading(line: str) -> bool:
    # uv warns about pip's options in a requirements file. The supported ones are passed to uv by
    # other means than the file.
    told_otherwise = line.startswith("warning: Ignoring unsupported option")
    return (
        bool(line.strip())
        and not told_otherwise
        and not line.startswith(
            ("Using Python", "Downloading ", " Downloaded ", "Downloaded ", "Checked ", "Audited ")
        )
    )
