"""A build's context, for tests of its reading phase."""

from pathlib import Path

from seldon_buildpack.bundle import Bundle
from seldon_buildpack.cnb.platform import Platform
from seldon_buildpack.context import BuildContext
from seldon_buildpack.log import Log


def make_context(platform: Platform, out: Log, scratch: Path) -> BuildContext:
    """Return a context whose bundle is empty, with Python 3.12 as the default."""
    bundle = Bundle(
        root=platform.app,
        buildpack_version="0",
        default_python="3.12",
        pythons={},
        wrappers={},
        watchers={},
        catalogue="",
    )
    return BuildContext(platform=platform, bundle=bundle, log=out, scratch=scratch)
