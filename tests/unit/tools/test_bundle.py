"""What the buildpack carries: the same wherever it is made, runs wherever it is put, and takes only what the locks name."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tools.core import trees
from tools.core.steps import Workspace
from tools.release import interpreters, locks, relocate, wrapper

LOCK = """\
opentracing==2.4.0 \\
    --hash=sha256:aa
six==1.17.0 \\
    --hash=sha256:bb \\
    --hash=sha256:cc
typing-extensions==4.16.0 ; python_version < "3.11" \\
    --hash=sha256:dd
"""


def tree(root: Path, age: int) -> Path:
    (root / "bin").mkdir(parents=True)
    (root / "lib/package/tests").mkdir(parents=True)
    (root / "bin/program").write_text("#!/bin/sh\n")
    (root / "bin/program").chmod(0o700)
    (root / "bin/other").symlink_to("program")
    (root / "lib/package/__init__.py").write_text(
        'NAMES = {"a", "b", "c", "d", "e"}\ndef known(name): return name in {"f", "g", "h", "i"}\n'
    )
    (root / "lib/package/tests/__init__.py").write_text("")
    (root / "lib/package/template.py").write_text("{% if name %}\n")
    for path in root.rglob("*"):
        os.utime(path, (age, age), follow_symlinks=False)
    return root


def test_tree_digest_and_archive_ignore_time_and_place(
    tmp_path: Path,
) -> None:
    made = [tree(tmp_path / "a", 1_000_000_000), tree(tmp_path / "deeper/b", 1_700_000_000)]
    for root in made:
        trees.compile_tree(Path(sys.executable), root)
        trees.make_world_readable(root)
        trees.write_archive(root, "python", root.parent / f"{root.name}.tar.gz")
    assert trees.digest_tree(made[0]) == trees.digest_tree(made[1])
    assert (tmp_path / "a.tar.gz").read_bytes() == (tmp_path / "deeper/b.tar.gz").read_bytes()


def test_tree_digest_covers_content_mode_name_and_link(tmp_path: Path) -> None:
    def changed(name: str) -> str:
        root = tree(tmp_path / name, 1_000_000_000)
        if name == "content":
            (root / "lib/package/__init__.py").write_text("NAMES = set()\n")
        elif name == "mode":
            (root / "bin/program").chmod(0o600)
        elif name == "name":
            (root / "bin/program").rename(root / "bin/renamed")
        elif name == "link":
            (root / "bin/other").unlink()
            (root / "bin/other").symlink_to("elsewhere")
        elif name == "bytecode":
            trees.compile_tree(Path(sys.executable), root)
        return trees.digest_tree(root)

    digests = [
        changed(name) for name in ("untouched", "content", "mode", "name", "link", "bytecode")
    ]
    assert len(set(digests)) == len(digests)


def test_bytecode_is_unchecked_and_only_for_importable_code(
    tmp_path: Path,
) -> None:
    root = tree(tmp_path / "tree", 1_000_000_000)
    trees.compile_tree(Path(sys.executable), root / "lib", ("tests",))
    source = root / "lib/package/__init__.py"
    source.write_text("raise SystemExit('the source was read')\n")
    os.utime(source, (315532801, 315532801))
    subprocess.run(
        [sys.executable, "-c", "import package; assert package.known('f')"],
        cwd=root / "lib",
        check=True,
    )
    assert not list(root.glob("lib/package/tests/__pycache__"))
    assert [path.name.split(".")[0] for path in root.rglob("*.pyc")] == ["__init__"]


def test_everybody_can_read_a_tree_and_run_its_programs(tmp_path: Path) -> None:
    root = tree(tmp_path / "tree", 1_000_000_000)
    (root / "lib").chmod(0o700)
    (root / "lib/package/__init__.py").chmod(0o600)
    trees.make_world_readable(root)
    modes = {str(path.relative_to(root)): path.stat().st_mode & 0o777 for path in root.rglob("*")}
    assert (modes["bin/program"], modes["lib"], modes["lib/package/__init__.py"]) == (
        0o755,
        0o755,
        0o644,
    )


def test_lock_is_cut_into_requirements_with_markers_and_hashes() -> None:
    entries = locks.parse_entries(LOCK)
    assert list(entries) == ["opentracing", "six", "typing-extensions"]
    assert "".join(entries.values()) == LOCK


def test_wheel_built_here_is_accepted_beside_its_locked_source(
    tmp_path: Path,
) -> None:
    (tmp_path / "opentracing-2.4.0-py3-none-any.whl").write_bytes(b"wheel")
    entry = locks.parse_entries(wrapper.pin_built_wheels(LOCK, tmp_path))["opentracing"]
    assert entry.splitlines()[1:] == [
        "    --hash=sha256:aa \\",
        f"    --hash=sha256:{hashlib.sha256(b'wheel').hexdigest()}",
    ]
    (tmp_path / "opentracing-2.4.0-py3-none-any.whl").rename(
        tmp_path / "opentracing-2.3.0-py3-none-any.whl"
    )
    assert wrapper.pin_built_wheels(LOCK, tmp_path) == LOCK


def test_supported_pythons_have_locks_with_one_built_release() -> None:
    ws = Workspace.from_environment()
    named = {(pins, minor) for pins, minors in locks.list_pin_sets(ws).items() for minor in minors}
    assert {minor for _, minor in named} >= set(ws.versions["python"]["supported"])
    found = {
        one: locks.parse_entries(locks.wrapper_lock_path(ws, *one).read_text()) for one in named
    }
    for name in wrapper.BUILT_HERE:
        # The current set's flask-opentracing is a release with a wheel.
        once = [
            lock
            for (pins, _), lock in found.items()
            if (pins, name) != ("current", "flask-opentracing")
        ]
        assert len({lock[name].split()[0] for lock in once}) == 1
    for lock in found.values():
        assert lock["seldon-core"].startswith(
            f"seldon-core=={ws.versions['wrapper']['seldon_core']} "
        )
        assert all("--hash=sha256:" in entry for entry in lock.values())


@pytest.mark.parametrize(
    "minor", [*Workspace.from_environment().versions["python"]["supported"], "3.13"]
)
def test_every_python_has_a_locked_watcher(minor: str) -> None:
    lock = (Workspace.from_environment().checkout / "tools/watcher.txt").read_text()
    pins = [Requirement(line.rstrip("\\ ")) for line in lock.splitlines() if "==" in line]
    python = {"python_version": minor, "python_full_version": f"{minor}.1"}
    taken = [pin.name for pin in pins if pin.marker is None or pin.marker.evaluate(python)]
    assert len(taken) == len(set(taken))
    assert {"watchfiles", "anyio"} <= set(taken)


def test_catalogue_names_archives_with_version_address_and_hash(tmp_path: Path) -> None:
    ws = Workspace(tmp_path, tmp_path)
    (tmp_path / "catalogue").mkdir()
    (tmp_path / "catalogue/cpython-3.9.18-linux-x86_64-gnu.tar.gz").write_bytes(b"archive")
    listed = json.loads(interpreters.catalogue_for(ws, "http://127.0.0.1:8000/"))
    entry = listed["cpython-3.9.18-linux-x86_64-gnu"]
    assert (entry["major"], entry["minor"], entry["patch"]) == (3, 9, 18)
    assert entry["url"] == "http://127.0.0.1:8000/cpython-3.9.18-linux-x86_64-gnu.tar.gz"
    assert entry["sha256"] == hashlib.sha256(b"archive").hexdigest()


def test_named_prefix_beats_a_newer_python_if_it_has_headers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for prefix, version in (
        (tmp_path / "named", "3.11.1"),
        (tmp_path / "pyenv/versions/3.11.9", "3.11.9"),
    ):
        for name in ("bin", "lib/python3.11", "include/python3.11"):
            (prefix / name).mkdir(parents=True)
        (prefix / "bin/python3.11").write_text(f"#!/bin/sh\necho CPython {version}\n")
        (prefix / "bin/python3.11").chmod(0o755)
        (prefix / "lib/python3.11/os.py").touch()
        (prefix / "include/python3.11/Python.h").touch()
    monkeypatch.setenv("SELDON_BUILDPACK_PYTHONS_FROM", str(tmp_path / "named"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("PATH", "/bin")
    assert interpreters.find_installed("3.11") == interpreters.InstalledPython(
        "3.11.1", tmp_path / "named"
    )
    (tmp_path / "named/include/python3.11/Python.h").unlink()
    assert interpreters.find_installed("3.11") == interpreters.InstalledPython(
        "3.11.9", tmp_path / "pyenv/versions/3.11.9"
    )


def test_build_flags_lose_the_prefix_and_paths_follow_the_tree(
    tmp_path: Path,
) -> None:
    library = tmp_path / "made/lib/python3.12"
    library.mkdir(parents=True)
    (library / "_sysconfigdata__linux_x86_64-linux-gnu.py").write_text(
        "build_time_vars = {'INCLUDEPY': '/home/me/3.12.1/include/python3.12',\n"
        " 'LDSHARED': 'gcc -shared -L/home/me/3.12.1/lib '\n"
        "             '-Wl,-rpath,/home/me/3.12.1/lib -O2',\n 'SIZEOF_LONG': 8}\n"
    )
    relocate.neutralize_sysconfig(tmp_path / "made", "3.12", "/home/me/3.12.1")
    moved = tmp_path / "moved"
    (tmp_path / "made").rename(moved)
    program = "import importlib; print(importlib.import_module('_sysconfigdata__linux_x86_64-linux-gnu').build_time_vars)"
    shown = subprocess.run(
        [sys.executable, "-c", program],
        cwd=moved / "lib/python3.12",
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert shown.strip() == str(
        {
            "INCLUDEPY": f"{moved}/include/python3.12",
            "LDSHARED": "gcc -shared -O2",
            "SIZEOF_LONG": 8,
        }
    )


def test_a_files_line_leaves_the_record_and_no_other(tmp_path: Path) -> None:
    record = tmp_path / "RECORD"
    record.write_text(
        "seldon_core/tests.py,,\ntests/__init__.py,sha256=x,1\ntests_of_mine/a.py,,\n"
    )
    wrapper.drop_records(record, "tests/")
    assert record.read_text() == "seldon_core/tests.py,,\ntests_of_mine/a.py,,\n"
