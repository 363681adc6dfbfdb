"""JSON schema of environment.yml: conda's keys, and those that conda-lock adds.

Scalars are text here, whatever type YAML gives them.

Source: conda, Managing environments (Creating an environment file manually); conda-lock, Source
files.
"""

from collections.abc import Mapping
from typing import Any

KEYS = (
    "name",
    "channels",
    "dependencies",
    "variables",
    "prefix",
    "platforms",
    "category",
    "pip-repositories",
)

_TEXT: Mapping[str, Any] = {"type": "string"}
_TEXTS: Mapping[str, Any] = {"type": ["array", "null"], "items": {"type": "string", "minLength": 1}}
_PIP: Mapping[str, Any] = {
    "type": "object",
    "properties": {"pip": _TEXTS},
    "required": ["pip"],
    "additionalProperties": False,
}

ENVIRONMENT: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": ["string", "null"]},
        "channels": _TEXTS,
        "dependencies": {
            "type": ["array", "null"],
            "items": {
                "if": {"type": "object"},
                "then": _PIP,
                "else": {"type": "string", "minLength": 1},
            },
        },
        "variables": {"type": ["object", "null"], "additionalProperties": _TEXT},
        "prefix": {"type": ["string", "null"]},
        "platforms": _TEXTS,
        "category": {"type": ["string", "null"]},
        "pip-repositories": _TEXTS,
    },
    "additionalProperties": False,
}
