#!/usr/bin/env python3
"""seldon-dev: serves the current directory, and restarts the service when a file changes.

    seldon-dev [ARGUMENTS OF seldon-core-microservice ...]

The image's process type ``dev``, for a source directory that is mounted over the one from the
build. The service is seldon-serve, as in ``web``. Each restart is a new process, so that none of
the old code is left. If the service ends by itself, for example because of an error in the code,
seldon-dev waits for the next save. watchfiles does the watching. It and its dependencies are in a
folder next to this program that only this process uses: the service and the model have the same
packages as in ``web``. A single file, with the syntax of Python 3.6.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from typing import Any, Callable, Iterable, Iterator, List, Optional, Sequence, Set, Tuple

# Files that only a build reads, relative to the source. Files that requirements.txt includes are
# usually named like it.
BUILD_FILES = re.compile(
    r"\.s2i(/.*)?|\.s2iignore|\.python-version|setup\.py|setup\.cfg|pyproject\.toml|MANIFEST\.in|environment\.ya?ml"
    r"|conda-lock\.yml|pixi\.lock|conda-linux-64\.lock|(explicit|spec-file|environment)\.txt|uv\.lock|pylock\.toml|(.*/)?(requirements|constraints)[^/]*\.txt"
)
# In addition to watchfiles' defaults: __pycache__, .git, swap files and the like.
NOISY_FILES = (r"^#.*#$", r"\.kate-swp$")
NOISY_FOLDERS = (".ipynb_checkpoints", ".ruff_cache")
# The value of watchfiles.Change.added, which is part of its interface.
ADDED = 1
MOST_NAMES = 4
# How often to check whether the service is still running.
LOOK_MILLISECONDS = 200
# How long the service may take to finish requests in flight: `docker stop`, too, should take no
# longer than 2 s.
GRACE_SECONDS = 1.0

Changes = Set[Tuple[int, str]]


class Service:
    """The service, in a process group of its own, whose processes are stopped together."""

    def __init__(self, command: Sequence[str]) -> None:
        self.command = command
        self.process: Optional["subprocess.Popen[bytes]"] = None

    def start(self) -> None:
        """Start the service."""
        self.process = subprocess.Popen(self.command, start_new_session=True)

    def ended(self) -> Optional[int]:
        """Return the exit code, once, if the service ended by itself.

        Processes that it left running are stopped.
        """
        code = self.process.poll() if self.process else None
        if code is not None:
            self.stop()
        return code

    def stop(self) -> None:
        """Stop the service: gracefully within the grace period, else at once."""
        if not self.process:
            return
        for number, seconds in ((signal.SIGTERM, GRACE_SECONDS), (signal.SIGKILL, None)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
        self.process = None


def sorted_out(root: str, changes: Iterable[Tuple[int, str]]) -> Tuple[List[str], List[str]]:
    """Return the changed files that need a restart, and those that only a build reads.

    The names are relative to ``root``.
    """
    changed = list(changes)
    # Editors first write a file under another name.
    gone = {path for kind, path in changed if kind == ADDED and not os.path.lexists(path)}
    names = sorted(
        {os.path.relpath(path, root) for _, path in changed}
        - {os.path.relpath(path, root) for path in gone}
    )
    return [name for name in names if not BUILD_FILES.fullmatch(name)], [
        name for name in names if BUILD_FILES.fullmatch(name)
    ]


def listed(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are."""
    more = " and {} more".format(len(names) - MOST_NAMES) if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more


def changes_in(
    root: str, ending: threading.Event, watch: Callable[..., Iterator[Changes]], keep: Any
) -> Iterator[Changes]:
    """Yield sets of changes below ``root`` until ``ending`` is set.

    Yields an empty set after each interval without a change.
    """
    options = {
        "watch_filter": keep,
        "stop_event": ending,
        "rust_timeout": LOOK_MILLISECONDS,
        "yield_on_timeout": True,
        "ignore_permission_denied": True,
    }
    try:
        yield from watch(root, **options)
    except (OSError, RuntimeError) as error:
        say(
            "This system does not report changes ({}), so the files are polled, which uses more CPU.".format(
                error
            )
        )
        yield from watch(root, force_polling=True, **options)


def serve(root: str, service: Service, batches: Iterable[Changes]) -> None:
    """Keep the service up to date with the changes, until there are no more batches."""
    for changes in batches:
        code = service.ended()
        if code is not None:
            how = "{} {}".format("exit code" if code >= 0 else "signal", abs(code))
            say("The service stopped with {} (see above). Save a file to restart it.".format(how))
        again, for_build = sorted_out(root, changes)
        if for_build:
            say("{} changed. Rebuild the image (pack build) to apply it.".format(listed(for_build)))
        if again:
            say("{} changed: restarting the service.".format(listed(again)))
            service.stop()
            service.start()


def say(line: str) -> None:
    """Print a line to standard error, where the service's log goes too."""
    print("seldon-dev: " + line, file=sys.stderr, flush=True)


def main() -> int:
    """Serve until signalled to end."""
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    root = os.getcwd()
    say(
        "Serving {}. Changes there restart the service. Stop it with Ctrl-C or docker stop.".format(
            root
        )
    )
    if not os.path.ismount(root):
        how = 'docker run --rm --entrypoint dev -v "$PWD:{}" -p 9000:9000 IMAGE'.format(root)
        say(
            "No directory is mounted there, so this is the source in the image. To serve yours: "
            + how
        )
    service = Service(["seldon-serve", *sys.argv[1:]])
    service.start()
    try:
        # The service starts meanwhile: it needs longer to get to the model's code than seldon-dev
        # needs to start watching it.
        sys.path.insert(
            0,
            os.path.join(
                os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "site-packages"
            ),
        )
        from watchfiles import DefaultFilter, watch

        keep = DefaultFilter(
            ignore_dirs=(*DefaultFilter.ignore_dirs, *NOISY_FOLDERS),
            ignore_entity_patterns=(*DefaultFilter.ignore_entity_patterns, *NOISY_FILES),
        )
        serve(root, service, changes_in(root, ending, watch, keep))
    finally:
        service.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
