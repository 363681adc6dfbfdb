"""Image labels: those in ``.s2i/image_metadata.json``, and those that describe the model.

The file's format is that of s2i (openshift/source-to-image v1.5.1, docs/new_labels.md, and
pkg/build/strategies/sti/postexecutorstep.go, which fails on anything else): a list of objects under
``labels``. All values are strings, and the last value of a label wins. s2i reads the file from
/tmp/.s2i/image_metadata.json in the build container, where an assemble script puts it. The
buildpack reads it from the source.
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

# The lifecycle's own labels. A buildpack can overwrite them (phase/exporter.go, setLabels), and
# then the next build would not find its layers. The others are what this buildpack states.
_RESERVED = r"^io\.(buildpacks\.|seldon\.(licenses|python\.version|wrapper\.(version|pins))$)"
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
    """Return the labels of s2i (pkg/util/labels.go) that have a meaning without s2i.

    s2i took the display name from the name of the image, which a buildpack does not know. These are
    omitted: io.openshift.s2i.build.* (the builder and the commit, for which the platform has its
    own labels) and io.openshift.s2i.scripts-url, because s2i would conclude from them that it can
    rebuild the image.
    """
    return {
        "io.k8s.display-name": name,
        "io.k8s.description": f"{name}, a {service_type} served by Seldon Core's Python wrapper",
    }


def read(app: Path, masker: Masker | None = None) -> dict[str, str]:
    """Return the labels of ``app/.s2i/image_metadata.json``, or {} if there is no such file.

    Secrets that ``masker`` knows, and credentials in URLs, are masked.

    Raises:
        UnreadableManifest, ManifestNotText, ImageMetadataNotJson, ImageMetadataInvalid: The file is
            unreadable or invalid.
    """
    masker = masker or Masker()
    return {masker.mask(name): masker.mask(value) for name, value in _labels(app).items()}


def mask(app: Path, masker: Masker | None = None) -> bool:
    """Rewrite the file if one of its labels contains a secret, and return whether it was.

    Raises:
        BuildError: As in ``read``.
    """
    masked = read(app, masker)
    if masked == _labels(app):
        return False
    permissions.write(
        app / FILE, (json.dumps({"labels": [masked]}, ensure_ascii=False, indent=2) + "\n").encode()
    )
    return True


def _labels(app: Path) -> dict[str, str]:
    path = app / FILE
    try:
        if not user_files.exists(path) and not path.is_symlink():
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
        # An integer may have too many digits for int(). Numbers are invalid here anyway.
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
    """Return what is wrong at this place, and how to fix it."""
    if error.validator == "required":
        return "has no `labels`", "Put the labels under `labels`."
    if error.validator == "minLength":
        return "has a label without a name", "Name the label, or remove it."
    if error.validator == "not":
        return (
            f"sets {error.instance}, which is reserved for the platform",
            "Remove it, or use another name: names in io.buildpacks are reserved.",
        )
    wanted = _WANTED[str(error.validator_value)]
    return f"is {_KINDS[type(error.instance)]}, not {wanted}", f"Write {wanted} there."


def _text(text: str) -> str:
    """Return the text as Go reads it: a lone surrogate, which UTF-8 cannot hold, is U+FFFD."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)
