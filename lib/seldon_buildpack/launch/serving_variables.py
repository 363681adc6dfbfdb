"""What the variables mean that the wrapper reads at startup, and which values it would not start with.

The build checks them with this module (settings/serving.py), and so does seldon-serve in the image
(launch/startup_checks.py): each value has one meaning. What a user reads about it is theirs.
The rules are those of seldon-core 1.17.1: seldon_core/microservice.py (``parse_args``,
``parse_parameters``, ``setup_logger``), env_utils.py and seldon_methods.py (``init_metadata``).
Standard library only, with the syntax of Python 3.6, and the YAML library of whoever imports it.
"""

import importlib
import json
import re
from enum import Enum
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional

SERVICE_TYPES = ("MODEL", "ROUTER", "TRANSFORMER", "COMBINER", "OUTLIER_DETECTOR")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "WARN", "FATAL", "NOTSET")
LISTED = {"SERVICE_TYPE": SERVICE_TYPES, "SELDON_LOG_LEVEL": LOG_LEVELS}
DEFAULTS = {"SERVICE_TYPE": "MODEL", "SELDON_LOG_LEVEL": "INFO"}
PARAMETER_TYPES = {"INT": int, "FLOAT": float, "DOUBLE": float, "STRING": str, "BOOL": str}
GRPC_PORT = "PREDICTIVE_UNIT_GRPC_SERVICE_PORT"
PORTS = {
    "PREDICTIVE_UNIT_HTTP_SERVICE_PORT": 9000,
    GRPC_PORT: 5000,
    "PREDICTIVE_UNIT_METRICS_SERVICE_PORT": 6000,
}
METRICS_ENDPOINT = "PREDICTIVE_UNIT_METRICS_ENDPOINT"
SWITCHES = ("PERSISTENCE", "TRACING", "FLASK_SINGLE_THREADED")
# Variables that the wrapper or gunicorn converts with int() at startup, by their minimum.
FROM_0 = (
    "GRPC_WORKERS",
    "GUNICORN_THREADS",
    "GUNICORN_MAX_REQUESTS",
    "GUNICORN_MAX_REQUESTS_JITTER",
    "GUNICORN_KEEPALIVE",
)
FROM_1 = (
    "GUNICORN_WORKERS",
    "GRPC_THREADS",
    "GRPC_MAX_MESSAGE_SIZE",
    "REST_TIMEOUT",
    "WEB_CONCURRENCY",
)
_HIGHEST_PORT = 65535
_YES, _NO = ("true", "t", "yes", "y", "on", "1"), ("false", "f", "no", "n", "off", "0")
_NUMBER = re.compile(r"[0-9]{1,18}\Z")
_COMMENT = re.compile(r"(?<!\s)\s+#.*$")
# importlib accepts any name, but the wrapper's command line none that starts like an option.
_MODULE = re.compile(r"(?!-)[^\s./\\:'\"#(){}\[\]\0]+\Z")
# A file name has at most 255 bytes, including `.py`.
_LONGEST = 250
# The most aliases in a YAML value with merge keys.
_MOST_ALIASES = 20


class Reading(NamedTuple):
    """A value as the wrapper is to see it, and how it was written."""

    value: str
    # The value without what env files keep around it: spaces, quotes, a comment.
    bare: str
    had_comment: bool = False
    had_quotes: bool = False
    has_open_quote: bool = False
    # Of a value that is not YAML, and that the wrapper therefore ignores.
    yaml_error: Optional[Exception] = None


class Problem(Enum):
    """Why the wrapper would not start with a value."""

    NO_CLASS = "MODEL_NAME does not name a module or a class"
    NOT_LISTED = "the value is none of those that the wrapper knows"
    NO_SWITCH = "the value is neither a number nor yes or no"
    NO_NUMBER = "the value is no whole number within its bounds, which are the detail"
    CONTENT = "the wrapper cannot use the JSON or YAML; the detail says why, without a value"
    SAME_PORT = "another variable, the detail, has the same port"
    NO_TAGS = "JAEGER_TAGS has a tag without a name or a value"


class Refused(ValueError):
    """The wrapper would not start with a value."""

    def __init__(self, problem: Problem, name: str, value: str, detail: str = "") -> None:
        super().__init__(problem.value)
        self.problem, self.name, self.value, self.detail = problem, name, value, detail


def read_value(name: str, text: str) -> Reading:
    """Return what a variable means; an empty value stays empty.

    Raises:
        Refused: The wrapper would not start with it.
    """
    reading = (_unwrap_document if name in DOCUMENTS else _unwrap)(text)
    if not reading.bare.strip():
        return reading
    return CHECKS[name](name, reading)


def check_together(values: Mapping[str, str]) -> None:
    """Check values that depend on each other. Each has been read by itself.

    Raises:
        Refused: Two protocols have the same port, or TRACING is on and a tag in JAEGER_TAGS has no
            ``=``, or more than one.
    """
    taken: Dict[int, str] = {}
    for name, port in list_ports(values).items():
        if port in taken:
            raise Refused(Problem.SAME_PORT, name, str(port), taken[port])
        taken[port] = name
    tags = values.get("JAEGER_TAGS", "")
    # Jaeger's client splits tags there (jaeger_client/config.py, `tags`).
    if (
        tags
        and values.get("TRACING", "").lstrip("0")
        and any(tag.count("=") != 1 for tag in tags.split(","))
    ):
        raise Refused(Problem.NO_TAGS, "JAEGER_TAGS", tags)


def list_ports(values: Mapping[str, str]) -> Dict[str, int]:
    """Return the port of each variable in PORTS on which something listens."""
    # Without gRPC workers, nothing listens on the gRPC port (microservice.py, `main`).
    has_grpc = int(values.get("GRPC_WORKERS") or 1) > 0
    return {
        name: int(values.get(name) or default)
        for name, default in PORTS.items()
        if has_grpc or name != GRPC_PORT
    }


def unquote(value: str) -> str:
    """Return a value without the quotes around it. ``"a" and "b"`` is not one quoted value."""
    quote = value[:1]
    if len(value) < 2 or quote not in "'\"" or value[-1] != quote:
        return value
    bare = inner = value[1:-1]
    if quote == '"' and '\\"' in inner:
        bare, inner = re.sub(r"\\.", "", inner), re.sub(r'\\(["\\])', r"\1", inner)
    return value if quote in bare else inner


def has_open_quote(value: str) -> bool:
    """Return whether a value begins with a quote, and has no other one."""
    return value[:1] in ("'", '"') and value[0] not in value[1:]


def _unwrap(text: str) -> Reading:
    """Remove spaces, a comment and quotes, which none of these variables can contain."""
    stripped = text.strip()
    quoted = _COMMENT.sub("", stripped)
    bare = unquote(quoted)
    changes = (quoted != stripped, bare != quoted, has_open_quote(quoted))
    return Reading(bare.strip(), bare.strip(), *changes)


def _unwrap_document(text: str) -> Reading:
    """Remove quotes around all of a document; YAML's indentation stays, as it is significant."""
    stripped = text.strip()
    bare = unquote(stripped)
    if bare == stripped and len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "'\"":
        # Quotes inside as well, as in "[{"name": "a"}]". No document is a string.
        bare = bare[1:-1]
    if bare == stripped:
        return Reading(text, text, has_open_quote=has_open_quote(stripped))
    return Reading(bare, bare, had_quotes=True)


def _read_model_name(name: str, reading: Reading) -> Reading:
    """Read ``Module`` or ``package.module.Class``, which the wrapper splits at the last dot.

    A path names a file and the class with the file's name: ``dir/MyModel.py`` is
    ``dir.MyModel.MyModel``.
    """
    path = reading.bare.replace("\\", "/")
    is_file = "/" in path or path.endswith(".py")
    while path.startswith("./"):
        path = path[2:]
    folders = (path[:-3] if path.endswith(".py") else path).split("/")
    last = folders.pop()
    if last.count(":") == 1 and not is_file:
        last = last.replace(":", ".")
    names = folders + last.split(".")
    # A path with a dot in its last part (`dir/module.Class`) already names the class.
    if folders and "." not in last:
        names.append(last)
    fits = all(_MODULE.match(part) and len(part.encode()) <= _LONGEST for part in names)
    if not fits or (len(names) > 1 and not names[-1].isidentifier()):
        raise Refused(Problem.NO_CLASS, name, reading.bare)
    return reading._replace(value=".".join(names))


def _read_listed(name: str, reading: Reading) -> Reading:
    meant = re.sub(r"[-\s]+", "_", reading.bare).upper()
    if meant not in LISTED[name]:
        raise Refused(Problem.NOT_LISTED, name, reading.bare)
    return reading._replace(value=meant)


def _read_switch(name: str, reading: Reading) -> Reading:
    word = reading.bare.lower()
    meant = "1" if word in _YES else "0" if word in _NO else reading.bare
    if not _NUMBER.match(meant):
        raise Refused(Problem.NO_SWITCH, name, reading.bare)
    return reading._replace(value=meant)


def _read_number(name: str, reading: Reading) -> Reading:
    least = 0 if name in FROM_0 else 1
    most = _HIGHEST_PORT if name in PORTS else None
    if not _NUMBER.match(reading.bare) or not least <= int(reading.bare) <= (most or 10**18):
        bounds = "from {} to {}".format(least, most) if most else "of {} or more".format(least)
        raise Refused(Problem.NO_NUMBER, name, reading.bare, bounds)
    return reading


def _read_endpoint(_: str, reading: Reading) -> Reading:
    """Add the leading slash that Flask requires."""
    return reading._replace(value="/" * (reading.bare[0] != "/") + reading.bare)


def _read_json(complain: Callable[[Any], str]) -> Callable[[str, Reading], Reading]:
    def read(name: str, reading: Reading) -> Reading:
        try:
            complaint = complain(json.loads(reading.bare))
        except (ValueError, RecursionError) as error:
            complaint = "it is not JSON: {}".format(error)
        if complaint:
            raise Refused(Problem.CONTENT, name, "", complaint)
        return reading

    return read


def _complain_of_parameters(parameters: Any) -> str:
    """Return what is wrong with the arguments of the class, without their values."""
    if not isinstance(parameters, list):
        return "it is not a list"
    for parameter in parameters:
        if not isinstance(parameter, dict) or not isinstance(parameter.get("name"), str):
            return "an entry has no name"
        name, kind = parameter["name"], parameter.get("type")
        if not isinstance(kind, str) or kind not in PARAMETER_TYPES:
            types = ", ".join(PARAMETER_TYPES)
            return "the type of {} is {}, not one of {}".format(name, json.dumps(kind), types)
        value: Any = parameter.get("value")
        try:
            is_switch = kind == "BOOL"
            fits = (
                value.lower() in _YES + _NO
                if is_switch
                else PARAMETER_TYPES[kind](value) is not None
            )
        except (AttributeError, TypeError, ValueError, OverflowError):
            fits = False
        if not fits:
            return "the value of {} is not of type {}".format(name, kind)
    return ""


def _read_metadata(name: str, reading: Reading) -> Reading:
    """Read a YAML mapping. The wrapper ignores what is not YAML, with a line in its log."""
    try:
        yaml: Any = importlib.import_module("yaml")
    except ImportError:
        return reading
    # Each level of merge keys that names an alias several times multiplies the values below it.
    if "<<" in reading.bare and reading.bare.count("*") > _MOST_ALIASES:
        raise Refused(Problem.CONTENT, name, "", "its merge keys (`<<`) take too long to read")
    try:
        metadata = yaml.safe_load(reading.bare)
    except yaml.YAMLError as error:
        return reading._replace(yaml_error=error)
    except Exception as error:
        # For example, a date that does not exist. The wrapper catches only YAMLError.
        complaint = "YAML cannot read it: {}".format(error)
        raise Refused(Problem.CONTENT, name, "", complaint) from error
    if not isinstance(metadata, dict):
        raise Refused(Problem.CONTENT, name, "", "it is not a mapping of names to values")
    return reading


CHECKS: Mapping[str, Callable[[str, Reading], Reading]] = {
    "MODEL_NAME": _read_model_name,
    **dict.fromkeys(LISTED, _read_listed),
    **dict.fromkeys(SWITCHES, _read_switch),
    **dict.fromkeys((*FROM_0, *FROM_1, *PORTS), _read_number),
    METRICS_ENDPOINT: _read_endpoint,
    "PREDICTIVE_UNIT_PARAMETERS": _read_json(_complain_of_parameters),
    "PREDICTOR_LABELS": _read_json(
        lambda labels: "" if isinstance(labels, dict) else "it is not an object"
    ),
    "MODEL_METADATA": _read_metadata,
    # These matter only with TRACING: see check_together.
    "JAEGER_TAGS": lambda _, reading: reading,
}
DOCUMENTS = ("PREDICTIVE_UNIT_PARAMETERS", "PREDICTOR_LABELS", "MODEL_METADATA")
