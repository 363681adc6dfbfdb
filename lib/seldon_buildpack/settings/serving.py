"""Checks of the variables that the wrapper reads at startup, whatever their origin.

A value is normalized if its meaning is clear, and is an error if the wrapper would not start.

The rules are those of seldon-core 1.17.1: seldon_core/microservice.py (``parse_args``,
``parse_parameters``, ``setup_logger``), env_utils.py and seldon_methods.py (``init_metadata``).
launch/seldon_serve.py has the same checks for variables set at ``docker run``;
tests/unit/settings/test_start_and_build.py verifies that both agree on each value.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from seldon_buildpack.messages.errors.model import ModelNameInvalid
from seldon_buildpack.messages.errors.settings import (
    FlagInvalid,
    JaegerTagsInvalid,
    LogLevelUnknown,
    MetadataInvalid,
    NumberInvalid,
    ParametersInvalid,
    PortTwice,
    PredictorLabelsInvalid,
    ServiceTypeUnknown,
)
from seldon_buildpack.messages.warnings import settings as settings_warnings
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.settings.s2i_environment import unquoted
from seldon_buildpack.settings.settings import Settings

SERVICE_TYPES = ("MODEL", "ROUTER", "TRANSFORMER", "COMBINER", "OUTLIER_DETECTOR")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
PARAMETER_TYPES: Mapping[str, Callable[[Any], object]] = {
    "INT": int,
    "FLOAT": float,
    "DOUBLE": float,
    "STRING": str,
    "BOOL": str,
}
PORTS = {
    "PREDICTIVE_UNIT_HTTP_SERVICE_PORT": 9000,
    "PREDICTIVE_UNIT_GRPC_SERVICE_PORT": 5000,
    "PREDICTIVE_UNIT_METRICS_SERVICE_PORT": 6000,
}
GRPC_PORT = "PREDICTIVE_UNIT_GRPC_SERVICE_PORT"
_PROTOCOLS = ("REST", "gRPC", "metrics")
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
_NUMBER = re.compile(r"[0-9]{1,18}")
_COMMENT = re.compile(r"(?<!\s)\s+#.*$")
# importlib accepts any module name, but the wrapper's command line rejects names that start like an
# option.
_MODULE = re.compile(r"(?!-)[^\s./\\:'\"#(){}\[\]\0]+")
# The most aliases in a YAML value with merge keys.
_MOST_ALIASES = 20
# A file name has at most 255 bytes, including `.py`.
_LONGEST = 250

Checked = tuple[str, tuple[Advice, ...]]


def read(known: Settings) -> tuple[Settings, tuple[Advice, ...]]:
    """Normalize the wrapper's variables; return the new settings and warnings about changes.

    Raises:
        BuildError: The wrapper would not start with a value.
    """
    found: list[Advice] = []
    for name, check in CHECKS.items():
        value = known.get(name)
        if value:
            text, advice = check(value.value, value.source.describe())
            found += advice
            known = known.with_value(name, text)
    _ports_differ(known)
    _tags_of_traces(known)
    return known, tuple(found)


def model_name(value: str, origin: str) -> Checked:
    """Normalize MODEL_NAME for the wrapper.

    The wrapper expects ``Module`` or ``package.module.Class`` (split at the last dot). A path names
    a file and the class with the file's name: ``dir/MyModel.py`` is ``dir.MyModel.MyModel``. An
    empty value stays empty.

    Raises:
        ModelNameInvalid: The value does not name a module or a class.
    """
    bare, advice = _bare("MODEL_NAME", value, origin)
    name = _dotted(bare)
    if name is None:
        raise ModelNameInvalid(bare, origin)
    return name, advice if name == bare else (
        *advice,
        settings_warnings.taken_as(origin, "MODEL_NAME", bare, name),
    )


def service_type(value: str, origin: str) -> Checked:
    """Normalize SERVICE_TYPE to one of the wrapper's five; an empty value stays empty.

    Raises:
        ServiceTypeUnknown: The value is none of them.
    """
    bare, advice = _bare("SERVICE_TYPE", value, origin)
    name = re.sub(r"[-\s]+", "_", bare).upper()
    if name and name not in SERVICE_TYPES:
        import difflib

        near = [
            known for known in SERVICE_TYPES if known.startswith(name) or known in name
        ] or difflib.get_close_matches(name, SERVICE_TYPES, 1)
        raise ServiceTypeUnknown(bare, origin, SERVICE_TYPES, near[0] if near else None)
    return name, advice if name == bare else (
        *advice,
        settings_warnings.taken_as(origin, "SERVICE_TYPE", bare, name),
    )


def log_level(value: str, origin: str) -> Checked:
    """Normalize SELDON_LOG_LEVEL to upper case.

    Raises:
        LogLevelUnknown: The value is not a log level.
    """
    bare, advice = _bare("SELDON_LOG_LEVEL", value, origin)
    level = bare.upper()
    if level and level not in (*LOG_LEVELS, "WARN", "FATAL", "NOTSET"):
        raise LogLevelUnknown(bare, origin, LOG_LEVELS)
    return level, advice if level == bare else (
        *advice,
        settings_warnings.taken_as(origin, "SELDON_LOG_LEVEL", bare, level),
    )


def metrics_endpoint(value: str, origin: str) -> Checked:
    """Add the leading slash that Flask requires to PREDICTIVE_UNIT_METRICS_ENDPOINT."""
    bare, advice = _bare("PREDICTIVE_UNIT_METRICS_ENDPOINT", value, origin)
    path = f"/{bare}" if bare and not bare.startswith("/") else bare
    return path, advice if path == bare else (
        *advice,
        settings_warnings.taken_as(origin, "PREDICTIVE_UNIT_METRICS_ENDPOINT", bare, path),
    )


def parameters(value: str, origin: str) -> Checked:
    """Check PREDICTIVE_UNIT_PARAMETERS, the arguments of the class.

    Raises:
        ParametersInvalid: The value is not a valid list. The error does not repeat any value,
            because one may be a password.
    """
    text, advice = _document("PREDICTIVE_UNIT_PARAMETERS", value, origin)
    try:
        complaint = _complaint(json.loads(text.strip() or "[]"))
    except (ValueError, RecursionError) as error:
        complaint = f"it is not JSON: {error}"
    if complaint:
        raise ParametersInvalid(complaint, origin)
    return text, advice


def predictor_labels(value: str, origin: str) -> Checked:
    """Check PREDICTOR_LABELS, a JSON object that is read when the wrapper is imported.

    Raises:
        PredictorLabelsInvalid: The value is not a JSON object.
    """
    text, advice = _document("PREDICTOR_LABELS", value, origin)
    try:
        complaint = (
            "" if isinstance(json.loads(text.strip() or "{}"), dict) else "it is not an object"
        )
    except (ValueError, RecursionError) as error:
        complaint = f"it is not JSON: {error}"
    if complaint:
        raise PredictorLabelsInvalid(complaint, origin)
    return text, advice


def model_metadata(value: str, origin: str) -> Checked:
    """Check MODEL_METADATA, a YAML mapping.

    A value that is not YAML is only a warning: the wrapper ignores it and logs a message.

    Raises:
        MetadataInvalid: The value is YAML, but not a mapping or not loadable.
    """
    import yaml

    text, advice = _document("MODEL_METADATA", value, origin)
    if _multiplies(text):
        raise MetadataInvalid("its merge keys (`<<`) take too long to read", origin)
    try:
        metadata = yaml.safe_load(text if text.strip() else "{}")
    except yaml.YAMLError as error:
        return text, (*advice, settings_warnings.metadata_not_yaml(origin, yaml_problem(error)))
    except Exception as error:
        # For example, a date that does not exist. The wrapper catches only YAMLError.
        raise MetadataInvalid(f"YAML cannot read it: {error}", origin) from error
    if not isinstance(metadata, dict):
        raise MetadataInvalid("it is not a mapping of names to values", origin)
    return text, advice


def _multiplies(text: str) -> bool:
    """Return whether a YAML text may take minutes to load.

    Each level of merge keys that names an alias several times multiplies the values below it.
    """
    return "<<" in text and text.count("*") > _MOST_ALIASES


def yaml_problem(error: Exception) -> str:
    """Return a YAML error as one line, with its position."""
    mark = getattr(error, "problem_mark", None)
    place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return f"{getattr(error, 'problem', None) or 'a character that YAML does not allow'}{place}"


def _switch(name: str) -> Callable[[str, str], Checked]:
    def check(value: str, origin: str) -> Checked:
        bare, advice = _bare(name, value, origin)
        flag = "1" if bare.lower() in _YES else "0" if bare.lower() in _NO else bare
        if flag and not _NUMBER.fullmatch(flag):
            raise FlagInvalid(name, bare, origin)
        return flag, advice if flag == bare else (
            *advice,
            settings_warnings.taken_as(origin, name, bare, flag),
        )

    return check


def _number(name: str, least: int, most: int | None = None) -> Callable[[str, str], Checked]:
    def check(value: str, origin: str) -> Checked:
        bare, advice = _bare(name, value, origin)
        if bare and not (_NUMBER.fullmatch(bare) and least <= int(bare) <= (most or int(bare))):
            raise NumberInvalid(
                name, bare, origin, f"from {least} to {most}" if most else f"of {least} or more"
            )
        return bare, advice

    return check


CHECKS: Mapping[str, Callable[[str, str], Checked]] = {
    "MODEL_NAME": model_name,
    "SERVICE_TYPE": service_type,
    "SELDON_LOG_LEVEL": log_level,
    **{name: _switch(name) for name in SWITCHES},
    **{name: _number(name, 0) for name in FROM_0},
    **{name: _number(name, 1) for name in FROM_1},
    **{name: _number(name, 1, _HIGHEST_PORT) for name in PORTS},
    "PREDICTIVE_UNIT_METRICS_ENDPOINT": metrics_endpoint,
    "PREDICTIVE_UNIT_PARAMETERS": parameters,
    "PREDICTOR_LABELS": predictor_labels,
    "MODEL_METADATA": model_metadata,
    "JAEGER_TAGS": lambda value, origin: _bare("JAEGER_TAGS", value, origin),
}


def _ports_differ(known: Settings) -> None:
    taken: dict[int, str] = {}
    # Without gRPC workers, nothing listens on the gRPC port (microservice.py, ``main``).
    no_grpc = int(known.text("GRPC_WORKERS") or 1) == 0
    for name, default in PORTS.items():
        if no_grpc and name == GRPC_PORT:
            continue
        port = int(known.text(name) or default)
        if port in taken:
            raise PortTwice(taken[port], name, port)
        taken[port] = name


def _tags_of_traces(known: Settings) -> None:
    """Check that each tag in JAEGER_TAGS has one ``=``, if TRACING is on.

    Jaeger's client splits tags there (jaeger_client/config.py, ``tags``). It is used only for
    tracing.

    Raises:
        JaegerTagsInvalid: A tag has no ``=``, or more than one.
    """
    tags = known.get("JAEGER_TAGS")
    if (
        tags
        and known.text("TRACING").lstrip("0")
        and any(tag.count("=") != 1 for tag in tags.value.split(","))
    ):
        raise JaegerTagsInvalid(tags.value, tags.source.describe())


def _complaint(found: Any) -> str:
    """Return what is wrong with the parameters, without their values, or an empty string."""
    if not isinstance(found, list):
        return "it is not a list"
    for parameter in found:
        if not isinstance(parameter, dict) or not isinstance(parameter.get("name"), str):
            return "an entry has no name"
        name, kind = parameter["name"], parameter.get("type")
        if not isinstance(kind, str) or kind not in PARAMETER_TYPES:
            return (
                f"the type of {name} is {json.dumps(kind)}, not one of {', '.join(PARAMETER_TYPES)}"
            )
        value: Any = parameter.get("value")
        try:
            fits = (
                value.lower() in _YES + _NO
                if kind == "BOOL"
                else PARAMETER_TYPES[kind](value) is not None
            )
        except (AttributeError, TypeError, ValueError, OverflowError):
            fits = False
        if not fits:
            return f"the value of {name} is not of type {kind}"
    return ""


def _bare(name: str, value: str, origin: str) -> Checked:
    """Remove spaces, a trailing comment and quotes, which none of these variables can contain."""
    stripped = value.strip()
    bare = _COMMENT.sub("", stripped)
    advice = () if bare == stripped else (settings_warnings.comment_taken_off(origin, name),)
    bare, said = unquoted(name, bare, origin)
    return bare.strip(), (*advice, *said)


def _document(name: str, value: str, origin: str) -> Checked:
    """Remove quotes around a whole JSON or YAML document.

    A document without such quotes is unchanged: in YAML, the first line's indentation matters.
    """
    stripped = value.strip()
    bare, advice = unquoted(name, stripped, origin)
    if bare == stripped and len(bare) > 1 and bare[0] == bare[-1] and bare[0] in "'\"":
        # There are quotes inside as well, as in "[{"name": "a"}]". The outer ones are not part of
        # the document, because none of these variables is a string.
        bare, advice = bare[1:-1], (settings_warnings.quotes_taken_off(origin, name),)
    return (value, ()) if bare == stripped else (bare, advice)


def _dotted(value: str) -> str | None:
    """Return the dotted name that a value stands for, or None if it is not valid."""
    if not value:
        return ""
    path = value.replace("\\", "/")
    is_file = "/" in path or path.endswith(".py")
    while path.startswith("./"):
        path = path[2:]
    path = path.removesuffix(".py")
    *folders, last = path.split("/")
    if last.count(":") == 1 and not is_file:
        last = last.replace(":", ".")
    names = [*folders, *last.split(".")]
    # A path with a dot in its last part (`dir/module.Class`) already names the class.
    if folders and "." not in last:
        names.append(last)
    fits = all(_MODULE.fullmatch(name) and len(name.encode()) <= _LONGEST for name in names) and (
        len(names) == 1 or names[-1].isidentifier()
    )
    return ".".join(names) if fits else None


def read_ports(known: Settings) -> dict[str, int]:
    """Return the ports of the image by protocol. Without gRPC workers, nothing listens for gRPC."""
    no_grpc = int(known.text("GRPC_WORKERS") or 1) == 0
    return {
        protocol: int(known.text(name) or default)
        for protocol, (name, default) in zip(_PROTOCOLS, PORTS.items(), strict=True)
        if not (no_grpc and name == GRPC_PORT)
    }
