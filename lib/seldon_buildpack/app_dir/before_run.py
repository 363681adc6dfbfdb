"""The ``before-run`` script, which runs before the model at each start if executable.

Seldon's s2i run script runs it in the same way.
"""

import stat
from pathlib import Path

from seldon_buildpack.messages.errors.source_files import BeforeRunCarriageReturn
from seldon_buildpack.messages.warnings import source_files as source_files_warnings
from seldon_buildpack.messages.warnings.base import Advice

FILE = "before-run"

# The kernel reads this much of a first line (linux/binfmts.h, BINPRM_BUF_SIZE).
_FIRST_LINE = 256


def advice(app: Path) -> tuple[Advice, ...]:
    """Return advice if there is a ``before-run`` that will not run.

    Raises:
        BeforeRunCarriageReturn: The script cannot start because of a carriage return.
    """
    try:
        status = (app / FILE).stat()
        if not stat.S_ISREG(status.st_mode):
            return ()
        with (app / FILE).open("rb") as file:
            start = file.read(_FIRST_LINE)
    except OSError:
        return ()
    if not status.st_mode & 0o111:
        return (source_files_warnings.before_run_not_executable(),)
    first, end, _ = start.partition(b"\n")
    if end and first.startswith(b"#!") and first.endswith(b"\r"):
        raise BeforeRunCarriageReturn(first.decode(errors="replace").rstrip("\r"))
    return ()
