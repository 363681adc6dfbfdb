"""Labels of the image: the user's, from ``.s2i/image_metadata.json``, and those that s2i gave and that say something of the model.

The file's form is s2i's (openshift/source-to-image v1.5.1, docs/new_labels.md, and pkg/build/strategies/sti/postexecutorstep.go, which stops at
anything else): a list of objects under ``labels``, all values text, a later one winning. s2i looks for it in the build container, at
/tmp/.s2i/image_metadata.json, where an assemble script put it; here it lies in the source.
"""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seldon_buildpack import user_files
from seldon_buildpack.app_dir import permissions
from seldon_buildpack.masking import Masker
from seldon_buildpack.messages.errors.settings import ImageMetadataInvalid, ImageMetadataNotJson
from seldon_buildpack.messages.errors.source_files import (
    ManifestNotText,
    UnreadableManifest,
    unreadable,
)

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

FILE = ".s2i/image_metadata.json"

# The lifecycle's own; it lets a buildpack write over them (phase/exporter.go, setLabels), and the next build would then not find its layers.
_RESERVED = r"^io\.buildpacks\."
_KINDS = {
    dict: "an object",
    list: "a list",
    str: "text",
    bool: "true or false",
    float: "a number",
    type(None): "null",
}
_WANTED = {"object": "an object", "array": "a list", "string": "text in quotes"}


def of_model(name: str, service_type: str) -> dict[str, str]:
    """The labels of s2i (pkg/util/labels.go) that a build without s2i can give a meaning to.

    s2i took the display name from the image's, which a buildpack is not told. Left out are io.openshift.s2i.build.* (builder and commit: the
    platform says them in labels of its own) and io.openshift.s2i.scripts-url: s2i would take them as an offer to rebuild.
    """
    return {
        "io.k8s.display-name": name,
        "io.k8s.description": f"{name}, a {service_type} served by Seldon Core's Python wrapper",
    }


def read(app: Path) -> dict[str, str]:
    """The labels of ``app/.s2i/image_metadata.json``, credentials in URLs masked; none where there is no such file.

    Raises UnreadableManifest, ManifestNotText, ImageMetadataNotJson and ImageMetadataInvalid.
    """
    return {name: Masker().mask(value) for name, value in _labels(app).items()}


def mask(app: Path) -> bool:
    """Write the file anew if one of its labels carries credentials; whether it was. Raises what ``read`` raises."""
    masked = read(app)
    if masked == _labels(app):
        return False
    permissions.write(
        app / FILE, (json.dumps({"labels": [masked]}, ensure_ascii=False, indent=2) + "\n").encode()
    )
    return True


def _labels(app: Path) -> dict[str, str]:
    path = app / FILE
    try:
        if not path.exists() and not path.is_symlink():
            return {}
        data = user_files.read(app, path)
    except OSError as error:
        raise UnreadableManifest(FILE, unreadable(path, error)) from error
    told = _json(data)
    _check(told)
    return {
        _text(name): _text(value) for labels in told["labels"] for name, value in labels.items()
    }


def _json(data: bytes) -> Any:
    try:
        # A whole number may have too many digits for int(), and none is wanted.
        return json.loads(data.decode("utf-8-sig"), parse_int=float)
    except UnicodeDecodeError as error:
        utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        raise ManifestNotText(FILE, data.count(b"\n", 0, error.start) + 1, utf16) from error
    except json.JSONDecodeError as error:
        raise ImageMetadataNotJson(error.lineno, error.colno, error.msg) from error
    except RecursionError as error:
        raise ImageMetadataNotJson(1, 1, "it is nested too deeply") from error


def _check(told: Any) -> None:
    # Slow to import, and most sources have no such file.
    from jsonschema import Draft202012Validator

    label_name = {"minLength": 1, "not": {"pattern": _RESERVED}}
    labels = {
        "type": "object",
        "propertyNames": label_name,
        "additionalProperties": {"type": "string"},
    }
    schema = {
        "type": "object",
        "required": ["labels"],
        "properties": {"labels": {"type": "array", "items": labels}},
    }
    error = next(Draft202012Validator(schema).iter_errors(told), None)
    if error:
        place = error.json_path.removeprefix("$").removeprefix(".")
        raise ImageMetadataInvalid(place or "the top level", *_fault(error))


def _fault(error: "ValidationError") -> tuple[str, str]:
    """What is wrong at the place, and what to do."""
    if error.validator == "required":
        return "has no `labels`", "Put the labels under `labels`."
    if error.validator == "minLength":
        return "has a label without a name", "Give the label a name, or take it out."
    if error.validator == "not":
        return (
            f"sets {error.instance}, which is the platform's own",
            "Take it out, or use another name: those of io.buildpacks are not free.",
        )
    wanted = _WANTED[str(error.validator_value)]
    return f"is {_KINDS[type(error.instance)]}, not {wanted}", f"Write {wanted} there."


def _text(text: str) -> str:
    """The text as Go reads it: half of a surrogate pair, which no UTF-8 can hold, is U+FFFD."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)
