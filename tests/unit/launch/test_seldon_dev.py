"""What seldon-dev decides: which changes start the service again, and how the service ends. Real changes are for the image tests."""

import ast
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seldon_buildpack.launch import seldon_dev
from seldon_buildpack.launch.seldon_dev import (
    Changes,
    Service,
    changes_in,
    listed,
    serve,
    sorted_out,
)

ADDED, MODIFIED, DELETED = 1, 2, 3
ROOT = "/nonexistent-workspace"


def modified(*names: str) -> Changes:
    return {(MODIFIED, f"{ROOT}/{name}") for name in names}


class Stand(Service):
    """In the place of a Service: what it was told, in order."""

    def __init__(self, *codes: int | None) -> None:
        super().__init__(())
        self.codes, self.told = list(codes), list[str]()

    def ended(self) -> int | None:
        return self.codes.pop(0) if self.codes else None

    def start(self) -> None:
        self.told.append("start")

    def stop(self) -> None:
        self.told.append("stop")


@pytest.mark.parametrize(
    "name",
    [
        *(
            "requirements.txt",
            "requirements-base.txt",
            "more/requirements.txt",
            "constraints.txt",
            "setup.py",
            "setup.cfg",
            "pyproject.toml",
        ),
        *(
            "environment.yml",
            "environment.yaml",
            ".s2i",
            ".s2i/environment",
            ".s2i/image_metadata.json",
            ".s2iignore",
            ".python-version",
        ),
        *("uv.lock", "pylock.toml", "MANIFEST.in"),
    ],
)
def test_what_only_a_build_reads_starts_nothing_again(name: str) -> None:
    assert sorted_out(ROOT, modified(name)) == ([], [name])


@pytest.mark.parametrize(
    "name",
    [
        "MyModel.py",
        "package/setup.py",
        "model.joblib",
        "before-run",
        "data/notes.txt",
        "more/.s2i/environment",
    ],
)
def test_what_the_service_reads_starts_it_again(name: str) -> None:
    assert sorted_out(ROOT, modified(name)) == ([name], [])


def test_editor_temporary_files_are_not_named(tmp_path: Path) -> None:
    (tmp_path / "MyModel.py").write_text("")
    root = str(tmp_path)
    changes = {
        *((ADDED, f"{root}/4913"), (DELETED, f"{root}/4913"), (ADDED, f"{root}/.tmp.1")),
        *((ADDED, f"{root}/MyModel.py"), (DELETED, f"{root}/gone.py")),
    }
    assert sorted_out(root, changes) == (["MyModel.py", "gone.py"], [])


def test_of_many_names_the_first_few_are_said() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed(["a", "b", "c", "d", "e", "f"]) == "a, b, c, d and 2 more"


def test_changes_in_one_batch_restart_the_service_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    service = Stand()
    serve(
        ROOT,
        service,
        [set(), modified("b.py", "a.py", "setup.py"), set(), modified("requirements.txt")],
    )
    assert service.told == ["stop", "start"]
    assert capsys.readouterr().err.splitlines() == [
        "seldon-dev: setup.py changed. Rebuild the image (pack build) to apply it.",
        "seldon-dev: a.py, b.py changed: restarting the service.",
        "seldon-dev: requirements.txt changed. Rebuild the image (pack build) to apply it.",
    ]


@pytest.mark.parametrize(
    ("code", "how"), [(0, "exit code 0"), (1, "exit code 1"), (-9, "signal 9")]
)
def test_ended_service_is_reported_and_restarted_on_change(
    code: int, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    service = Stand(None, code, None)
    serve(ROOT, service, [set(), set(), set(), modified("a.py")])
    assert service.told == ["stop", "start"]
    assert capsys.readouterr().err.splitlines() == [
        f"seldon-dev: The service stopped with {how} (see above). Save a file to restart it.",
        "seldon-dev: a.py changed: restarting the service.",
    ]


def test_where_changes_are_not_told_the_files_are_looked_at(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[bool | None] = []

    def watch(_: str, force_polling: bool | None = None, **_more: Any) -> Iterator[Changes]:
        asked.append(force_polling)
        if not force_polling:
            raise OSError("OS file watch limit reached")
        yield modified("a.py")

    assert list(changes_in(ROOT, threading.Event(), watch, None)) == [modified("a.py")]
    assert asked == [None, True]
    assert "OS file watch limit reached" in capsys.readouterr().err


_STUBBORN = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork():
    time.sleep(float(sys.argv[1]))
    sys.exit(3)
print(os.getpid(), flush=True)
time.sleep(60)
"""


def stubborn(tmp_path: Path, seconds: float) -> tuple[Service, int]:
    """A service that ignores SIGTERM and ends after so long, and the process that it would leave behind."""
    out = tmp_path / "child"
    script = tmp_path / "stubborn.py"
    script.write_text(_STUBBORN)
    service = Service(["/bin/sh", "-c", f"exec {sys.executable} {script} {seconds} > {out}"])
    service.start()
    end = time.monotonic() + 10
    while not (out.exists() and out.read_text().endswith("\n")) and time.monotonic() < end:
        time.sleep(0.01)
    return service, int(out.read_text())


def gone(pid: int) -> bool:
    """Whether a process has ended; a zombie has."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    return False


def test_stuck_service_is_killed_with_all_its_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seldon_dev, "GRACE_SECONDS", 0.1)
    service, child = stubborn(tmp_path, 60)
    begin = time.monotonic()
    service.stop()
    assert time.monotonic() - begin < 2
    assert gone(child)
    assert service.ended() is None


def test_what_a_service_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    service, child = stubborn(tmp_path, 0)
    end = time.monotonic() + 5
    while (code := service.ended()) is None and time.monotonic() < end:
        time.sleep(0.01)
    assert code == 3
    assert gone(child)
    assert service.ended() is None


def test_seldon_dev_imports_only_watchfiles_in_python_3_6_syntax() -> None:
    tree = ast.parse(Path(seldon_dev.__file__).read_text(), feature_version=(3, 6))
    imports = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    imports |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in imports} - sys.stdlib_module_names == {"watchfiles"}
    assert not imports & {"__future__", "dataclasses"}
