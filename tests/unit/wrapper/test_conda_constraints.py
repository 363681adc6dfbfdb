"""What conda's half is solved with for the wrapper's sake. The bundle is a small one of the real one's form, with a few of the real bounds."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from seldon_buildpack.bundle import Bundle
from seldon_buildpack.wrapper.conda_constraints import Attempt, attempts, python_of
from tests.support.carried import BOTH, carrying

UPSTREAM_OWN = (
    "flask <3.0.0",
    "numpy <2.0.0",
    "protobuf >=3.20,<4",
    "flask-opentracing >=1.1.0,<1.2.0",
    "flask_opentracing >=1.1.0,<1.2.0",
    "pyyaml <=6.0.1,>=5.4",
)
CURRENT_OWN = (
    "flask >=2.0.0",
    "protobuf >=3.20,<4",
    "flask-opentracing >=1.1.0",
    "flask_opentracing >=1.1.0",
    "pyyaml >=5.4",
)
OLD_OWN = ("flask <2.0.0", "numpy <2.0.0", "pyyaml <5.5,>=5.4", "itsdangerous ==1.1.0")
NO_82 = "setuptools <82"


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return carrying(tmp_path)


def upstream(*pythons: str, own: Sequence[str] = UPSTREAM_OWN, version: str = "1.17.1") -> Attempt:
    return Attempt(version, "upstream", (*own, NO_82, python_of(pythons)))


def current(*pythons: str, own: Sequence[str] = CURRENT_OWN) -> Attempt:
    return Attempt("1.17.1", "current", (*own, python_of(pythons)))


def linked(own: Sequence[str]) -> tuple[str, ...]:
    return tuple(bound for bound in own if bound.startswith(("numpy ", "protobuf ")))


def test_attempts_go_current_upstream_then_linked_bounds_alone(
    bundle: Bundle,
) -> None:
    assert attempts("1.17.1", BOTH, ("3.12",), bundle) == (
        current("3.12"),
        upstream("3.12"),
        current("3.12", own=linked(CURRENT_OWN)),
        upstream("3.12", own=linked(UPSTREAM_OWN)),
    )


def test_bound_applies_to_conda_forges_spelling_too(bundle: Bundle) -> None:
    metadata = "lib/python3.12/site-packages/seldon_core-1.17.1.dist-info/METADATA"
    with (bundle.wrapper("3.12") / metadata).open("a") as file:
        file.write("Requires-Dist: prometheus-client (<0.9.0,>=0.7.1)\n")
    for attempt in attempts("1.17.1", BOTH, ("3.12",), bundle)[:2]:
        bounds = [one for one in attempt.constraints if one.startswith("prometheus")]
        assert bounds == [
            "prometheus-client <0.9.0,>=0.7.1",
            "prometheus_client <0.9.0,>=0.7.1",
        ]


def test_a_set_that_is_asked_for_is_the_only_one(bundle: Bundle) -> None:
    assert {one.pins for one in attempts("1.17.1", ("current",), ("3.12",), bundle)} == {"current"}
    assert {one.pins for one in attempts("1.17.1", ("upstream",), ("3.12",), bundle)} == {
        "upstream"
    }


def test_each_set_allows_the_pythons_that_it_is_locked_for_alone(bundle: Bundle) -> None:
    found = attempts("1.17.1", BOTH, ("3.13", "3.12", "3.9", "3.8", "3.7"), bundle)
    assert found[:2] == (current("3.13", "3.12", "3.9"), upstream("3.12", "3.9", "3.8", "3.7"))
    assert found[1].constraints[-1] == "python 3.12.*|3.9.*|3.8.*|3.7.*"


def test_python_3_7_has_the_own_set_alone(bundle: Bundle) -> None:
    assert attempts("1.17.1", BOTH, ("3.7",), bundle) == (
        upstream("3.7"),
        upstream("3.7", own=linked(UPSTREAM_OWN)),
    )
    assert attempts("1.17.1", ("current",), ("3.7",), bundle) == ()


def test_python_3_6_gets_the_last_release_that_runs_on_it(bundle: Bundle) -> None:
    assert attempts("1.17.1", BOTH, ("3.6",), bundle) == (
        upstream("3.6", own=OLD_OWN, version="1.14.1"),
        upstream("3.6", own=linked(OLD_OWN), version="1.14.1"),
    )


def test_python_3_6_is_tried_last_among_several(bundle: Bundle) -> None:
    found = attempts("1.17.1", BOTH, ("3.8", "3.7", "3.6"), bundle)
    assert found[0] == upstream("3.8", "3.7")
    assert [one.version for one in found] == ["1.17.1", "1.17.1", "1.14.1", "1.14.1"]


def test_unlocked_release_uses_bundled_linked_constraints(
    bundle: Bundle,
) -> None:
    assert attempts("1.16.0", BOTH, ("3.9", "3.8"), bundle) == (
        Attempt("1.16.0", "", ("numpy <2.0.0", "protobuf >=3.20,<4", NO_82, "python 3.9.*|3.8.*")),
    )
    assert attempts("<1.17", BOTH, ("3.9",), bundle)[0].version == "<1.17"


def test_release_without_a_lock_of_the_asked_set_has_no_attempt(
    bundle: Bundle,
) -> None:
    assert attempts("1.16.0", ("current",), ("3.9",), bundle) == ()
    assert attempts("1.14.1", ("current",), ("3.6",), bundle) == ()


def test_python_3_6_release_is_like_an_unlocked_one_elsewhere(
    bundle: Bundle,
) -> None:
    assert attempts("1.14.1", BOTH, ("3.6",), bundle)[0] == upstream(
        "3.6", own=OLD_OWN, version="1.14.1"
    )
    assert attempts("1.14.1", BOTH, ("3.8",), bundle)[0].pins == ""


def test_requirement_without_bounds_or_of_an_extra_is_ignored(bundle: Bundle) -> None:
    names = {
        constraint.split()[0]
        for one in attempts("1.17.1", BOTH, ("3.12",), bundle)
        for constraint in one.constraints
    }
    assert not names & {"requests", "alibi"}
    assert "numpy" not in {
        constraint.split()[0]
        for constraint in attempts("1.17.1", ("current",), ("3.12",), bundle)[0].constraints
    }
