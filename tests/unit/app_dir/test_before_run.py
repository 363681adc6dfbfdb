from pathlib import Path

import pytest

from seldon_buildpack.app_dir import before_run
from seldon_buildpack.messages.errors.source_files import BeforeRunCarriageReturn
from seldon_buildpack.messages.warnings import source_files as source_files_warnings


def _written(app: Path, data: bytes, mode: int) -> Path:
    (app / "before-run").write_bytes(data)
    (app / "before-run").chmod(mode)
    return app


@pytest.mark.parametrize(
    "data",
    [
        b"#!/bin/sh\necho\n",
        b"#!/bin/sh",
        b"",
        b"echo hello\r\n",
        b"\x7fELF\r\n",
        b"#!/bin/sh\necho 1\r\n",
    ],
)
def test_an_executable_one_that_may_run_needs_no_word(tmp_path: Path, data: bytes) -> None:
    assert before_run.advice(_written(tmp_path, data, 0o755)) == ()


def test_none_and_a_directory_need_no_word(tmp_path: Path) -> None:
    assert before_run.advice(tmp_path) == ()
    (tmp_path / "before-run").mkdir()
    assert before_run.advice(tmp_path) == ()


@pytest.mark.parametrize("data", [b"#!/bin/sh\necho\n", b"#!/bin/sh\r\necho\r\n"])
def test_one_that_is_not_executable_is_told_not_to_run(tmp_path: Path, data: bytes) -> None:
    assert before_run.advice(_written(tmp_path, data, 0o644)) == (
        source_files_warnings.before_run_not_executable(),
    )


@pytest.mark.parametrize("line", ["#!/bin/sh", "#!/bin/sh -e", "#!/usr/bin/env python3"])
def test_a_first_line_that_ends_in_cr_lf_is_an_error(tmp_path: Path, line: str) -> None:
    with pytest.raises(BeforeRunCarriageReturn) as caught:
        before_run.advice(_written(tmp_path, f"{line}\r\necho\r\n".encode(), 0o755))
    assert f"Its first line is `{line}` and" in caught.value.cause
