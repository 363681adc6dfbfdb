"""Detect: is this a Python model for Seldon? One look at the source's top, one line where it is not."""

import os
import sys
from pathlib import Path

from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.log import Log
from seldon_buildpack.manifests.inputs import detect

PASS = 0
FAIL = 100


def main() -> int:
    """Exit code of bin/detect (spec: Phase #1: Detection): 0 takes the source, 100 leaves it to others."""
    platform = Platform.read(os.environ, Path.cwd())
    found = detect(platform.app, platform.env)
    if found.passes:
        return PASS
    Log(sys.stdout).line(f"seldon/python: {found.reason}")
    return FAIL
