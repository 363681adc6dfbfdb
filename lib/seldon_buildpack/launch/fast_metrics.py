"""Metrics of the model, with fewer messages to the process that holds them.

The wrapper sends that process six messages per request, even for a model without metrics. They take
about as long as everything else that a small request needs. Imported by seldon-serve, which is next
to it in the image; standard library only, with the syntax of Python 3.6.
"""

import importlib
import threading
from typing import Any


def send_fewer_metrics() -> None:
    """Send nothing for a request without metrics, and only what is needed otherwise."""
    metrics: Any = importlib.import_module("seldon_core.metrics")
    plain_update = getattr(getattr(metrics, "SeldonMetrics", None), "update", None)
    if plain_update is None:
        return
    # Each worker writes only its own entry, but its threads must not do so at the same time.
    lock = threading.Lock()

    def update(self: Any, custom_metrics: Any, *more: Any) -> None:
        if custom_metrics != []:
            with lock:
                plain_update(WithoutSharedLock(self), custom_metrics, *more)

    metrics.SeldonMetrics.update = update


class WithoutSharedLock:
    """The metrics, with a lock of this process in place of the one that all processes share.

    The shared lock is for reading all entries and for deleting one. To add or replace an entry
    disturbs neither.
    """

    def __init__(self, metrics: Any) -> None:
        self._metrics = metrics
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._metrics, name)
