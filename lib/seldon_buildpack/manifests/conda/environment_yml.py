"""Reader for environment.yml: channels, dependencies, the pip section and variables.

It accepts what conda accepts, and reports each error with its line.
"""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from seldon_buildpack.manifests.conda import match_spec, schema, yaml_lines
from seldon_buildpack.manifests.conda.derive import completed
from seldon_buildpack.manifests.conda.match_spec import Fault
from seldon_buildpack.manifests.conda.types import CondaEnvironment, Spec
from seldon_buildpack.manifests.conda.yaml_lines import Document, Place
from seldon_buildpack.manifests.requirements_txt import text_of
from seldon_buildpack.masking import Secret
from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.messages.errors.conda_channels import ChannelVariableUnset
from seldon_buildpack.messages.errors.conda_files import (
    DependencyOfConda,
    EnvironmentEmpty,
    EnvironmentKeyUnknown,
    EnvironmentNotList,
    EnvironmentNotMapping,
    EnvironmentNotText,
    PipMisplaced,
    PipTwice,
    SelectorNotCondas,
    SpecInvalid,
    SpecOfPip,
    VariableMisnamed,
    VariablesNotMapping,
)
from seldon_buildpack.messages.errors.settings import VariableNameTooLong
from seldon_buildpack.messages.warnings import conda_files as conda_files_warnings
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.settings.s2i_environment import LONGEST_NAME
from seldon_buildpack.settings.variable_kinds import like_credential

_NO_DEFAULTS = "nodefaults"
# The same names as in .s2i/environment. A dot would separate the name from an action (spec:
# Environment Variable Modification Rules).
_NAME = re.compile(r"[A-Za-z0-9_-]+")
# The variables that os.path.expandvars expands, as conda does in channels (conda: conda/env/env.py,
# _expand_channels).
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))", re.ASCII)
# Selectors of conda-build, which conda-lock reads too; below, those that are true on this platform.
_SELECTOR = re.compile(
    r"^\s*-\s*(\S.*?)\s+#\s*\[\s*((?:not\s+)?(?:linux|unix|win|osx|arm|aarch|x86|py)[\w -]*)\]",
    re.MULTILINE,
)
# conda's users copied this form from each other until pip 21.2 refused it.
_FILE_URL = re.compile(r"(-[rc]|--(?:requirement|constraint))[ =]*file:([^/\s]\S*)")
_TRUE = re.compile(r"linux(64)?|unix|x86_64|not\s+(win\w*|osx\w*|arm\w*|aarch\w*)")


def read(app: Path, path: Path, env: Mapping[str, str]) -> CondaEnvironment:
    """Read environment.yml, and look up the variables in its channels in ``env``.

    Raises:
        BuildError: The file is not text, is not YAML, or is not an environment that conda accepts.
    """
    name, text = path.name, text_of(app, path)
    document = yaml_lines.load(name, text)
    if document.value is None:
        raise EnvironmentEmpty(name)
    _validate(name, document)
    told: dict[str, Any] = document.value
    channels, used = _channels(name, document, env)
    variables = _variables(name, document)
    prefix = told.get("prefix") or ""
    pip = tuple(_pip(name, document))
    return completed(
        CondaEnvironment(
            path=path,
            kind="environment",
            name=told.get("name") or "",
            channels=tuple(channel for channel in channels if channel != _NO_DEFAULTS),
            nodefaults=_NO_DEFAULTS in channels,
            specs=_specs(name, document),
            pip=pip,
            variables=variables,
            prefix=prefix,
            files=(path,),
            configuring=used,
            secrets=tuple(Secret(env[variable]) for variable in sorted(used)),
            advice=(
                *([conda_files_warnings.conda_yaml_taken(name)] if path.suffix == ".yaml" else []),
                *(
                    [conda_files_warnings.conda_prefix_ignored(name, document.line(("prefix",)))]
                    if prefix
                    else []
                ),
                *_selectors(name, text),
                *_relative_file_urls(name, pip),
                *(
                    conda_files_warnings.conda_credential_in_image(name, key)
                    for key, value in variables.items()
                    if like_credential(key, value)
                ),
            ),
        )
    )


def _channels(
    name: str, document: Document, env: Mapping[str, str]
) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the channels with their variables expanded, and the names of those variables.

    Raises:
        ChannelVariableUnset: A variable is not set.
    """
    channels, used = [], set()
    for number, channel in enumerate(document.value.get("channels") or []):
        for found in _VARIABLE.finditer(channel):
            variable = found[1] or found[2]
            if not env.get(variable):
                raise ChannelVariableUnset(name, document.line(("channels", number)), variable)
            used.add(variable)
        channels.append(_VARIABLE.sub(lambda match: env[match[1] or match[2]], channel).strip())
    return tuple(channels), frozenset(used)


def _variables(name: str, document: Document) -> dict[str, str]:
    """Return the variables to set in the image.

    Each becomes the name of a file in the layer (spec: Environment Variable Modification Rules).

    Raises:
        VariableMisnamed: A name contains a character that is not allowed.
        VariableNameTooLong: A name is too long.
    """
    variables = document.value.get("variables") or {}
    for key in variables:
        if not _NAME.fullmatch(key):
            raise VariableMisnamed(name, document.line(("variables", key)))
        if len(key) > LONGEST_NAME:
            raise VariableNameTooLong(name, document.line(("variables", key)), LONGEST_NAME)
    return {key: str(value) for key, value in variables.items()}


def _specs(name: str, document: Document) -> tuple[Spec, ...]:
    """Return the dependencies that conda installs.

    Raises:
        SpecInvalid: A dependency is not a match spec.
        SpecOfPip: A dependency is a requirement or an option that only pip understands.
    """
    found = []
    for number, entry in enumerate(document.value.get("dependencies") or []):
        if not isinstance(entry, str):
            continue
        text, line = " ".join(entry.split()), document.line(("dependencies", number))
        parsed = match_spec.parse(text)
        if isinstance(parsed, Fault):
            kind = SpecOfPip if parsed.of_pip else SpecInvalid
            raise kind(name, line, text, parsed.why, parsed.meant)
        found.append(Spec(text, line))
    return tuple(found)


def _pip(name: str, document: Document) -> Iterator[Spec]:
    """Yield the lines of the pip section.

    Raises:
        PipTwice: There is more than one pip section.
    """
    earlier = 0
    for number, entry in enumerate(document.value.get("dependencies") or []):
        if not isinstance(entry, dict):
            continue
        line = document.line(("dependencies", number, "pip"))
        if earlier:
            raise PipTwice(name, line, earlier)
        earlier = line
        for position, text in enumerate(entry["pip"] or []):
            yield Spec(text.strip(), document.line(("dependencies", number, "pip", position)))


def _relative_file_urls(name: str, lines: Iterable[Spec]) -> Iterator[Advice]:
    """Yield advice on each `-r file:reqs.txt`, which only old releases of pip accept."""
    for spec in lines:
        if found := _FILE_URL.match(spec.text):
            yield conda_files_warnings.include_by_file_url(name, spec.line, found[1], found[2])


def _selectors(name: str, text: str) -> Iterator[Advice]:
    """Yield advice on each dependency whose selector would exclude it here.

    conda ignores selectors, so these dependencies are installed.
    """
    for found in _SELECTOR.finditer(text):
        if not _TRUE.fullmatch(found[2].strip()):
            yield conda_files_warnings.conda_selector_ignored(
                name, text[: found.start(1)].count("\n") + 1, found[2].strip(), found[1]
            )


def _validate(name: str, document: Document) -> None:
    """Raise the error for the first problem in the file."""
    for place, kind in document.plain.items():
        if place[:1] == ("dependencies",) and len(place) == 2 and isinstance(place[1], int):
            raise DependencyOfConda(
                name,
                document.line(place),
                _written(document, place),
                "python=" + _written(document, place) if kind == "float" else "",
            )
    found = list(Draft202012Validator(dict(schema.ENVIRONMENT)).iter_errors(document.value))
    if found:
        raise min((_error(name, document, one) for one in found), key=lambda one: one[0])[1]


def _error(name: str, document: Document, found: ValidationError) -> tuple[int, BuildError]:
    """Return the line of a schema violation, and the error for it."""
    place: Place = tuple(found.absolute_path)
    if place[:1] == ("dependencies",) and len(place) == 2 and isinstance(found.instance, dict):
        return _mapping(name, document, place, found.instance)
    if found.validator == "additionalProperties" and not place:
        key = min(
            (key for key in document.value if key not in schema.KEYS),
            key=lambda key: document.line((key,)),
        )
        return document.line((key,)), _unknown(name, document.line((key,)), key)
    line = document.line(place)
    if not place:
        return line, EnvironmentNotMapping(name, line, isinstance(found.instance, list))
    if place == ("variables",):
        first = (
            str((found.instance or [""])[0])
            if isinstance(found.instance, list)
            else str(found.instance)
        )
        return line, VariablesNotMapping(
            name, line, first.replace("=", ": ", 1) if "=" in first else ""
        )
    if isinstance(place[-1], str) and place[-1] in (
        "dependencies",
        "channels",
        "pip",
        "platforms",
        "pip-repositories",
    ):
        return line, EnvironmentNotList(
            name, line, place[-1], found.instance if isinstance(found.instance, str) else ""
        )
    what = (
        f"`{place[-1]}:`"
        if isinstance(place[-1], str)
        else f"an entry of `{next(key for key in reversed(place) if isinstance(key, str))}:`"
    )
    return line, EnvironmentNotText(name, line, what)


def _mapping(
    name: str, document: Document, place: Place, entry: Mapping[str, Any]
) -> tuple[int, BuildError]:
    """Return the error for a mapping among the dependencies that is not just a pip section."""
    key = next((key for key in entry if key != "pip"), "pip")
    line, value = document.line((*place, key)), entry.get(key)
    if not entry:
        return line, EnvironmentNotText(name, line, "an entry of `dependencies:`")
    if key.startswith("sel("):
        return line, SelectorNotCondas(name, line, key)
    text = value if isinstance(value, str) else ""
    versioned = key + (text if text[:1] in "<>=!~" else f"={text}") if text else ""
    return line, DependencyOfConda(name, line, f"{key}: {text}".strip(), versioned)


def _unknown(name: str, line: int, key: str) -> BuildError:
    if key == "pip":
        return PipMisplaced(name, line)
    near = next(iter(difflib.get_close_matches(key.lower(), schema.KEYS, 1)), "")
    return EnvironmentKeyUnknown(
        name,
        line,
        key,
        {"requirements": "dependencies", "packages": "dependencies"}.get(key.lower(), near),
    )


def _written(document: Document, place: Place) -> str:
    value: Any = document.value
    for key in place:
        value = value[key]
    return str(value)
