"""Programs that outlive make: started, recorded, and ended again, these and no others."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.core.steps import ToolError

_STOP_SECONDS = 10.0
_LAST_LINES = 12


@dataclass(frozen=True)
class Processes:
    """The programs of one platform. ``folder`` has a record and a log of each."""

    folder: Path

    def start(
        self, name: str, words: Sequence[str | Path], env: Mapping[str, str] | None = None
    ) -> None:
        """Start a program in a session of its own, so that Ctrl-C at make does not reach it, and record it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        number = len(list(self.folder.glob("*.json")))
        with self._log(name).open("wb") as log:
            process = subprocess.Popen(
                [str(word) for word in words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
                env={**os.environ, **(env or {})},
            )
        record = {"name": name, "pid": process.pid, "born": _born(process.pid)}
        (self.folder / f"{number:02}-{name}.json").write_text(json.dumps(record))

    def wait(self, name: str, ready: Callable[[], bool], seconds: float) -> None:
        """Return when ``ready`` says so. Raises ToolError with the program's last lines when it ended or time is up."""
        end = time.monotonic() + seconds
        while not ready():
            if not self.running(name):
                raise ToolError(
                    f"{name} ended while it was starting. Its last lines:", self.tail(name)
                )
            if time.monotonic() > end:
                raise ToolError(
                    f"{name} was not ready within {seconds:.0f} s. Its last lines:", self.tail(name)
                )
            time.sleep(0.1)

    def running(self, name: str) -> bool:
        """Whether that very process still runs."""
        return any(found == name and _alive(pid, born) for found, pid, born in self._records())

    def stop(self, name: str | None = None) -> None:
        """End what was started (one of them where ``name`` is given), the last first; what does not end on SIGTERM is killed."""
        for found, pid, born in reversed(list(self._records())):
            if name in (None, found):
                _end(pid, born)
                for record in self.folder.glob(f"*-{found}.json"):
                    record.unlink()

    def tail(self, name: str) -> str:
        """The last lines of a program's log."""
        with contextlib.suppress(OSError):
            return "\n    ".join(
                self._log(name).read_text(errors="replace").splitlines()[-_LAST_LINES:]
            )
        return "(it wrote none)"

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def _records(self) -> Iterator[tuple[str, int, int]]:
        for path in sorted(self.folder.glob("*.json")):
            record = json.loads(path.read_text())
            yield str(record["name"]), int(record["pid"]), int(record["born"])


def descendants(pid: int) -> list[int]:
    """The processes below one, its children first."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            children.setdefault(int(_fields(stat)[1]), []).append(int(stat.parent.name))
    found = [pid]
    for parent in found:
        found += children.get(parent, [])
    return found[1:]


def with_argument(program: str, argument: str) -> list[int]:
    """The processes of a program that were given this argument."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_bytes().decode(errors="replace").split("\0")
            if Path(words[0]).name.startswith(program) and argument in words:
                found.append(int(path.parent.name))
    return found


def _end(pid: int, born: int) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not _alive(pid, born):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        end = time.monotonic() + _STOP_SECONDS
        while _alive(pid, born) and time.monotonic() < end:
            time.sleep(0.05)


def _alive(pid: int, born: int) -> bool:
    """A zombie has ended; a process of that number born at another time is a stranger."""
    try:
        fields = _fields(Path(f"/proc/{pid}/stat"))
    except OSError:
        return False
    return fields[0] != "Z" and int(fields[19]) == born


def _born(pid: int) -> int:
    try:
        return int(_fields(Path(f"/proc/{pid}/stat"))[19])
    except OSError:
        return -1


def _fields(stat: Path) -> list[str]:
    """proc(5)'s fields from the state on: the name before them may itself hold spaces and brackets."""
    return stat.read_text().rpartition(")")[2].split()
