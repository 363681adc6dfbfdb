"""Methods that the wrapper certainly cannot call are known before a request fails."""

from pathlib import Path

import pytest

from seldon_buildpack.model.find import find
from seldon_buildpack.model.signatures import Problem, find_uncallable_methods


def problems(app: Path, body: str) -> list[tuple[str, Problem]]:
    text = f"class Foo:\n    def predict_raw(self, msg): return msg\n{body}"
    (app / "Foo.py").write_text(text)
    return [
        (method.name, method.problem) for method in find_uncallable_methods(find(app, "Foo", None))
    ]


@pytest.mark.parametrize(
    "method",
    [
        "def predict(self, X, names): return X",
        "def predict(self, X, names=None, meta=None): return X",
        "def predict(self, *args, **kwargs): return 1",
        "def predict(self, X, *rest): return X",
        "def predict(self, X, names, *, meta=None): return X",
        "def transform_input(self, X, feature_names): return X",
        "def aggregate(self, features_list, feature_names_list): return 1",
        "def send_feedback(self, features, names, reward, truth, routing=None): pass",
        "def tags(self): return {}",
        "def load(self): pass",
        "def metrics(self): return [x for x in (yielding() for _ in '')]",
        "def predict(self, X, names):\n        def inner():\n            yield 1\n        return list(inner())",
        "def helper(self): pass",
        "@wrapped\n    def predict(self): pass",
        "predict = staticmethod(lambda X, names: X)",
    ],
)
def test_method_as_the_wrapper_calls_it_is_fine(tmp_path: Path, method: str) -> None:
    assert problems(tmp_path, f"    {method}\n") == []


@pytest.mark.parametrize(
    ("method", "problem"),
    [
        ("def predict(self, X): return X", Problem.TAKES_FEWER),
        ("def predict(X, names): return X", Problem.TAKES_FEWER),
        ("def predict(self, X, names, extra): return X", Problem.TAKES_MORE),
        ("def predict(self, X, names, *, meta): return X", Problem.TAKES_MORE),
        ("async def predict(self, X, names): return X", Problem.IS_ASYNC),
        ("def predict(self, X, names): yield X", Problem.IS_GENERATOR),
        ("def predict(self, X, names):\n        x = yield from X", Problem.IS_GENERATOR),
        ("def transform_input_raw(self): return 1", Problem.TAKES_FEWER),
        ("def send_feedback(self, features, reward): pass", Problem.TAKES_FEWER),
        ("def tags(): return {}", Problem.TAKES_FEWER),
        ("def load(self, path): pass", Problem.TAKES_MORE),
    ],
)
def test_method_that_cannot_be_called_is_named(
    tmp_path: Path, method: str, problem: Problem
) -> None:
    assert [found for _, found in problems(tmp_path, f"    {method}\n")] == [problem]


def test_method_that_is_defined_twice_is_left_alone(tmp_path: Path) -> None:
    assert (
        problems(tmp_path, "    def predict(self): pass\n    def predict(self, X, n): pass\n") == []
    )
