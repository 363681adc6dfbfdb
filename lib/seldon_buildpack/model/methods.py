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


def of_wrapper(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names that the wrapper calls, in the wrapper's order."""
    known = set(names)
    return tuple(method for method in (*GRAPH_METHODS, *_OTHERS) if method in known)
