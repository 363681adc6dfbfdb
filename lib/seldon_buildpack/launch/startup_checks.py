"""The checks of seldon-serve: a plain error or note for what the wrapper would answer with a traceback.

What a value means is decided in serving_variables.py, which the build uses too. Imported by
seldon-serve, which is next to it in the image; standard library only, with the syntax of Python 3.6.
"""

import contextlib
import difflib
import re
from typing import Any, Dict, List, Mapping, Sequence

_EXAMPLES = {
    "PREDICTIVE_UNIT_PARAMETERS": (
        "It is a JSON list of objects with name, value and type.",
        '[{"name": "threshold", "value": "0.5", "type": "FLOAT"}]',
    ),
    "PREDICTOR_LABELS": ("It is a JSON object.", '{"version": "v1"}'),
    "MODEL_METADATA": (
        "It is a mapping in YAML or JSON.",
        '{"name": "my-model", "versions": ["1"]}',
    ),
}
_NAMES_A_CLASS = "It names the Python class to serve: a module that contains a class of the same name, or module.Class."


class StartupError(Exception):
    """A start that cannot succeed.

    The message has a line each for the problem, the reason and the fix; ``code`` is the exit code.
    """

    def __init__(self, what: str, why: str, fix: str, code: int = 2) -> None:
        super().__init__("ERROR: {}\n  {}\n  Fix: {}".format(what, why, fix))
        self.code = code


class Environment:
    """The environment for the wrapper, with a note for each value that was changed."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values: Dict[str, str] = dict(values)
        self.notes: List[str] = []

    def get(self, name: str) -> str:
        """Return the value, or the empty string."""
        return self.values.get(name, "")


def check_environment(environ: Mapping[str, str], variables: Any) -> Environment:
    """Return the environment with every value in the form that the wrapper reads.

    ``variables`` is the module serving_variables.

    Raises:
        StartupError: A value cannot be used; the first one is reported.
    """
    env = Environment(environ)
    try:
        for name in variables.CHECKS:
            if name in env.values:
                _normalize(env, name, variables.read_value(name, env.get(name)))
            if name == "MODEL_NAME" and not env.get(name):
                fix = "Start the container with it (docker run -e MODEL_NAME=MyModel IMAGE), or set it in .s2i/environment and rebuild the image."
                raise StartupError("MODEL_NAME is not set.", _NAMES_A_CLASS, fix)
        variables.check_together(env.values)
    except variables.Refused as refused:
        raise _explain(refused, variables) from None
    if not env.get("SERVICE_TYPE"):
        # The wrapper's own default; the endpoints are the same for all types.
        env.notes.append("SERVICE_TYPE is not set: using MODEL.")
        env.values["SERVICE_TYPE"] = "MODEL"
    return env


def _normalize(env: Environment, name: str, reading: Any) -> None:
    """Set a variable to what it means; an empty one is removed."""
    if not reading.bare.strip():
        del env.values[name]
        return
    if reading.bare != env.get(name):
        # The note leaves out the value: a parameter of the model may be a password.
        env.notes.append(
            "The quotes, spaces or comment around the value of {} are removed.".format(name)
        )
    if reading.value != reading.bare:
        env.notes.append("{}={} is read as {}.".format(name, reading.bare, reading.value))
    if reading.yaml_error:
        env.notes.append("{} is not YAML, so the wrapper ignores it.".format(name))
    env.values[name] = reading.value


def _explain(refused: Any, variables: Any) -> StartupError:
    problem, name, value = refused.problem, refused.name, refused.value
    known = variables.SERVICE_TYPES if name == "SERVICE_TYPE" else variables.LOG_LEVELS
    nearest = nearest_name(re.sub(r"[-\s]+", "_", value).upper(), known)
    is_switch = problem is variables.Problem.NO_SWITCH
    texts = {
        variables.Problem.NO_CLASS: lambda: _no_class(value, variables),
        variables.Problem.NOT_LISTED: lambda: StartupError(
            "{} is {!r}, which the wrapper does not accept.".format(name, value),
            "It is one of {}.".format(", ".join(known)),
            "Set {}={}.".format(name, nearest or variables.DEFAULTS[name]),
        ),
        variables.Problem.CONTENT: lambda: StartupError(
            "{} cannot be used: {}.".format(name, refused.detail),
            _EXAMPLES[name][0],
            "Set it like this: {}".format(_EXAMPLES[name][1]),
        ),
        variables.Problem.SAME_PORT: lambda: StartupError(
            "{} and {} are both {}.".format(refused.detail, name, value),
            "REST, gRPC and metrics each need a separate port. The defaults are 9000, 5000 and 6000.",
            "Set one of them to another port.",
        ),
        variables.Problem.NO_TAGS: lambda: StartupError(
            "JAEGER_TAGS is {!r}, which is not a list of tags.".format(value),
            "With TRACING on, tags are read as name=value, separated by commas.",
            "Set JAEGER_TAGS=team=fraud,stage=test.",
        ),
    }
    explain = texts.get(problem)
    if explain:
        return explain()
    bounds = "of 0 or more" if is_switch else refused.detail
    return StartupError(
        "{} is {!r}, which is not a whole number {}.".format(name, value, bounds),
        "The wrapper reads it {} at startup.".format(
            "as 1 for on, 0 for off," if is_switch else "as a number"
        ),
        "Set {} to such a number, or unset it.".format(name),
    )


def _no_class(given: str, variables: Any) -> StartupError:
    what = "MODEL_NAME is {!r}, which is not the name of a Python class.".format(given)
    if re.search(r"\s(REST|GRPC)\Z", given, re.IGNORECASE):
        why = "It no longer includes the API type: the wrapper serves both REST and gRPC."
        return StartupError(what, why, "Set MODEL_NAME={}.".format(given.split()[0]))
    name = "MyModel"
    with contextlib.suppress(variables.Refused):
        name = variables.read_value("MODEL_NAME", re.split(r"[/\\]", given)[-1]).value or name
    fix = "Set MODEL_NAME to the class, for example MODEL_NAME={0} for the class {0} in {0}.py."
    return StartupError(what, _NAMES_A_CLASS, fix.format(name))


def nearest_name(given: str, known: Sequence[str]) -> str:
    """Return the known name that is most like a given one, or the empty string."""
    return next(iter(difflib.get_close_matches(given, known, 1, 0.5)), "")
