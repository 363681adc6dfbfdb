"""Errors about .s2i/environment, image_metadata.json and variables."""

from collections.abc import Sequence

from seldon_buildpack.messages.errors.base import BuildError


def _set(name: str, value: str) -> str:
    return f"Set {name}={value} in .s2i/environment, or pass `--env {name}={value}`."


class EnvironmentFileUnreadable(BuildError):
    """An unreadable ``.s2i/environment``; ``reason`` is the operating system's."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            "`.s2i/environment` cannot be read",
            f"Opening it failed: {reason}.",
            "Make it a regular text file inside the source that everyone can read: `chmod 755 .s2i; chmod 644 .s2i/environment`.",
            "Remove it, and set its variables with --env.",
        )


class EnvironmentFileNotUtf8(BuildError):
    """A ``.s2i/environment`` that is not UTF-8.

    ``offset`` counts bytes from 0, ``line`` counts from 1.
    """

    def __init__(self, line: int, offset: int, byte: int, utf16: bool) -> None:
        looks = " It looks like UTF-16, which PowerShell writes with `>`." if utf16 else ""
        super().__init__(
            "`.s2i/environment` is not UTF-8",
            f"Line {line} contains an invalid byte: 0x{byte:02x}, at byte offset {offset} of the file.{looks}",
            "Save .s2i/environment as UTF-8, without a byte order mark.",
        )


class EnvironmentFileBadName(BuildError):
    """A line of ``.s2i/environment`` with a name that no program can read.

    Text that may be a secret is not quoted.
    """

    def __init__(self, line: int, name: str) -> None:
        shown = (
            f"`{name}` is"
            if len(name) <= 40 and all(c.isalnum() or c in " _.-" for c in name)
            else "the text before `=` is"
        )
        super().__init__(
            f"Line {line} of `.s2i/environment`: {shown} not a variable name",
            "Names consist of letters, digits and underscores, without spaces. s2i uses everything before the first `=` as the name,\n"
            "and the model would never see the variable.",
            f"Write line {line} as NAME=value.",
            f"If line {line} is a comment, start it with `#`.",
        )


class VariableNameTooLong(BuildError):
    """A variable whose name is too long for the file that sets it in the image."""

    def __init__(self, file: str, line: int, most: int) -> None:
        super().__init__(
            f"Line {line} of `{file}`: the variable name is too long",
            f"It has more than {most} characters. In the image, a file of that name sets the variable.",
            "Choose a shorter name.",
        )


class ImageMetadataNotJson(BuildError):
    """A ``.s2i/image_metadata.json`` that is not JSON.

    ``line`` and ``column`` count from 1; ``reason`` is the parser's.
    """

    def __init__(self, line: int, column: int, reason: str) -> None:
        super().__init__(
            f"`.s2i/image_metadata.json` is not JSON: line {line}, column {column}",
            f"{reason[:1].upper()}{reason[1:]}.",
            f"Correct line {line}. JSON allows no comments, no comma after the last entry, and only double quotes.",
            "Remove the file if the image needs no labels of yours.",
        )


class ImageMetadataInvalid(BuildError):
    """A ``.s2i/image_metadata.json`` without the structure of labels.

    ``place`` is a path in the document, such as ``labels[1].k``; ``fix`` is a sentence.
    """

    def __init__(self, place: str, fault: str, fix: str) -> None:
        super().__init__(
            f"`.s2i/image_metadata.json`: {place} {fault}",
            'Labels are a list of objects with strings as values: {"labels": [{"name": "value"}, {"other": "value"}]}.\n'
            "labels[0] is the first object.",
            fix,
            "Remove the file if the image needs no labels of yours.",
        )


class ServiceTypeUnknown(BuildError):
    """A SERVICE_TYPE that the wrapper does not have.

    See ``choices`` in seldon_core/microservice.py.
    """

    def __init__(self, value: str, origin: str, known: Sequence[str], nearest: str | None) -> None:
        super().__init__(
            f"`SERVICE_TYPE={value}` is not a service type",
            f"It comes from {origin}. The wrapper accepts {', '.join(known)}, and stops at startup with anything else.",
            _set("SERVICE_TYPE", nearest or known[0]),
            "Unset SERVICE_TYPE, so that the build chooses it from the methods of the class.",
        )


class FlagInvalid(BuildError):
    """A flag that the wrapper reads with ``int()``, and that is not a number."""

    def __init__(self, name: str, value: str, origin: str) -> None:
        super().__init__(
            f"`{name}={value}` is not a number",
            f"It comes from {origin}. The wrapper reads {name} as 0 or 1, and stops at startup with anything else.",
            _set(name, "0"),
            f"Unset {name}.",
        )


class NumberInvalid(BuildError):
    """A number that the wrapper or gunicorn rejects.

    They read it with ``int()``; it is not a number, or out of bounds.
    """

    def __init__(self, name: str, value: str, origin: str, bounds: str) -> None:
        super().__init__(
            f"`{name}={value}` is not a whole number {bounds}",
            f"It comes from {origin}. The wrapper reads {name} as a number, and stops at startup with anything else.",
            f"Set {name} to a whole number {bounds}.",
            f"Unset {name}.",
        )


class PortTwice(BuildError):
    """A port that two of the wrapper's three servers would listen on."""

    def __init__(self, first: str, second: str, port: int) -> None:
        super().__init__(
            f"`{first}` and `{second}` are both {port}",
            "REST, gRPC and metrics each need a separate port. The defaults are 9000, 5000 and 6000.",
            f"Set {first} or {second} to another port.",
            "Unset them: Seldon's operator sets them in a pod, and `docker run -p 8080:9000` maps another port to the model's.",
        )


class ParametersInvalid(BuildError):
    """A PREDICTIVE_UNIT_PARAMETERS that can't be converted to arguments of the class.

    The values are not quoted, because one may be a password.
    """

    def __init__(self, complaint: str, origin: str) -> None:
        super().__init__(
            f"PREDICTIVE_UNIT_PARAMETERS cannot be used: {complaint}",
            f"It comes from {origin}. It is a JSON list of objects with name, value and type. The types are INT, FLOAT, DOUBLE, STRING and BOOL,\n"
            "and the value of a BOOL is in quotes. The wrapper stops at startup with anything else.",
            'Write it like this: [{"name": "threshold", "value": "0.5", "type": "FLOAT"}]',
            "Unset it, and give the arguments of the class's `__init__` defaults.",
        )


class PredictorLabelsInvalid(BuildError):
    """An invalid PREDICTOR_LABELS.

    The wrapper reads it when it is imported (seldon_core/env_utils.py).
    """

    def __init__(self, complaint: str, origin: str) -> None:
        super().__init__(
            f"PREDICTOR_LABELS cannot be used: {complaint}",
            f"It comes from {origin}. It is a JSON object, and the wrapper stops at startup with anything else.",
            'Write it like this: {"version": "v1"}',
            "Unset PREDICTOR_LABELS: Seldon's operator sets it in a pod.",
        )


class MetadataInvalid(BuildError):
    """A MODEL_METADATA that is YAML, but not a mapping.

    See ``init_metadata`` in seldon_core/seldon_methods.py.
    """

    def __init__(self, complaint: str, origin: str) -> None:
        super().__init__(
            f"MODEL_METADATA cannot be used: {complaint}",
            f"It comes from {origin}. It is a mapping in YAML or JSON, and the wrapper stops at startup with anything else.",
            'Write it like this: {"name": "my-model", "versions": ["1"], "platform": "sklearn"}',
            "Unset MODEL_METADATA, and return the same from the class's `init_metadata`.",
        )


class JaegerTagsInvalid(BuildError):
    """A JAEGER_TAGS that Jaeger's client can't split."""

    def __init__(self, value: str, origin: str) -> None:
        super().__init__(
            f"`JAEGER_TAGS={value}` is not a list of tags",
            f"It comes from {origin}. With TRACING on, tags are read as name=value, separated by commas. The wrapper stops at startup with anything else.",
            "Write it like this: JAEGER_TAGS=team=fraud,stage=test",
            "Unset JAEGER_TAGS.",
        )


class InvalidBoolean(BuildError):
    """A boolean setting of the buildpack that is neither on nor off."""

    def __init__(self, name: str, value: str, origin: str) -> None:
        super().__init__(
            f"`{name}={value}` is neither on nor off",
            f"It comes from {origin}.",
            _set(name, "1") + "\nTo turn it off, set it to 0.",
        )


class LogLevelUnknown(BuildError):
    """A SELDON_LOG_LEVEL that is not a level of Python's logging."""

    def __init__(self, value: str, origin: str, known: Sequence[str]) -> None:
        super().__init__(
            f"`SELDON_LOG_LEVEL={value}` is not a log level",
            f"It comes from {origin}. The wrapper accepts {', '.join(known)}, and stops at startup with anything else.",
            _set("SELDON_LOG_LEVEL", "INFO"),
        )


class ModelTrialUnknown(BuildError):
    """A BP_MODEL_TRIAL that is none of the valid values."""

    def __init__(self, value: str) -> None:
        super().__init__(
            f"`BP_MODEL_TRIAL={value}` is not valid",
            "It says how far the build tries the model: auto, import, load, answer, always or off (docs/model-checks.md).",
            _set("BP_MODEL_TRIAL", "auto"),
        )


class ModelTrialTimeoutInvalid(BuildError):
    """A BP_MODEL_TRIAL_TIMEOUT that is not a number of seconds."""

    def __init__(self, value: str, most: int) -> None:
        super().__init__(
            f"`BP_MODEL_TRIAL_TIMEOUT={value}` is not valid",
            f"It is how long the model may take to load in the build: a whole number of seconds from 1 to {most}.",
            _set("BP_MODEL_TRIAL_TIMEOUT", "120"),
            "Unset it: the default is 60.",
        )
