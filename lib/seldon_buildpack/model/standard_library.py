"""The modules of the standard library, by Python version."""

import sys

from seldon_buildpack.model.parsing import Version

# The minor version that brought a module, since 3.7, and the one that no longer has it. Read from
# the interpreters 3.6 to 3.13; a test compares this list with those that a machine has.
_SINCE = {"contextvars": 7, "dataclasses": 7, "graphlib": 9, "tomllib": 11, "zoneinfo": 9}
_UNTIL = {
    "macpath": 8,
    "dummy_threading": 9,
    **dict.fromkeys(("formatter", "parser", "symbol"), 10),
    "binhex": 11,
    **dict.fromkeys(("asynchat", "asyncore", "distutils", "imp", "smtpd"), 12),
    **dict.fromkeys(
        (
            "aifc",
            "audioop",
            "cgi",
            "cgitb",
            "chunk",
            "crypt",
            "imghdr",
            "lib2to3",
            "mailcap",
            "nis",
            "nntplib",
            "ossaudiodev",
            "pipes",
            "sndhdr",
            "spwd",
            "sunau",
            "telnetlib",
            "uu",
            "xdrlib",
        ),
        13,
    ),
}


def is_standard(name: str, python: Version) -> bool:
    """Return whether a top-level module may belong to this Python's standard library.

    A name that starts with an underscore is always taken for one: nobody imports it by accident.
    """
    if name.startswith("_"):
        return True
    if name in _UNTIL and python[1] >= _UNTIL[name]:
        return False
    if name in _SINCE and python[1] < _SINCE[name]:
        return False
    return name in sys.stdlib_module_names or name in _UNTIL


def removed_in(name: str, python: Version) -> str:
    """Return the version that removed a module, if this Python is not older; else empty."""
    minor = _UNTIL.get(name)
    return f"3.{minor}" if minor and python >= (3, minor) else ""
