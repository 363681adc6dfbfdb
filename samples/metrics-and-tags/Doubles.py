import time

from seldon_core.metrics import create_counter, create_gauge, create_timer
from seldon_core.user_model import SeldonResponse


class Doubles:
    """Double numbers, and describe each request in metrics and tags."""

    def predict(self, X, features_names=None):
        start = time.perf_counter()
        doubled = X * 2
        milliseconds = 1000 * (time.perf_counter() - start)
        metrics = [
            create_counter("rows", len(X)),
            create_gauge("largest", float(X.max())),
            create_timer("doubling", milliseconds),
        ]
        return SeldonResponse(doubled, tags={"rows": len(X)}, metrics=metrics)

    def tags(self):
        return {"version": "1.0"}
