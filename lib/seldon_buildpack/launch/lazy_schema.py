"""jsonschema is imported once metadata has something to validate.

The wrapper validates a model's metadata at each start, and jsonschema takes a tenth of the time until
the wrapper is imported. Metadata that nobody has set is valid. Imported by seldon-serve, which is
next to it in the image; standard library only, with the syntax of Python 3.6.
"""

import contextlib
import importlib
import sys
import types
from typing import Any, Callable, Dict, Iterator

# What the wrapper fills in, with its types (seldon_core/metadata.py, `validate_model_metadata`).
_EMPTY: Dict[str, Any] = {"inputs": [], "outputs": [], "custom": {}}
_TEXTS = ("name", "platform")


def import_without_jsonschema(import_wrapper: Callable[[], Any]) -> Any:
    """Call a function that imports the wrapper. The model finds the real jsonschema."""
    try:
        with _stand_in():
            return import_wrapper()
    except ImportError as error:
        # Another release of the wrapper needs more of jsonschema.
        if not (error.name or "").startswith("jsonschema"):
            raise
    return import_wrapper()


@contextlib.contextmanager
def _stand_in() -> Iterator[None]:
    if "jsonschema" in sys.modules:
        yield
        return
    package, exceptions = types.ModuleType("jsonschema"), types.ModuleType("jsonschema.exceptions")
    package.validate = validate  # type: ignore[attr-defined]
    exceptions.ValidationError = NeverRaised  # type: ignore[attr-defined]
    stand_ins = {"jsonschema": package, "jsonschema.exceptions": exceptions}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]


class NeverRaised(Exception):
    """In place of jsonschema's error until that is imported."""


def validate(instance: Any, schema: Any) -> None:
    """Validate metadata with jsonschema, unless nobody has set any."""
    if is_unset(instance):
        return
    metadata: Any = importlib.import_module("seldon_core.metadata")
    real: Any = importlib.import_module("jsonschema")
    # The wrapper looks for the error's class once there is an error.
    metadata.ValidationError, metadata.validate = real.ValidationError, real.validate
    real.validate(instance, schema)


def is_unset(metadata: Any) -> bool:
    """Return whether metadata has nothing but a name, a platform and versions, all of them text."""
    versions = metadata.get("versions")
    if not isinstance(versions, list):
        return False
    texts = [*(metadata.get(name) for name in _TEXTS), *versions]
    rest = {name: metadata[name] for name in metadata if name not in (*_TEXTS, "versions")}
    return rest == _EMPTY and all(isinstance(text, str) for text in texts)
