"""The CPUs that a container may use, as its control group limits them.

Imported by seldon-serve, which is next to it in the image; standard library only, with the syntax of
Python 3.6.
"""

import os
from typing import Optional

# cgroup v2: quota and period in a single file. cgroup v1: a file each, and a quota of -1 for none.
_V2 = "sys/fs/cgroup/cpu.max"
_V1 = ("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "sys/fs/cgroup/cpu/cpu.cfs_period_us")


def cpu_limit(root: str = "/") -> Optional[int]:
    """Return the limit, rounded up; None if there is none below what Python sees."""
    try:
        quota, period = (_read(root, _V2) or " ".join(_read(root, name) for name in _V1)).split()
        share = -(-int(quota) // int(period))
    except (ValueError, ZeroDivisionError):
        return None
    available = len(os.sched_getaffinity(0))
    return share if 0 < share < available else None


def _read(root: str, name: str) -> str:
    try:
        with open(os.path.join(root, name), encoding="ascii") as file:
            return file.read().strip()
    except (OSError, ValueError):
        return ""
