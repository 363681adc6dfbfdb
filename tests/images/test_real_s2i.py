"""`.s2i/environment` as the real s2i reads it: the table that our reading is held to in tests/unit/settings/test_s2i_environment.py."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.environment_files import LOST_BY_S2I, REFUSED, SAME, WARNED, Pairs

# Nobody answers there: s2i asks for the builder image's labels, and goes on without them.
_BUILDER = "127.0.0.1:1/builder"
_ENV = re.compile(r'(?:ENV |    )(.*?)="((?:[^"\\]|\\.)*)"(?: \\)?', re.DOTALL)


@pytest.fixture
def read(s2i: Path, tmp_path: Path) -> Callable[[bytes], Pairs]:
    """What s2i sets in its image: the ENV of the Dockerfile that it writes instead of building, in which the last of a name wins."""

    def by_s2i(data: bytes) -> Pairs:
        source, target = tmp_path / "source", tmp_path / "target/Dockerfile"
        (source / ".s2i").mkdir(parents=True)
        (source / ".s2i/environment").write_bytes(data)
        target.parent.mkdir()
        words = [s2i, "build", source, _BUILDER, "--as-dockerfile", target]
        env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
        subprocess.run(words, check=True, capture_output=True, timeout=60, env=env)
        found: dict[str, str] = {}
        for line in _environment(target.read_bytes().decode()):
            match = _ENV.fullmatch(line)
            assert match, line
            found.pop(match[1], None)
            found[match[1]] = re.sub(r"\\(.)", r"\1", match[2])
        return tuple(found.items())

    return by_s2i


def _environment(dockerfile: str) -> list[str]:
    """The lines of the ENV instruction; none where there is none."""
    lines = dockerfile.split("\n")
    start = next(
        (number for number, line in enumerate(lines) if line.startswith("ENV ")), len(lines)
    )
    end = next(
        (number for number in range(start, len(lines)) if not lines[number].endswith(" \\")),
        len(lines),
    )
    return lines[start : end + 1]


@pytest.mark.parametrize(
    ("data", "pairs"),
    [
        *SAME,
        *((file.data, file.s2i) for file in WARNED),
        *((data, theirs) for data, _, theirs in LOST_BY_S2I),
        *REFUSED,
    ],
)
def test_s2i_reads_what_the_table_says(
    data: bytes, pairs: Pairs, read: Callable[[bytes], Pairs]
) -> None:
    assert read(data) == pairs
