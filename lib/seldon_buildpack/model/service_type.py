"""Which service type does a class have, if SERVICE_TYPE does not say so?"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from seldon_buildpack.messages.errors.model import (
    ModelMethodMissing,
)
from seldon_buildpack.messages.warnings import model as model_warnings
from seldon_buildpack.messages.warnings.base import Advice
from seldon_buildpack.model.class_resolver import Definition
from seldon_buildpack.model.methods import NEEDS, calls, of_wrapper, select_called

# The order in which types are inferred. A class that routes or aggregates is made for that,
# whatever other methods it has, and a model may also transform. An outlier detector has the methods
# of a model or a transformer, so it is never inferred.
FITS = ("ROUTER", "COMBINER", "MODEL", "TRANSFORMER")
# The origin of a type that nothing decides.
BY_DEFAULT = "the wrapper's default"


def infer_service_type(methods: Iterable[str]) -> tuple[str, tuple[str, ...]] | None:
    """Return the service type that methods are for, and those of them that decide.

    None if no type needs any of them.
    """
    present = tuple(methods)
    for kind in FITS:
        if deciding := tuple(method for method in present if method in calls(kind)):
            return kind, deciding
    return None


def advise_on_type(
    class_name: str, service_type: str, origin: str, methods: Sequence[str]
) -> Advice:
    """Warn that a class has other methods than those of its SERVICE_TYPE."""
    return model_warnings.method_of_another_type(
        class_name,
        (service_type, origin),
        NEEDS[service_type],
        select_called(methods),
        _inferred_type(methods),
    )


def method_missing(
    class_name: str, file: Path | None, service_type: str, definition: Definition
) -> ModelMethodMissing:
    """Return the error for a class without a method of its service type."""
    has = sorted(name for name in definition.names if not name.startswith("_"))
    methods = of_wrapper(definition.names)
    fitting = _inferred_type(methods)
    path = file.as_posix() if file else "the source"
    return ModelMethodMissing(class_name, path, service_type, NEEDS[service_type], has, fitting)


def _inferred_type(methods: Sequence[str]) -> str | None:
    inferred = infer_service_type(methods)
    return inferred[0] if inferred else None


def choose_service_type(
    class_name: str, file: Path | None, definition: Definition, methods: Sequence[str]
) -> tuple[str, str]:
    """Infer the service type from the methods, and return it with the reason.

    If the methods are not fully known and none decides, it is the wrapper's own default.

    Raises:
        ModelMethodMissing: The class has no method that a request or a start calls.
    """
    if inferred := infer_service_type(methods):
        return inferred[0], f"{class_name} has {_and(inferred[1])}"
    if definition.doubt:
        return "MODEL", BY_DEFAULT
    if present := list(select_called(methods)):
        return "MODEL", f"{class_name} has {_and(present)}, which no type needs"
    raise method_missing(class_name, file, "MODEL", definition)


def _and(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
