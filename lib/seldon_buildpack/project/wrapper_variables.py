"""The variables that the wrapper reads at start, whatever set them: taken as meant where that is plain, an error where the wrapper would stop.

The rules are those of seldon-core 1.17.1, seldon_core/microservice.py: ``parse_args``, ``setup_logger`` and ``main``.
"""

import re
from collections.abc import Callable, Mapping

from seldon_buildpack import errors, log
from seldon_buildpack.log import Advice
from seldon_buildpack.project.s2i_environment import SPACES, unquoted

SERVICE_TYPES = ("MODEL", "ROUTER", "TRANSFORMER", "COMBINER", "OUTLIER_DETECTOR")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

_COMMENT = re.compile(r"\s+#.*$")
# importlib takes a module of any name; the class must be one that `class` can define.
_MODULE = re.compile(r"[^\s./\\:'\"#(){}\[\]\0]+")
# A file's name has at most 255 bytes, `.py` included.
_LONGEST = 250

Checked = tuple[str, tuple[Advice, ...]]


def model_name(value: str, origin: str) -> Checked:
    """MODEL_NAME as the wrapper wants it: ``Module``, or ``package.module.Class`` (split at the last dot).

    A path names a file, and so the class of the file's name: ``dir/MyModel.py`` is ``dir.MyModel.MyModel``. An empty value stays empty.
    Raises ModelNameInvalid.
    """
    bare, advice = _bare("MODEL_NAME", value, origin)
    name = _dotted(bare)
    if name is None:
        raise errors.ModelNameInvalid(bare, origin)
    return name, advice if name == bare else (*advice, log.taken_as(origin, "MODEL_NAME", bare, name))


def service_type(value: str, origin: str) -> Checked:
    """SERVICE_TYPE as one of the wrapper's five; an empty value stays empty. Raises ServiceTypeUnknown."""
    bare, advice = _bare("SERVICE_TYPE", value, origin)
    name = bare.upper().replace("-", "_").replace(" ", "_")
    if name and name not in SERVICE_TYPES:
        import difflib

        near = [known for known in SERVICE_TYPES if known.startswith(name) or known in name] or difflib.get_close_matches(
            name, SERVICE_TYPES, 1
        )
        raise errors.ServiceTypeUnknown(bare, origin, SERVICE_TYPES, near[0] if near else None)
    return name, advice if name == bare else (*advice, log.taken_as(origin, "SERVICE_TYPE", bare, name))


def persistence(value: str, origin: str) -> Checked:
    """PERSISTENCE as 0 or 1 (the wrapper reads a whole number, and then ignores it). Raises FlagInvalid."""
    return _flag("PERSISTENCE", value, origin)


def tracing(value: str, origin: str) -> Checked:
    """TRACING as 0 or 1. Raises FlagInvalid."""
    return _flag("TRACING", value, origin)


def log_level(value: str, origin: str) -> Checked:
    """SELDON_LOG_LEVEL in upper case. Raises LogLevelUnknown."""
    bare, advice = _bare("SELDON_LOG_LEVEL", value, origin)
    level = bare.upper()
    if level and level not in (*LOG_LEVELS, "WARN", "FATAL", "NOTSET"):
        raise errors.LogLevelUnknown(bare, origin, LOG_LEVELS)
    return level, advice if level == bare else (*advice, log.taken_as(origin, "SELDON_LOG_LEVEL", bare, level))


CHECKS: Mapping[str, Callable[[str, str], Checked]] = {
    "MODEL_NAME": model_name,
    "SERVICE_TYPE": service_type,
    "PERSISTENCE": persistence,
    "TRACING": tracing,
    "SELDON_LOG_LEVEL": log_level,
}


def _bare(name: str, value: str, origin: str) -> Checked:
    """The value without spaces, a comment behind it, and quotes: none of the five can hold any."""
    stripped = value.strip(SPACES)
    bare = _COMMENT.sub("", stripped)
    advice = () if bare == stripped else (log.comment_taken_off(origin, name),)
    bare, said = unquoted(name, bare, origin)
    return bare.strip(SPACES), (*advice, *said)


def _flag(name: str, value: str, origin: str) -> Checked:
    bare, advice = _bare(name, value, origin)
    words = {"true": "1", "yes": "1", "on": "1", "false": "0", "no": "0", "off": "0"}
    flag = words.get(bare.lower(), bare)
    if flag and not re.fullmatch(r"[+-]?[0-9]+", flag):
        raise errors.FlagInvalid(name, bare, origin)
    return flag, advice if flag == bare else (*advice, log.taken_as(origin, name, bare, flag))


def _dotted(value: str) -> str | None:
    """The dotted name that a value means; None where it means none."""
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
    # A path with a dot in its last part (`dir/module.Class`) says which class it means.
    if folders and "." not in last:
        names.append(last)
    fits = all(_MODULE.fullmatch(name) and len(name.encode()) <= _LONGEST for name in names) and (
        len(names) == 1 or names[-1].isidentifier()
    )
    return ".".join(names) if fits else None
