"""A build that a new setuptools breaks is tried again with an older one."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from seldon_buildpack.commands import older_setuptools
from seldon_buildpack.commands.uv import Outcome

PKG = "ModuleNotFoundError: No module named 'pkg_resources'"
TO3 = "error in p1 setup command: use_2to3 is invalid."
DISTUTILS = "ModuleNotFoundError: No module named 'distutils.msvccompiler'"
FEATURE = "ImportError: cannot import name 'Feature' from 'setuptools' (/x/__init__.py)"


def run_all(*outputs: str) -> tuple[Outcome, list[str], list[str]]:
    """Run with the outputs of uv in order; an empty one is a success. Returns the constraints."""
    constraints: list[str] = []
    waiting = list(outputs)

    def attempt(words: Sequence[str]) -> Outcome:
        assert words[:2] == ["pip", "install"]
        if "--build-constraints" in words:
            constraints.append(Path(words[-1]).read_text().strip())
        output = waiting.pop(0)
        return Outcome(int(bool(output)), tuple(output.splitlines()))

    outcome, advice = older_setuptools.run(attempt, ["pip", "install"])
    assert not waiting
    return outcome, constraints, [piece.found for piece in advice]


@pytest.mark.parametrize(
    ("output", "constraint", "removed"),
    [
        (PKG, "setuptools<82", "pkg_resources"),
        (DISTUTILS, "setuptools<74", "parts of distutils"),
        (TO3, "setuptools<58", "use_2to3"),
        (FEATURE, "setuptools<46", "Feature"),
    ],
)
def test_build_is_repeated_with_a_setuptools_that_has_it(
    output: str, constraint: str, removed: str
) -> None:
    outcome, constraints, warned = run_all(output, "")
    assert (outcome.code, constraints) == (0, [constraint])
    assert removed in warned[0]
    assert constraint in warned[0]


def test_two_packages_may_need_two_steps() -> None:
    outcome, constraints, warned = run_all(PKG, TO3, "")
    assert (outcome.code, constraints, len(warned)) == (
        0,
        ["setuptools<82", "setuptools<58"],
        1,
    )


@pytest.mark.parametrize(
    ("second", "reported"),
    [
        ("error: The build backend returned an error\nno attribute 'ImpImporter'", "first"),
        (f"error: The build backend returned an error\n{TO3}", "first"),
        ("error: No solution found when resolving dependencies", "second"),
    ],
)
def test_failure_that_says_most_is_reported(second: str, reported: str) -> None:
    outcome, constraints, warned = run_all(TO3, second)
    assert (outcome.text, constraints, warned) == (
        TO3 if reported == "first" else second,
        ["setuptools<58"],
        [],
    )


@pytest.mark.parametrize("output", ["", "No module named 'numpy'", "No module named 'distutils'"])
def test_other_outcomes_are_not_repeated(output: str) -> None:
    outcome, constraints, warned = run_all(output)
    assert (outcome.text, constraints, warned) == (output, [], [])
