"""Errors about .s2i/environment, image_metadata.json and variables."""

from collections.abc import Sequence

from seldon_buildpack.messages.errors.base import BuildError


def _set(name: str, value: str) -> str:
    return f"Set {name}={value}: as a line of .s2i/environment, or with `--env {name}={value}`."


class EnvironmentFileUnreadable(BuildError):
    """``.s2i/environment`` is there and cannot be read; ``reason`` is the operating system's."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            ".s2i/environment cannot be read",
            f"Opening it failed: {reason}.",
            "Make it a plain text file inside the source that everyone may read: `chmod 755 .s2i; chmod 644 .s2i/environment`.",
            "Remove it, and give its variables with --env.",
        )


class EnvironmentFileNotUtf8(BuildError):
    """``.s2i/environment`` is no UTF-8 text; ``offset`` counts bytes from 0, ``line`` from 1."""

    def __init__(self, line: int, offset: int, byte: int, utf16: bool) -> None:
        looks = " It looks like UTF-16, which is what PowerShell writes with `>`." if utf16 else ""
        super().__init__(
            ".s2i/environment is not UTF-8",
            f"Line {line} holds a byte that UTF-8 text cannot have there: 0x{byte:02x}, at byte offset {offset} of the file.{looks}",
            "Save .s2i/environment as UTF-8, without a byte order mark.",
        )


class EnvironmentFileBadName(BuildError):
    """A line of ``.s2i/environment`` sets a name that no program can read. Text that may be a secret is not repeated."""

    def __init__(self, line: int, name: str) -> None:
        shown = (
            f"`{name}` is"
            if len(name) <= 40 and all(c.isalnum() or c in " _.-" for c in name)
            else "what stands before `=` is"
        )
        super().__init__(
            f".s2i/environment line {line}: {shown} not the name of a variable",
            "A name is made of letters, digits and underscores, without spaces. s2i takes all that stands before the first `=` as the name,\n"
            "and the model would never see the variable.",
            f"Write line {line} as NAME=value.",
            f"If line {line} is a comment, start it with `#`.",
        )


class ImageMetadataNotJson(BuildError):
    """``.s2i/image_metadata.json`` is no JSON; ``line`` and ``column`` count from 1, ``reason`` is the parser's."""

    def __init__(self, line: int, column: int, reason: str) -> None:
        super().__init__(
            f".s2i/image_metadata.json is not JSON: line {line}, column {column}",
            f"{reason[:1].upper()}{reason[1:]}.",
            f"Correct line {line}. JSON knows no comments, no comma after the last entry, and double quotes only.",
            "Remove the file if the image needs no labels of yours.",
        )


class ImageMetadataInvalid(BuildError):
    """``.s2i/image_metadata.json`` does not have the form of labels. ``place`` is a path in it, such as ``labels[1].k``; ``fix`` a sentence."""

    def __init__(self, place: str, fault: str, fix: str) -> None:
        super().__init__(
            f".s2i/image_metadata.json: {place} {fault}",
            'Labels stand there as a list of objects with text as values: {"labels": [{"name": "value"}, {"other": "value"}]}.\n'
            "labels[0] is the first of them.",
            fix,
            "Remove the file if the image needs no labels of yours.",
        )


class ServiceTypeUnknown(BuildError):
    """SERVICE_TYPE is none of the wrapper's five (seldon_core/microservice.py, ``choices``)."""

    def __init__(self, value: str, origin: str, known: Sequence[str], nearest: str | None) -> None:
        super().__init__(
            f"SERVICE_TYPE={value} is not known",
            f"It comes from {origin}. The wrapper knows {', '.join(known)}, and would stop at start with anything else.",
            _set("SERVICE_TYPE", nearest or known[0]),
            "Leave SERVICE_TYPE out: it is then chosen from the methods of the class.",
        )


class FlagInvalid(BuildError):
    """A variable that the wrapper reads with ``int()`` holds something else."""

    def __init__(self, name: str, value: str, origin: str) -> None:
        super().__init__(
            f"{name}={value} is not a number",
            f"It comes from {origin}. The wrapper reads {name} as 0 or 1, and would stop at start with anything else.",
            _set(name, "0"),
            f"Leave {name} out.",
        )


class NumberInvalid(BuildError):
    """A variable that the wrapper or gunicorn reads with ``int()`` holds something else, or a number that they refuse."""

    def __init__(self, name: str, value: str, origin: str, bounds: str) -> None:
        super().__init__(
            f"{name}={value} is not a whole number {bounds}",
            f"It comes from {origin}. The wrapper reads {name} as a number, and would stop at start with anything else.",
            f"Set {name} to a whole number {bounds}.",
            f"Leave {name} out.",
        )


class PortTwice(BuildError):
    """Two of the wrapper's three servers would listen on one port."""

    def __init__(self, first: str, second: str, port: int) -> None:
        super().__init__(
            f"{first} and {second} are both {port}",
            "REST, gRPC and metrics each need a port of their own; left out, they are 9000, 5000 and 6000.",
            f"Give one of {first} and {second} another port.",
            "Leave them out: Seldon's operator sets them in a pod, and `docker run -p 8080:9000` maps another port to the model's.",
        )


class ParametersInvalid(BuildError):
    """PREDICTIVE_UNIT_PARAMETERS cannot be made the arguments of the class. Their values are not repeated: one may be a password."""

    def __init__(self, complaint: str, origin: str) -> None:
        super().__init__(
            f"PREDICTIVE_UNIT_PARAMETERS cannot be used: {complaint}",
            f"It comes from {origin}. It is a list of objects with name, value and type, in JSON. The types are INT, FLOAT, DOUBLE, STRING and BOOL,\n"
            "and the value of a BOOL stands in quotes. With anything else the wrapper would stop at start.",
            'Write it like this: [{"name": "threshold", "value": "0.5", "type": "FLOAT"}]',
            "Leave it out, and give the arguments of the class's `__init__` defaults.",
        )


class PredictorLabelsInvalid(BuildError):
    """PREDICTOR_LABELS is read when the wrapper is imported (seldon_core/env_utils.py)."""

    def __init__(self, complaint: str, origin: str) -> None:
        super().__init__(
            f"PREDICTOR_LABELS cannot be used: {complaint}",
            f"It comes from {origin}. It is an object in JSON, and the wrapper would stop at start with anything else.",
            'Write it like this: {"version": "v1"}',
            "Leave PREDICTOR_LABELS out: Seldon's operator sets it in a pod.",
        )


class MetadataInvalid(BuildError):
    """MODEL_METADATA is YAML that is no mapping (seldon_core/seldon_methods.py, ``init_metadata``)."""

    def __init__(self, complaint: str, origin: str) -> None:
        super().__init__(
            f"MODEL_METADATA cannot be used: {complaint}",
            f"It comes from {origin}. It is a mapping in YAML or JSON, and the wrapper would stop at start with anything else.",
            'Write it like this: {"name": "my-model", "versions": ["1"], "platform": "sklearn"}',
            "Leave MODEL_METADATA out, and return the same from the class's `init_metadata`.",
        )


class JaegerTagsInvalid(BuildError):
    """Jaeger's client cannot split JAEGER_TAGS."""

    def __init__(self, value: str, origin: str) -> None:
        super().__init__(
            f"JAEGER_TAGS={value} is not a list of tags",
            f"It comes from {origin}. With TRACING on, tags are read as name=value, separated by commas, and the wrapper would stop at start.",
            "Write it like this: JAEGER_TAGS=team=fraud,stage=test",
            "Leave JAEGER_TAGS out.",
        )


class InvalidBoolean(BuildError):
    """A switch of the buildpack's own is neither on nor off."""

    def __init__(self, name: str, value: str, origin: str) -> None:
        super().__init__(
            f"{name}={value} is neither on nor off",
            f"It comes from {origin}.",
            _set(name, "1") + "\n0 turns it off.",
        )


class LogLevelUnknown(BuildError):
    """SELDON_LOG_LEVEL is no level of Python's logging."""

    def __init__(self, value: str, origin: str, known: Sequence[str]) -> None:
        super().__init__(
            f"SELDON_LOG_LEVEL={value} is not known",
            f"It comes from {origin}. The wrapper knows {', '.join(known)}, and would stop at start with anything else.",
            _set("SELDON_LOG_LEVEL", "INFO"),
        )
