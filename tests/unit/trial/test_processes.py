"""The memory that a trial may use is what its control group has left."""

from pathlib import Path

import pytest

from seldon_buildpack.trial.processes import read_available_memory
from tests.support.trials import write_files

MEMINFO = {"proc/meminfo": "MemTotal: 9000 kB\nMemAvailable: 4000 kB\n"}
V2 = {
    "sys/fs/cgroup/memory.max": "2000000\n",
    "sys/fs/cgroup/memory.current": "1900000\n",
    "sys/fs/cgroup/memory.stat": "anon 400000\nfile 1500000\n",
}
V1 = {
    "sys/fs/cgroup/memory/memory.limit_in_bytes": "2000000\n",
    "sys/fs/cgroup/memory/memory.usage_in_bytes": "1900000\n",
    "sys/fs/cgroup/memory/memory.stat": "cache 1\ntotal_cache 1500000\n",
}


@pytest.mark.parametrize(
    ("files", "available"),
    [
        (MEMINFO, 4_096_000),
        ({**MEMINFO, **V2}, 1_600_000),
        ({**MEMINFO, **V1}, 1_600_000),
        ({**MEMINFO, **V2, "sys/fs/cgroup/memory.max": "max\n"}, 4_096_000),
        ({}, 1 << 62),
    ],
)
def test_available_memory_counts_pages_of_files(
    tmp_path: Path, files: dict[str, str], available: int
) -> None:
    assert read_available_memory(write_files(tmp_path, files)) == available
