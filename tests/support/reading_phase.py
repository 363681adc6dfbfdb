"""Detect, and a build up to the keys of its layers, in this process: all that reads a source."""

import io
import shutil
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seldon_buildpack import detect, finish
from seldon_buildpack.build import read_project
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.context import BuildContext
from seldon_buildpack.log import Log
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.planning import plan
from tests.support.carried import carrying


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What came of a source."""

    # None if the build would go on to install packages.
    error: Exception | None
    # The log, with the error as a user sees it.
    log: str
    # Labels and launch variables, as text.
    metadata: str
    seconds: float

    @property
    def is_explained(self) -> bool:
        """Whether the build goes on, or ends with an error that is written for people."""
        return self.error is None or isinstance(self.error, BuildError)


def read_source(
    app: Path, env: Mapping[str, str] | None = None, bindings: Path | None = None
) -> Reading:
    """Read a source as a build does, and clean it as the end of a build does."""
    out = Log(io.StringIO())
    error: Exception | None = None
    metadata = ""
    began = time.process_time()
    scratch = Path(tempfile.mkdtemp())
    platform = Platform(
        app=app,
        buildpack=app,
        layers=scratch / "layers",
        env=env or {},
        base_env={},
        bindings=bindings or app / "none",
        target="linux",
    )
    bundle = carrying(Path(scratch, "bundle"))
    context = BuildContext(platform=platform, bundle=bundle, log=out, scratch=scratch)
    try:
        detect.detect(app, env or {})
        project = read_project(context)
        planned = plan(context, project)
        for installation in (
            getattr(planned, "installation", None),
            getattr(planned, "conda", None),
        ):
            if installation:
                metadata += repr(installation.key())
        finish.remove_secrets(context, project)
        metadata += repr((project.labels, project.settings.launch))
    except Exception as raised:
        error = raised
        for line in raised.lines() if isinstance(raised, BuildError) else ():
            out.line(line)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    assert isinstance(out.stream, io.StringIO)
    return Reading(
        error=error,
        log=out.stream.getvalue(),
        metadata=metadata,
        seconds=time.process_time() - began,
    )
