"""The request that the log proposes for a first try of the image."""

from collections.abc import Iterable

from seldon_buildpack.model.methods import calls
from seldon_buildpack.model.service_type import infer_service_type


def example_request(service_type: str, methods: Iterable[str] = ()) -> tuple[str, str]:
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
