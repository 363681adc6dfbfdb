"""What a build reads of a wrapper that does not serve."""

from pathlib import Path

import pytest

from seldon_buildpack.wrapper import smoke_test

_CLIENT_WAITS = 'case "$1" in -c) exec sleep 20;; esac\n'
_CLIENT_FAILS = "case \"$1\" in -c) echo 'Traceback (most recent call last):' >&2; echo 'AssertionError: 3' >&2; exit 1;; esac\n"
_TRACEBACK = "Traceback (most recent call last):\nImportError: no flask\n"


def interpreter(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{text}")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (
            f"{_CLIENT_WAITS}echo 'usage: microservice name {{REST,GRPC}}'; exit 2\n",
            ["usage: microservice name {REST,GRPC}", "the wrapper ended with exit code 2"],
        ),
        (f"{_CLIENT_WAITS}exit 3\n", ["the wrapper ended with exit code 3"]),
        (
            f"{_CLIENT_WAITS}echo '{_TRACEBACK}' >&2; exit 1\n",
            ["ImportError: no flask"],
        ),
        (
            f"{_CLIENT_FAILS}echo started; exec sleep 20\n",
            ["AssertionError: 3"],
        ),
    ],
)
def test_failure_is_explained_by_its_last_lines(
    tmp_path: Path, text: str, lines: list[str]
) -> None:
    assert list(smoke_test.why_not_served(interpreter(tmp_path, text))) == lines
