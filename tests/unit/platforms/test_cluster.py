"""What brings up the cluster of tests/platforms: its processes, and who is told what where there can be none."""

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.platforms.cluster import given, platform, small_images
from tests.platforms.cluster.processes import Processes
from tools.core.steps import ToolError, Workspace

_WAITS = [sys.executable, "-c", "import time; print('begun', flush=True); time.sleep(60)"]


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    made = Processes(tmp_path / "processes")
    yield made
    made.stop()


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return Workspace(Path(__file__).parents[3], tmp_path / "work")


def test_what_was_started_is_ended_and_its_record_removed(processes: Processes) -> None:
    processes.start("one", _WAITS)
    processes.start("two", _WAITS)
    processes.stop("one")
    assert (processes.running("one"), processes.running("two")) == (False, True)
    processes.stop()
    assert not processes.running("two")
    assert not list(processes.folder.glob("*.json"))


def test_a_process_that_took_over_the_number_is_left_alone(processes: Processes) -> None:
    with subprocess.Popen(_WAITS, stdout=subprocess.DEVNULL) as stranger:
        processes.folder.mkdir()
        (processes.folder / "00-one.json").write_text(
            json.dumps({"name": "one", "pid": stranger.pid, "born": 1})
        )
        processes.stop()
        assert stranger.poll() is None
        stranger.kill()


def test_program_ending_at_start_is_shown_with_its_last_lines(
    processes: Processes,
) -> None:
    processes.start("one", [sys.executable, "-c", "print('no such flag')"])
    with pytest.raises(ToolError, match=r"one ended while it was starting.*\n.*no such flag"):
        processes.wait("one", lambda: False, 20)


def test_program_never_ready_is_waited_for_no_longer_than_said(
    processes: Processes,
) -> None:
    processes.start("one", _WAITS)
    with pytest.raises(ToolError, match="not ready within 0 s"):
        processes.wait("one", lambda: False, 0.2)


def test_who_may_not_bring_up_a_cluster_is_told_to_give_one(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ToolError, match=r"only on Debian as root(.|\n)*KUBECONFIG"):
        platform.up(ws)


def test_nothing_is_taken_down_where_nothing_is_up(ws: Workspace) -> None:
    assert platform.down(ws) is False


@pytest.mark.parametrize("missing", ["REGISTRY", "PLATFORM_HOST"])
def test_given_cluster_needs_a_registry_and_our_address(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    for name in ("KUBECONFIG", "REGISTRY", "PLATFORM_HOST"):
        monkeypatch.setenv(name, "something")
    monkeypatch.delenv(missing)
    with pytest.raises(ToolError, match=f"{missing} has to be set"), given.cluster(ws):
        pass


def test_small_image_has_programs_links_and_an_open_tmp(tmp_path: Path) -> None:
    program = tmp_path / "busybox"
    program.write_bytes(b"\x7fELF")
    small_images.write_layer(
        tmp_path / "layer.tar", {"bin/busybox": program}, {"bin/sh": "busybox"}
    )
    with tarfile.open(tmp_path / "layer.tar") as layer:
        assert layer.getmember("bin/busybox").mode == 0o755
        assert layer.getmember("bin/sh").linkname == "busybox"
        assert layer.getmember("tmp").mode == 0o1777
