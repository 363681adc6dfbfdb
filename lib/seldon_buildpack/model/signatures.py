"""Check of the signatures of the model's methods, without running them.

The calls are those of seldon_core 1.17.1, user_model.py and microservice.py. Only methods that the
class itself defines once, without a decorator, are checked: of those the syntax tells enough.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from seldon_buildpack.messages.errors.base import BuildError
from seldon_buildpack.model.find import Model

# How many positional arguments the wrapper passes, besides self.
_PASSED = {
    **dict.fromkeys(("predict", "transform_input", "transform_output", "route", "aggregate"), 2),
    "send_feedback": 4,
    **dict.fromkeys(
        ("tags", "metrics", "load", "health_status", "init_metadata", "custom_service"), 0
    ),
}
_OF_ONE_MESSAGE = ("_raw", "_rest", "_grpc")


class Problem(Enum):
    """Why the wrapper cannot call a method."""

    TAKES_FEWER = auto()
    TAKES_MORE = auto()
    IS_ASYNC = auto()
    IS_GENERATOR = auto()


@dataclass(frozen=True, kw_only=True)
class UncallableMethod:
    """A method that fails whenever the wrapper calls it."""

    name: str
    line: int
    problem: Problem
    # The number of arguments that the wrapper passes, besides self.
    passed: int


def find_uncallable_methods(model: Model) -> tuple[UncallableMethod, ...]:
    """Return the methods of the model's class that the wrapper certainly cannot call."""
    module = model.sources.locate(model.module)
    try:
        tree = model.sources.tree(module) if module else None
    except BuildError:
        return ()
    classes = [
        node
        for node in (tree.body if tree else ())
        if isinstance(node, ast.ClassDef) and node.name == model.class_name
    ]
    if len(classes) != 1 or classes[0].decorator_list:
        return ()
    return tuple(_check(classes[0]))


def _check(node: ast.ClassDef) -> Iterator[UncallableMethod]:
    methods: dict[str, list[ast.FunctionDef | ast.AsyncFunctionDef]] = {}
    for child in node.body:
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            methods.setdefault(child.name, []).append(child)
    for name, definitions in methods.items():
        passed = 1 if name.endswith(_OF_ONE_MESSAGE) else _PASSED.get(name)
        if passed is None or len(definitions) > 1 or definitions[0].decorator_list:
            continue
        if problem := _find_problem(definitions[0], passed):
            yield UncallableMethod(
                name=name, line=definitions[0].lineno, problem=problem, passed=passed
            )


def _find_problem(method: ast.FunctionDef | ast.AsyncFunctionDef, passed: int) -> Problem | None:
    if isinstance(method, ast.AsyncFunctionDef):
        return Problem.IS_ASYNC
    if _yields(method):
        return Problem.IS_GENERATOR
    arguments = method.args
    names = [*arguments.posonlyargs, *arguments.args]
    with_self = passed + 1
    if len(names) < with_self and not arguments.vararg:
        return Problem.TAKES_FEWER
    lacks_default = any(default is None for default in arguments.kw_defaults)
    if len(names) - len(arguments.defaults) > with_self or lacks_default:
        return Problem.TAKES_MORE
    return None


def _yields(method: ast.FunctionDef) -> bool:
    """Return whether the method itself is a generator; functions inside of it do not count."""
    waiting: list[ast.AST] = list(method.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting += ast.iter_child_nodes(node)
    return False
