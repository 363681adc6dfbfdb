"""Kinds of failures of a model in its trial, told apart by types and not by messages.

Imported by seldon-serve for model_trial; standard library only, with the syntax of Python 3.6.
"""

import errno
import importlib.machinery
import importlib.util
import linecache
import os
import pickle
import re
import sys
import traceback
import types
from typing import Any, Dict, Iterator, List, Optional, Tuple

HERE = os.path.dirname(os.path.abspath(__file__))
MOST_FRAMES = 40
MOST_TEXT = 2000
# The form of the loader's messages (glibc: elf/dl-load.c).
LIBRARY = re.compile(r"^(\S+): cannot open shared object file")
# Libraries of the graphics driver, which a node has and an image has not.
DRIVERS = ("libcuda.so", "libnvidia-", "libnvcuvid.so", "libnvrtc-driver", "libamdhip64.so")
# What C code raises at its import if another package has an unsuitable binary interface.
REFUSALS = (ImportError, AttributeError, TypeError, ValueError, RuntimeError, SystemError)
UNREADABLE = (
    pickle.UnpicklingError,
    AttributeError,
    ImportError,
    TypeError,
    ValueError,
    IndexError,
    EOFError,
)
NETWORK_TYPES = frozenset(
    (
        "ConnectionError",
        "gaierror",
        "herror",
        "timeout",
        "TimeoutError",
        "SSLError",
        "URLError",
        "HTTPException",
        "RequestException",
        "RpcError",
        "BotoCoreError",
        "GoogleAuthError",
        "AzureError",
        "HfHubHTTPError",
    )
)
NETWORK_ERRORS = (
    errno.ENETUNREACH,
    errno.EHOSTUNREACH,
    errno.ECONNREFUSED,
    errno.ETIMEDOUT,
    errno.EADDRNOTAVAIL,
)
FILE_ERRORS = (
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
)

Verdict = Tuple[str, Dict[str, Any]]


class Watch:
    """Records which exceptions come from C code at its import, and from reading a pickle."""

    def __init__(self) -> None:
        self.app = os.path.join(os.path.realpath(os.getcwd()), "")
        self.unloadable: List[Tuple[BaseException, str]] = []
        self.refused: List[Tuple[BaseException, str]] = []
        self.pickles: List[Tuple[BaseException, str]] = []
        loader = importlib.machinery.ExtensionFileLoader
        self._watch_extension(loader, "create_module", self.unloadable)
        self._watch_extension(loader, "exec_module", self.refused)
        self._watch_pickle()

    def _watch_extension(
        self, loader: Any, method: str, record: List[Tuple[BaseException, str]]
    ) -> None:
        plain = getattr(loader, method)

        def call(this: Any, argument: Any) -> Any:
            try:
                return plain(this, argument)
            except BaseException as error:
                record.append((error, this.name))
                raise

        setattr(loader, method, call)

    def _watch_pickle(self) -> None:
        plain = pickle.load

        def load(file: Any, *more: Any, **named: Any) -> Any:
            try:
                return plain(file, *more, **named)
            except BaseException as error:
                self.pickles.append((error, str(getattr(file, "name", ""))))
                raise

        pickle.load = load

    def describe(self, error: BaseException, phase: str, stop: Any) -> Dict[str, Any]:
        """Return the kind of a failure, its facts, and where it happened."""
        if isinstance(error, stop):
            return {"kind": error.kind, "facts": error.facts, "type": "", "message": ""}
        frames = _frames(error)
        users = [frame for frame in frames if frame["file"].startswith(self.app)]
        kind, facts = self._classify(error, frames)
        if phase == "load" and isinstance(error, AttributeError):
            kind = "load-ignored"
        for frame in users:
            frame["file"] = frame["file"][len(self.app) :]
        return {
            "kind": kind,
            "facts": facts,
            "type": type(error).__name__,
            "message": _text(error),
            "user": users[-1] if users else None,
            "frames": frames[-MOST_FRAMES:],
        }

    def _classify(self, error: BaseException, frames: List[Dict[str, Any]]) -> Verdict:
        if isinstance(error, MemoryError):
            return "memory", {}
        if isinstance(error, SystemExit):
            return "exit", {"code": str(error.code)}
        if isinstance(error, SyntaxError) and os.path.isfile(str(error.filename)):
            name = os.path.realpath(str(error.filename))
            inside = self._is_inside(name)
            name = name[len(self.app) :] if inside else name
            return "syntax", {"file": name, "line": error.lineno or 0, "inside": inside}
        return (
            self._of_pickle(error)
            or self._of_import(error, frames)
            or self._of_environment(error, frames)
            or ("other", {})
        )

    def _is_inside(self, path: Optional[str]) -> bool:
        return (os.path.realpath(path or "/") + os.sep).startswith(self.app)

    def _of_import(self, error: BaseException, frames: List[Dict[str, Any]]) -> Optional[Verdict]:
        for each in _chain(error) if isinstance(error, ImportError) else [error]:
            if isinstance(each, ModuleNotFoundError) and each.name and not _exists(each.name):
                return "missing-module", {"module": each.name}
        for each in _chain(error) if isinstance(error, ImportError) else [error]:
            for failed, name in self.unloadable:
                if failed is each:
                    return _of_library(each, name)
            for failed, name in self.refused:
                if failed is each and isinstance(each, REFUSALS):
                    return "misfit", {"module": name}
        if isinstance(error, ModuleNotFoundError):
            return None
        if isinstance(error, ImportError) and error.name:
            return "missing-name", {
                "module": error.name,
                "attribute": getattr(error, "name_from", None) or "",
                "inside": self._is_inside(error.path),
            }
        last = frames[-1]["file"] if frames else ""
        if isinstance(error, OSError) and error.errno is None and _is_of(last, "ctypes"):
            return _of_library(error, "")
        if not isinstance(error, AttributeError):
            return None
        module, name = _attribute_of_module(error)
        file = getattr(sys.modules.get(module), "__file__", None)
        if file and not self._is_inside(file):
            return "missing-attribute", {"module": module, "attribute": name}
        return None

    def _of_pickle(self, error: BaseException) -> Optional[Verdict]:
        names = [name for failed, name in self.pickles if failed is error]
        names += _read_by_joblib(error)
        if not names or not isinstance(error, UNREADABLE):
            return None
        path = os.path.realpath(names[0]) if names[0] else ""
        if not path.startswith(self.app):
            return None
        facts: Dict[str, Any] = {"file": path[len(self.app) :]}
        if isinstance(error, ModuleNotFoundError) and error.name and not _exists(error.name):
            facts["module"] = error.name
            top = error.name.partition(".")[0]
            return ("pickle" if _exists(top) else "missing-module"), facts
        return "pickle", facts

    def _of_environment(
        self, error: BaseException, frames: List[Dict[str, Any]]
    ) -> Optional[Verdict]:
        if isinstance(error, KeyError) and _is_of_environ(error):
            return "variable", {"name": str(error.args[0])}
        names = {kind.__name__ for kind in type(error).__mro__}
        number = error.errno if isinstance(error, OSError) else None
        if names & NETWORK_TYPES or number in NETWORK_ERRORS:
            return "network", {}
        if number in FILE_ERRORS and getattr(error, "filename", None):
            path = str(error.filename)  # type: ignore[attr-defined]
            return "file", {
                "path": path,
                "inside": self._is_inside(path),
                "denied": number in (errno.EACCES, errno.EPERM, errno.EROFS),
            }
        if any("{0}torch{0}cuda{0}".format(os.sep) in frame["file"] for frame in frames):
            return "gpu", {}
        return None


def _attribute_of_module(error: AttributeError) -> Tuple[str, str]:
    """Return the module and the attribute that it lacks, or empty texts.

    A module's own ``__getattr__``, such as numpy's, may raise an error without them (PEP 562).
    """
    owner = getattr(error, "obj", None)
    if isinstance(owner, types.ModuleType):
        return owner.__name__, str(getattr(error, "name", ""))
    frame = [frame for frame, _ in traceback.walk_tb(error.__traceback__)][-1]
    code, function = frame.f_code, frame.f_globals.get("__getattr__")
    if code.co_argcount and code is getattr(function, "__code__", None):
        name = frame.f_locals.get(code.co_varnames[0], "")
        return str(frame.f_globals.get("__name__", "")), str(name)
    return "", ""


def _of_library(error: BaseException, module: str) -> Verdict:
    match = LIBRARY.match(str(error))
    if match is None:
        # A symbol or a version of a library is missing, or it is for another processor.
        return "misfit", {"module": module}
    library = match.group(1)
    if os.path.basename(library).startswith(DRIVERS):
        return "gpu", {"library": library}
    return "missing-library", {"library": library, "module": module}


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and those that led to it."""
    each: Optional[BaseException] = error
    for _ in range(10):
        if each is None:
            return
        yield each
        each = each.__cause__ or each.__context__


def _exists(name: str) -> bool:
    """Return whether a module can be imported, as far as its file says."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, AttributeError, ValueError):
        return False


def _read_by_joblib(error: BaseException) -> List[str]:
    """Return the name of the file that joblib was reading, if it was."""
    names = []
    for frame, _ in traceback.walk_tb(error.__traceback__):
        code = frame.f_code
        if code.co_name == "load" and code.co_filename.endswith("joblib/numpy_pickle.py"):
            names.append(str(frame.f_locals.get("filename", "")))
    return names


def _frames(error: BaseException) -> List[Dict[str, Any]]:
    frames = []
    for frame, line in traceback.walk_tb(error.__traceback__):
        name = frame.f_code.co_filename
        if name.startswith("<frozen") or os.path.dirname(os.path.abspath(name)) == HERE:
            continue
        full = os.path.realpath(name) if os.path.exists(name) else name
        text = linecache.getline(name, line, frame.f_globals).strip()[:MOST_TEXT]
        frames.append({"file": full, "line": line, "name": frame.f_code.co_name, "text": text})
    return frames


def _is_of_environ(error: BaseException) -> bool:
    """Return whether os.environ has raised the error. ``os`` may be frozen: it has no file then."""
    code = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)][-1]
    return code.co_name == "__getitem__" and code is type(os.environ).__getitem__.__code__


def _is_of(file: str, package: str) -> bool:
    return os.path.basename(os.path.dirname(file)) == package


def _text(error: BaseException) -> str:
    try:
        return str(error)[:MOST_TEXT]
    except Exception:
        return ""
