"""An unknown path is answered with 404, and a method that a path does not have with 405.

The wrapper turns every error into 500, so that a wrong path looks like a broken model. The body keeps
its form. Errors that the model raises are still the wrapper's. Imported by seldon-serve, which is next
to it in the image; standard library and the wrapper's own packages only, with the syntax of Python
3.6.
"""

import functools
import importlib
from typing import Any


def answer_unknown_paths() -> None:
    """Let the wrapper's REST server answer errors of routing with their status."""
    servers: Any = importlib.import_module("seldon_core.wrapper")
    if not hasattr(servers, "get_rest_microservice"):
        return
    # Otherwise, each path is that of a file in a folder which the wrapper does not have.
    servers.Flask = functools.partial(servers.Flask, static_folder=None)
    plain = servers.get_rest_microservice

    def get_rest_microservice(*args: Any, **kwargs: Any) -> Any:
        app = plain(*args, **kwargs)
        _handle_routing(app)
        return app

    servers.get_rest_microservice = get_rest_microservice


def _handle_routing(app: Any) -> None:
    flask: Any = importlib.import_module("flask")
    http: Any = importlib.import_module("werkzeug.exceptions")
    refused: Any = importlib.import_module("seldon_core.flask_utils").SeldonMicroserviceException
    handlers = app.error_handler_spec.get(None, {}).get(None, {})
    handle_any, handle_refused = handlers.get(Exception), handlers.get(refused)
    if not (handle_any and handle_refused):
        return

    def handle(error: Any) -> Any:
        if error is not flask.request.routing_exception:
            return handle_any(error)
        reason = "MICROSERVICE_" + error.name.upper().replace(" ", "_")
        response = handle_refused(refused(str(error), status_code=error.code, reason=reason))
        if getattr(error, "valid_methods", None):
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response

    # A handler of the model wins.
    handlers.setdefault(http.HTTPException, handle)
