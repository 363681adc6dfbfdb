"""Interface to uv, which streams its output, indented and masked.

The output is also returned, for the error message if uv fails.
"""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from seldon_buildpack.commands.environments import Program, choose_variables
from seldon_buildpack.log import Log
from seldon_buildpack.messages.warnings.packages import variables_withheld

_INSTALLS = ("pip", "install")
_BUILD_FAILED = "build backend returned an error"


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

    Only the variables that ``environments`` lists for it reach it, and the user's variables for
    package builds.
    """

    program: Path
    env: Mapping[str, str]
    cache: Path
    log: Log
    # The user's variables that package builds may read, and the names of those that they may not.
    for_builds: Mapping[str, str] = field(default_factory=dict, repr=False)
    withheld: tuple[str, ...] = ()

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
        # Only this command builds packages.
        for_builds = self.for_builds if tuple(arguments[:2]) == _INSTALLS else {}
        process = subprocess.Popen(
            [str(self.program), *arguments],
            cwd=cwd,
            env=choose_variables(Program.UV, {**self.env, **ours, **(env or {})}, for_builds),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        lines: list[str] = []
        silent = quiet
        with process:
            for line in process.stdout or ():
                lines.append(line.rstrip())
                quiet = quiet or lines[-1].startswith("error:")
                if not quiet and _worth_reading(lines[-1]):
                    self.log.tool(lines[-1])
        outcome = Outcome(process.returncode, tuple(lines))
        if outcome.code and self.withheld and not silent and _BUILD_FAILED in outcome.text:
            self.log.advise(variables_withheld(self.withheld))
        return outcome

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
