"""Limits of the trial's processes, which they cannot lift.

Landlock, where the kernel has it, lets the trial read what the image has, and write where the image
lets the model write: not to the layers and the source, and nothing with the build's secrets
(https://docs.kernel.org/userspace-api/landlock.html). It needs no privileges. Without it, the
processes have the rights of the build's user, as package builds have.
"""

import contextlib
import ctypes
import os
import resource
import struct
from collections.abc import Iterable
from pathlib import Path

# The same numbers on all architectures.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_GET_VERSION = 1
_PATH_BENEATH = 1
_NO_NEW_PRIVILEGES, _SET_DUMPABLE = 38, 4
_EXECUTE, _WRITE, _READ_FILE, _READ_FOLDER, _TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
_READ = _EXECUTE | _READ_FILE | _READ_FOLDER
_OF_FILES = _EXECUTE | _WRITE | _READ_FILE | _TRUNCATE
# Abstract Unix sockets, and signals to processes outside.
_SCOPES = 0b11
# What each version of the interface knows: versions 2 and 3 have added moves and truncation.
_ACCESS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}
_VERSION_OF_NET, _VERSION_OF_SCOPES = 4, 6
# Folders of an operating system without secrets of a build.
_SYSTEM = (
    *("/bin", "/etc", "/lib", "/lib32", "/lib64", "/libx32", "/microservice", "/opt", "/proc"),
    *("/sbin", "/srv", "/sys", "/usr", "/var/cache", "/var/lib"),
)
_WRITABLE = ("/dev", "/tmp", "/var/tmp")
_LARGEST_FILE = 4 << 30
_MOST_PROCESSES = 4096


def create_ruleset(readable: Iterable[Path], writable: Iterable[Path]) -> int | None:
    """Return the descriptor of a ruleset that allows these folders, and those of the system.

    None if the kernel has no Landlock.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _GET_VERSION)
    if version < 1:
        return None
    every = _ACCESS[min(version, 3)]
    attributes = struct.pack("Q", every)
    if version >= _VERSION_OF_NET:
        attributes += struct.pack("Q", 0)
    if version >= _VERSION_OF_SCOPES:
        attributes += struct.pack("Q", _SCOPES)
    ruleset: int = libc.syscall(
        _CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint(0)
    )
    if ruleset < 0:
        return None
    for paths, access in (
        ((*map(Path, _SYSTEM), *readable), _READ),
        ((*map(Path, _WRITABLE), *writable), every),
    ):
        for path in paths:
            _allow(libc, ruleset, path, access)
    return ruleset


def _allow(libc: ctypes.CDLL, ruleset: int, path: Path, access: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        access &= -1 if path.is_dir() else _OF_FILES
        rule = struct.pack("=Qi", access, descriptor)
        libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, ctypes.c_uint(0))
    finally:
        os.close(descriptor)


def restrict(ruleset: int | None, running: int) -> None:
    """Restrict this process and all that it starts. Called between fork and exec.

    ``running`` is the number of threads that the user has now.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    # The build is not dumpable meanwhile, and its fork would not own its files in /proc.
    libc.prctl(_SET_DUMPABLE, 1, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _lower(resource.RLIMIT_FSIZE, _LARGEST_FILE)
    _lower(resource.RLIMIT_NPROC, running + _MOST_PROCESSES)
    # If memory runs out, the kernel ends the trial and not the build.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
    if ruleset is not None:
        libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        libc.syscall(_RESTRICT_SELF, ruleset, ctypes.c_uint(0))


def _lower(limit: int, value: int) -> None:
    hard = resource.getrlimit(limit)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(limit, (value, value))


def close(ruleset: int | None) -> None:
    """Close a ruleset in this process."""
    if ruleset is not None:
        os.close(ruleset)
