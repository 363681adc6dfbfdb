"""Whether packages can be imported if some of their shared objects cannot be loaded.

The modules are imported by the model's Python in a process in which these files behave as in an
image without the libraries that they need.
"""

import ast
import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

_SECONDS = 20
# On Python 3.6 and later. Its argument is JSON: a file for the names of the modules that fail, the
# modules, the shared objects, and further folders of modules.
_PROBE = """
import ctypes, importlib, json, os, sys
from importlib.machinery import ExtensionFileLoader

class Missing(ImportError):
    pass

target, modules, missing, folders = json.loads(sys.argv[1])
sys.path += folders
create, load = ExtensionFileLoader.create_module, ctypes.CDLL.__init__

def check(path):
    if path and os.path.realpath(os.fsdecode(path)) in missing:
        raise Missing("cannot open shared object file")

def create_module(self, spec):
    check(self.path)
    return create(self, spec)

def load_library(self, name, *args, **kwargs):
    check(name)
    load(self, name, *args, **kwargs)

def fails(name):
    try:
        importlib.import_module(name)
    except BaseException as error:
        while error is not None:
            if isinstance(error, Missing):
                return True
            error = error.__cause__ or error.__context__
    return False

ExtensionFileLoader.create_module = create_module
ctypes.CDLL.__init__ = load_library
failing = [name for name in modules if fails(name)]
with open(target, "w") as file:
    json.dump(failing, file)
os._exit(0)
"""


def find_failing_imports(
    interpreter: Path,
    modules: Sequence[str],
    unloadable: Iterable[str],
    beside: Iterable[Path] = (),
) -> tuple[str, ...] | None:
    """Return the modules that fail to import because of the ``unloadable`` files.

    ``beside`` are folders of modules in addition to those of the interpreter. None if it is not
    known, because an import ends the process or takes too long.
    """
    paths = [os.path.realpath(path) for path in unloadable]
    with tempfile.TemporaryDirectory() as folder:
        env = {
            "PATH": "/usr/bin:/bin",
            "HOME": folder,
            "TMPDIR": folder,
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        target = Path(folder, "failing.json")
        task = json.dumps([str(target), modules, paths, [str(path) for path in beside]])
        with suppress(OSError, ValueError, subprocess.TimeoutExpired):
            subprocess.run(
                [interpreter, "-c", _PROBE, task],
                check=False,
                cwd=folder,
                env=env,
                timeout=_SECONDS,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            return tuple(json.loads(target.read_text()))
    return None


def is_optional(package: Path, module: str) -> bool:
    """Return whether a package imports one of its modules in `try` blocks only.

    A block that raises again does not count. ``package`` is the package's folder, and ``module``
    the last part of the module's name.
    """
    places = [handled for file in package.rglob("*.py") for handled in _imports_of(file, module)]
    return bool(places) and all(places)


def _imports_of(file: Path, module: str) -> Iterator[bool]:
    """Yield for each import of the module in a file whether it is in a `try` block."""
    try:
        text = file.read_bytes()
        waiting: list[tuple[ast.AST, bool]] = (
            [(ast.parse(text), False)] if module.encode() in text else []
        )
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return
    while waiting:
        node, handled = waiting.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [getattr(node, "module", "") or "", *(alias.name for alias in node.names)]
            if any(name.rpartition(".")[2] == module for name in names):
                yield handled
        within = handled or (isinstance(node, ast.Try) and not _raises_again(node))
        waiting += [(child, within) for child in ast.iter_child_nodes(node)]


def _raises_again(node: ast.Try) -> bool:
    return any(
        isinstance(child, ast.Raise) for handler in node.handlers for child in ast.walk(handler)
    )
