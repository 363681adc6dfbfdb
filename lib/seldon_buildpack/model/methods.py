"""The methods that the wrapper calls, by service type.

See seldon_core/seldon_methods.py and user_model.py of seldon-core 1.17.1.
"""

from collections.abc import Iterable

# `_rest` and `_grpc` are deprecated, but the wrapper still tries them first.
_FORMS = ("", "_raw", "_rest", "_grpc")
_GRAPH = ("predict", "transform_input", "transform_output", "route", "aggregate")
_OTHERS = (
    *(
        "send_feedback",
        "send_feedback_raw",
        "health_status",
        "health_status_raw",
        "init_metadata",
        "tags",
        "metrics",
    ),
    *("class_names", "feature_names", "load", "custom_service", "model_error_handler"),
)

# The wrapper serves every endpoint for any type, and calls an outlier detector through the endpoint
# that the graph uses.
NEEDS = {
    "MODEL": ("predict",),
    "ROUTER": ("route",),
    "TRANSFORMER": ("transform_input", "transform_output"),
    "COMBINER": ("aggregate",),
    "OUTLIER_DETECTOR": ("predict", "transform_input", "transform_output", "route", "aggregate"),
}
# The order in which types are inferred. A class that routes or aggregates is made for that,
# whatever other methods it has, and a model may also transform. An outlier detector has the methods
# of a model or a transformer, so it is never inferred.
FITS = ("ROUTER", "COMBINER", "MODEL", "TRANSFORMER")

# What is called although no service type needs it: through /send-feedback, and as a process beside
# the servers.
_CALLED_FOR_ANY = frozenset(("send_feedback", "send_feedback_raw", "custom_service"))

GRAPH_METHODS = tuple(method + form for method in _GRAPH for form in _FORMS)


def calls(service_type: str) -> frozenset[str]:
    """Return the methods, in every form, that the wrapper calls for a service type.

    The class needs at least one of them.
    """
    return frozenset(method + form for method in NEEDS[service_type] for form in _FORMS)


def select_called(methods: Iterable[str]) -> tuple[str, ...]:
    """Return those of the methods that a request or a start calls, whatever the service type is."""
    return tuple(name for name in methods if name in GRAPH_METHODS or name in _CALLED_FOR_ANY)


def infer_service_type(methods: Iterable[str]) -> tuple[str, tuple[str, ...]] | None:
    """Return the service type that methods are for, and those of them that decide.

    None if no type needs any of them.
    """
    present = tuple(methods)
    for kind in FITS:
        if deciding := tuple(method for method in present if method in calls(kind)):
            return kind, deciding
    return None


def of_wrapper(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names that the wrapper calls, in the wrapper's order."""
    known = set(names)
    return tuple(method for method in (*GRAPH_METHODS, *_OTHERS) if method in known)


def example(service_type: str, methods: Iterable[str] = ()) -> tuple[str, str]:
    """Return a REST API path for the service type, and a message to send there.

    If the class has none of the type's ``methods``, it is the path of those that it has.
    """
    present = set(methods)
    if present and not present & calls(service_type):
        inferred = infer_service_type(present)
        service_type = inferred[0] if inferred else service_type
    message = '{"data": {"ndarray": [[1, 2, 3, 4]]}}'
    paths = {"ROUTER": "/route", "TRANSFORMER": "/transform-input", "COMBINER": "/aggregate"}
    if service_type == "COMBINER":
        message = f'{{"seldonMessages": [{message}, {message}]}}'
    return paths.get(service_type, "/api/v1.0/predictions"), message
