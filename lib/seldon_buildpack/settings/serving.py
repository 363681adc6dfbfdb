"""Checks of the variables that the wrapper reads at startup, whatever their origin.

A value is normalized if its meaning is clear, and is an error if the wrapper would not start.
What a value means is decided in launch/serving_variables.py, which seldon-serve uses too, for
variables that are set at ``docker run``. This module says it in the build's words.
"""

from collections.abc import Callable, Mapping

from seldon_buildpack.launch import serving_variables
from seldon_buildpack.launch.serving_variables import Problem, Reading, Refused
from seldon_buildpack.messages.errors.base import BuildError
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
from seldon_buildpack.settings.settings import Settings

_PROTOCOLS = dict(zip(serving_variables.PORTS, ("REST", "gRPC", "metrics"), strict=True))
# The names that the wrapper documents; Python knows three more.
_LOG_LEVELS = serving_variables.LOG_LEVELS[:5]
_DOCUMENTS: Mapping[str, Callable[[str, str], BuildError]] = {
    "PREDICTIVE_UNIT_PARAMETERS": ParametersInvalid,
    "PREDICTOR_LABELS": PredictorLabelsInvalid,
    "MODEL_METADATA": MetadataInvalid,
}
_COMPARED = (*serving_variables.PORTS, "GRPC_WORKERS", "TRACING", "JAEGER_TAGS")


def read(known: Settings) -> tuple[Settings, tuple[Advice, ...]]:
    """Normalize the wrapper's variables; return the new settings and warnings about changes.

    Raises:
        BuildError: The wrapper would not start with a value.
    """
    advice: list[Advice] = []
    for name in serving_variables.CHECKS:
        value = known.get(name)
        if value and value.value:
            text, changes = read_variable(name, value.value, value.source.describe())
            advice += changes
            known = known.with_value(name, text)
    try:
        serving_variables.check_together({name: known.text(name) for name in _COMPARED})
    except Refused as refused:
        value = known.get(refused.name)
        raise _explain(refused, value.source.describe() if value else "") from refused
    return known, tuple(advice)


def read_variable(name: str, value: str, origin: str) -> tuple[str, tuple[Advice, ...]]:
    """Normalize one of the wrapper's variables; return its text and warnings about changes.

    Raises:
        BuildError: The wrapper would not start with the value.
    """
    try:
        reading = serving_variables.read_value(name, value)
    except Refused as refused:
        raise _explain(refused, origin) from refused
    return reading.value, tuple(_list_changes(name, reading, origin))


def _list_changes(name: str, reading: Reading, origin: str) -> list[Advice]:
    """Return a warning for each change between the value as it is written and as it is read."""
    changes = []
    if reading.had_comment:
        changes.append(settings_warnings.comment_taken_off(origin, name))
    if reading.had_quotes:
        changes.append(settings_warnings.quotes_taken_off(origin, name))
    if reading.has_open_quote:
        changes.append(settings_warnings.quote_left_open(origin, name))
    if reading.value != reading.bare:
        changes.append(settings_warnings.taken_as(origin, name, reading.bare, reading.value))
    if reading.yaml_error:
        problem = describe_yaml_error(reading.yaml_error)
        changes.append(settings_warnings.metadata_not_yaml(origin, problem))
    return changes


def _explain(refused: Refused, origin: str) -> BuildError:
    """Return the build's error for a value that is refused."""
    name, value, detail = refused.name, refused.value, refused.detail
    match refused.problem:
        case Problem.NO_CLASS:
            return ModelNameInvalid(value, origin)
        case Problem.NOT_LISTED if name == "SERVICE_TYPE":
            types = serving_variables.SERVICE_TYPES
            return ServiceTypeUnknown(value, origin, types, _nearest_type(value))
        case Problem.NOT_LISTED:
            return LogLevelUnknown(value, origin, _LOG_LEVELS)
        case Problem.NO_SWITCH:
            return FlagInvalid(name, value, origin)
        case Problem.NO_NUMBER:
            return NumberInvalid(name, value, origin, detail)
        case Problem.SAME_PORT:
            return PortTwice(detail, name, int(value))
        case Problem.NO_TAGS:
            return JaegerTagsInvalid(value, origin)
        case Problem.CONTENT:
            return _DOCUMENTS[name](detail, origin)


def _nearest_type(value: str) -> str | None:
    import difflib

    name, types = value.replace("-", "_").upper(), serving_variables.SERVICE_TYPES
    near = [known for known in types if known.startswith(name) or known in name]
    return next(iter(near or difflib.get_close_matches(name, types, 1)), None)


def describe_yaml_error(error: Exception) -> str:
    """Return a YAML error as one line, with its position."""
    mark = getattr(error, "problem_mark", None)
    place = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    return f"{getattr(error, 'problem', None) or 'a character that YAML does not allow'}{place}"


def read_ports(known: Settings) -> dict[str, int]:
    """Return the ports of the image by protocol. Without gRPC workers, nothing listens for gRPC."""
    values = {name: known.text(name) for name in _COMPARED}
    ports = serving_variables.list_ports(values)
    return {_PROTOCOLS[name]: port for name, port in ports.items()}
