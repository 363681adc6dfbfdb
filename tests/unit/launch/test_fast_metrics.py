"""Messages to the process that holds the metrics: none without metrics, and no shared lock."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from seldon_buildpack.launch import fast_metrics


class _Metrics:
    """The wrapper's class, as far as it matters here."""

    _lock = None

    def __init__(self) -> None:
        self.data: dict[str, Any] = {}

    def update(self, custom_metrics: Any, method: str) -> None:
        with self._lock:  # type: ignore[attr-defined]
            self.data[method] = [metric["key"] for metric in custom_metrics]


@pytest.fixture
def metrics(monkeypatch: pytest.MonkeyPatch) -> Any:
    patched = type("Patched", (_Metrics,), {"update": _Metrics.update})
    monkeypatch.setitem(sys.modules, "seldon_core.metrics", SimpleNamespace(SeldonMetrics=patched))
    monkeypatch.setitem(sys.modules, "seldon_core", SimpleNamespace())
    fast_metrics.send_fewer_metrics()
    return patched()


def test_a_request_without_metrics_sends_nothing(metrics: Any) -> None:
    metrics.update([], "predict")
    assert metrics.data == {}


def test_metrics_are_kept_without_the_shared_lock(metrics: Any) -> None:
    metrics.update([{"key": "a"}], "predict")
    assert metrics.data == {"predict": ["a"]}


def test_metrics_that_are_no_list_are_the_wrappers_error(metrics: Any) -> None:
    with pytest.raises(TypeError):
        metrics.update(None, "predict")
