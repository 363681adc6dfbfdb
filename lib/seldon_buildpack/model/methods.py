"""The methods that the wrapper calls, by service type (seldon-core 1.17.1, seldon_core/seldon_methods.py and user_model.py)."""

from collections.abc import Iterable

# `_rest` and `_grpc` are deprecated, and still called before the others.
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

# The wrapper serves every endpoint whatever the type is, and calls an outlier detector through whichever the graph asks for.
NEEDS = {
    "MODEL": ("predict",),
    "ROUTER": ("route",),
    "TRANSFORMER": ("transform_input", "transform_output"),
    "COMBINER": ("aggregate",),
    "OUTLIER_DETECTOR": ("predict", "transform_input", "transform_output", "route", "aggregate"),
}
# The order of a guess: a class that routes or aggregates is made for that, whatever else it has, and a model may well transform besides.
# An outlier detector has a model's methods or a transformer's, and is never guessed.
FITS = ("ROUTER", "COMBINER", "MODEL", "TRANSFORMER")

GRAPH_METHODS = tuple(method + form for method in _GRAPH for form in _FORMS)


def calls(service_type: str) -> frozenset[str]:
    """The methods, in every form, through which a class of that service type is called: one of them must be there."""
    return frozenset(method + form for method in NEEDS[service_type] for form in _FORMS)


def of_wrapper(names: Iterable[str]) -> tuple[str, ...]:
    """Those of the names that the wrapper calls, in its own order."""
    known = set(names)
    return tuple(method for method in (*GRAPH_METHODS, *_OTHERS) if method in known)


def example(service_type: str) -> tuple[str, str]:
    """A path of the REST API that reaches such a class, and a message to send there."""
    message = '{"data": {"ndarray": [[1, 2, 3, 4]]}}'
    paths = {"ROUTER": "/route", "TRANSFORMER": "/transform-input", "COMBINER": "/aggregate"}
    if service_type == "COMBINER":
        message = f'{{"seldonMessages": [{message}, {message}]}}'
    return paths.get(service_type, "/api/v1.0/predictions"), message
