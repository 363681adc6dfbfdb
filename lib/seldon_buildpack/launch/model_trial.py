"""Trial of the model: imports it, constructs its class, and loads it, as the wrapper would.

    seldon-serve --try [LEVEL [FILE DESCRIPTOR]]

LEVEL is ``import`` or ``load``. The build gets one JSON object per line on the file descriptor;
without one, the result is printed for people. Imported by seldon-serve, which has checked the
environment and is next to it in the image; standard library only, with the syntax of Python 3.6.
"""

import contextlib
import importlib
import inspect
import json
import os
import sys
import time
import warnings
from typing import Any, Callable, Dict, List, Mapping, Sequence, Set, Tuple

YES = ("true", "t", "yes", "y", "on", "1")
TYPES = {"INT": int, "FLOAT": float, "DOUBLE": float, "STRING": str}
LISTENING = "0A"
# scikit-learn's warning about a model that another version has saved.
OLD_PICKLE = "InconsistentVersionWarning"


class Report:
    """Sends what happens to the build, or prints it."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.process = os.getpid()
        if descriptor >= 0:
            os.set_inheritable(descriptor, False)

    def send(self, **entry: Any) -> None:
        """Send an entry."""
        if self.descriptor < 0:
            _print(entry)
            return
        data = json.dumps(entry).encode() + b"\n"
        while data:
            data = data[os.write(self.descriptor, data) :]


class Stop(Exception):
    """The end of the trial, with a failure that no exception of the model describes."""

    def __init__(self, kind: str, **facts: Any) -> None:
        super().__init__(kind)
        self.kind, self.facts = kind, facts


def main(values: Mapping[str, str], arguments: Sequence[str], beside: Callable[[str], Any]) -> int:
    """Try the model and return the exit code: 1 if a step failed.

    ``beside`` imports the other files of the trial.
    """
    if arguments[:1] == ["answer"]:
        return int(beside("answer_trial").main(values, arguments[1:]))
    failures = beside("trial_failures")
    level = arguments[0] if arguments else "load"
    report = Report(int(arguments[1]) if len(arguments) > 1 else -1)
    os.environ.clear()
    os.environ.update(values)
    name = values["MODEL_NAME"]
    sys.argv = ["seldon-core-microservice", name, "--service-type", values["SERVICE_TYPE"]]
    sys.path.append(os.getcwd())
    watch_warnings(report)
    watch = failures.Watch()
    code = _run(report, level, values, watch)
    if os.getpid() != report.process:
        # A process that the model forked has returned to us.
        os._exit(1)
    report.send(end=True, ports=listening_ports())
    end_children()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    # Threads of libraries do not hold up the end.
    os._exit(code)


def _run(report: Report, level: str, values: Mapping[str, str], watch: Any) -> int:
    phase = "import"
    parts: Dict[str, Any] = {}
    steps: List[Any] = [("import", lambda: _import(values["MODEL_NAME"], parts))]
    if level != "import":
        steps.append(("construct", lambda: _construct(values, parts)))
        steps.append(("load", lambda: _load(parts)))
    for phase, step in steps:
        report.send(begin=phase)
        start = time.time()
        try:
            done = step()
        except BaseException as error:
            if os.getpid() != report.process:
                os._exit(1)
            if phase == "load" and isinstance(error, NotImplementedError):
                # The wrapper expects it from models without load().
                continue
            report.send(failure=dict(watch.describe(error, phase, Stop), phase=phase))
            return 1
        report.send(done=phase, result=done, seconds=round(time.time() - start, 3))
        if phase == "construct" and not done:
            break
    return 0


def _import(name: str, parts: Dict[str, Any]) -> bool:
    module, _, cls = name.rpartition(".")
    module = module or cls
    parts["module"] = importlib.import_module(module)
    if not hasattr(parts["module"], cls):
        raise Stop("no-class", module=module, name=cls)
    parts["class"] = getattr(parts["module"], cls)
    return True


def _construct(values: Mapping[str, str], parts: Dict[str, Any]) -> bool:
    """Construct the class, and return False if it needs arguments that are not set.

    Seldon's operator sets them when the model is deployed.
    """
    cls, parameters = parts["class"], parse_parameters(values.get("PREDICTIVE_UNIT_PARAMETERS"))
    if inspect.isclass(cls) and inspect.isabstract(cls):
        names = sorted(getattr(cls, "__abstractmethods__", ()))
        raise Stop("abstract", name=cls.__name__, methods=names)
    if not inspect.isclass(cls) and not callable(cls):
        raise Stop("not-callable", name=values["MODEL_NAME"], type=type(cls).__name__)
    try:
        signature = inspect.signature(cls)
    except (TypeError, ValueError):
        signature = None
    if signature is not None:
        try:
            signature.bind(**parameters)
        except TypeError as error:
            needed = _required(signature)
            if not parameters:
                parts["needed"] = needed
                return False
            raise Stop(
                "parameters", needed=needed, names=sorted(parameters), message=str(error)
            ) from None
    parts["model"] = cls(**parameters)
    return True


def _required(signature: inspect.Signature) -> List[str]:
    return [
        name
        for name, parameter in signature.parameters.items()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]


def _load(parts: Dict[str, Any]) -> bool:
    """Call load(), and return whether the model has one of its own."""
    load = getattr(parts.get("model"), "load", None)
    if not callable(load):
        return False
    load()
    return not (getattr(load, "__module__", "") or "").startswith("seldon_core.")


def parse_parameters(text: Any) -> Dict[str, Any]:
    """Return the arguments in PREDICTIVE_UNIT_PARAMETERS (seldon_core: parse_parameters).

    seldon-serve has checked the value.
    """
    return {
        entry["name"]: entry["value"].lower() in YES
        if entry["type"] == "BOOL"
        else TYPES[entry["type"]](entry["value"])
        for entry in json.loads(text or "[]")
    }


def watch_warnings(report: Report) -> None:
    """Report warnings that a pickle is from another version of its library."""
    plain: Any = warnings.showwarning
    known: Set[Tuple[str, str]] = set()

    def show(message: Any, category: Any, *more: Any, **named: Any) -> None:
        if any(kind.__name__ == OLD_PICKLE for kind in getattr(category, "__mro__", ())):
            library = (getattr(category, "__module__", "") or "").partition(".")[0]
            saved = str(getattr(message, "original_sklearn_version", ""))
            here = str(getattr(message, "current_sklearn_version", ""))
            if (library, saved) not in known:
                known.add((library, saved))
                report.send(old_pickle={"library": library, "saved": saved, "installed": here})
        plain(message, category, *more, **named)

    warnings.showwarning = show


def end_children() -> None:
    """End the processes of a pool, as a normal end of Python would."""
    multiprocessing = sys.modules.get("multiprocessing")
    for child in multiprocessing.active_children() if multiprocessing else ():
        with contextlib.suppress(OSError, ValueError, AttributeError):
            child.terminate()


def listening_ports() -> List[int]:
    """Return the TCP ports on which this process listens."""
    sockets, ports = set(), set()
    try:
        for entry in os.listdir("/proc/self/fd"):
            try:
                sockets.add(os.readlink("/proc/self/fd/" + entry))
            except OSError:
                continue
        for table in ("/proc/self/net/tcp", "/proc/self/net/tcp6"):
            with open(table, encoding="ascii") as file:
                for line in list(file)[1:]:
                    words = line.split()
                    if words[3] == LISTENING and "socket:[{}]".format(words[9]) in sockets:
                        ports.add(int(words[1].rpartition(":")[2], 16))
    except (OSError, ValueError, IndexError):
        pass
    return sorted(ports)


def _print(entry: Mapping[str, Any]) -> None:
    """Print an entry of the report for people."""
    if "done" in entry:
        words = {"import": "imported", "construct": "constructed", "load": "loaded"}
        if entry["result"]:
            say = "{} in {:.1f} s".format(words[entry["done"]], entry["seconds"])
        else:
            say = {
                "construct": "not constructed: its arguments are not set (PREDICTIVE_UNIT_PARAMETERS)",
                "load": "it has no load()",
            }[entry["done"]]
        print("try: " + say, flush=True)
    elif "failure" in entry:
        failure = entry["failure"]
        user = failure.get("user")
        if user:
            place = "{}, line {}: {}".format(user["file"], user["line"], user["text"])
            print("try: " + place, flush=True)
        print("try: ERROR in {phase}: {type}: {message}".format(**failure), flush=True)
    elif entry.get("ports"):
        print("try: listens on {}".format(", ".join(map(str, entry["ports"]))), flush=True)
