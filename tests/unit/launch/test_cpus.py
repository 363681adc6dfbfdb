"""The CPUs of a container's control group."""

from pathlib import Path

import pytest

from seldon_buildpack.launch import cpus
from tests.support.carried import written

_V1 = ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")


@pytest.fixture(autouse=True)
def eight_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)))


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("200000 100000\n", 2),
        ("150000 100000\n", 2),
        ("10000 100000\n", 1),
        ("max 100000\n", None),
        ("800000 100000\n", None),
        ("0 0\n", None),
        ("nonsense\n", None),
        ("\xe9", None),
    ],
)
def test_limit_is_the_quota_of_the_control_group(
    text: str, limit: int | None, tmp_path: Path
) -> None:
    written(tmp_path / "sys/fs/cgroup/cpu.max", text)
    assert cpus.cpu_limit(str(tmp_path)) == limit


@pytest.mark.parametrize(("quota", "limit"), [("250000", 3), ("-1", None)])
def test_limit_of_the_first_version_is_read(quota: str, limit: int | None, tmp_path: Path) -> None:
    for name, text in zip(_V1, (quota, "100000"), strict=True):
        written(tmp_path / "sys/fs/cgroup" / name, f"{text}\n")
    assert cpus.cpu_limit(str(tmp_path)) == limit


def test_system_without_control_groups_has_no_limit(tmp_path: Path) -> None:
    assert cpus.cpu_limit(str(tmp_path)) is None
