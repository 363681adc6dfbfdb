from dataclasses import replace

import pytest

from tests.benchmarks import report
from tests.benchmarks.measuring import CODE, Figures
from tests.benchmarks.models import MODELS
from tests.benchmarks.promises import check
from tests.benchmarks.serving import Stopped
from tests.benchmarks.sizes import Added
from tests.benchmarks.timing import Timed, medians
from tests.benchmarks.ways import Way
from tools.core.steps import ToolError

IRIS = next(model for model in MODELS if model.has_requirements)
PARTS = {
    "itself": "",
    "detect": "===> DETECTING",
    "build: all": "===> BUILDING",
    "export": "===> EXPORTING",
}
REBUILD = Timed(
    9.0,
    (
        (0.5, "===> DETECTING"),
        (0.6, "===> BUILDING"),
        (0.7, "  python  reused"),
        (0.75, "===> EXPORTING"),
    ),
)
PACK = Way("pack", lambda _image, _source: REBUILD, PARTS, lambda _image, _source: [0.2])
OURS = Figures(
    {CODE: [REBUILD]}, [1.0], [Stopped(0.4, 0)], [0.2, 0.29, 0.4], 400, 0, Added(1, 1), Added(1, 1)
)
S2I = Figures(
    {CODE: [Timed(20.0, ())]}, [1.0], [Stopped(10.4, 137)], [], 900, 100, Added(1, 1), Added(1, 1)
)


def test_a_run_is_cut_at_the_lines_that_open_its_parts() -> None:
    assert REBUILD.parts(PARTS) == pytest.approx(
        {"itself": 0.5, "detect": 0.1, "build: all": 0.15, "export": 8.25}
    )


def test_part_that_never_began_counts_to_the_one_before() -> None:
    starts = {
        "itself": "",
        "detect": "===> DETECTING",
        "restore": "===> RESTORING",
        "export": "===> EXPORTING",
    }
    assert REBUILD.parts(starts) == pytest.approx({"itself": 0.5, "detect": 0.25, "export": 8.25})


def test_a_part_that_a_run_lacks_counts_as_nothing_in_the_median() -> None:
    assert medians([{"a": 1.0, "b": 5.0}, {"a": 3.0}, {"a": 2.0}]) == {"a": 2.0, "b": 0.0}


def test_promises_that_hold_are_said_to_hold() -> None:
    assert [promise.holds for promise in check(IRIS, S2I, OURS, PACK)] == [True] * 5


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (replace(OURS, starts=[1.11]), "the first prediction"),
        (
            replace(OURS, builds={CODE: [replace(REBUILD, seconds=20.0)]}),
            "a code-only rebuild is faster",
        ),
        (replace(OURS, own=[0.2, 0.31, 0.4]), "detect and build together"),
        (replace(OURS, size=800), "the image is smaller"),
        (replace(OURS, stops=[Stopped(0.4, 0), Stopped(2.1, 0)]), "docker stop"),
        (replace(OURS, stops=[Stopped(0.4, 137)]), "docker stop"),
    ],
)
def test_each_promise_can_be_broken(broken: Figures, sentence: str) -> None:
    assert [
        promise.holds for promise in check(IRIS, S2I, broken, PACK) if sentence in promise.sentence
    ] == [False]


def test_figures_replace_those_of_the_last_run_and_nothing_else() -> None:
    begin, end = report.MARKS
    assert (
        report.written(f"before\n{begin}\nold\n{end}\nafter\n", "new \\1")
        == f"before\n{begin}\nnew \\1\n{end}\nafter\n"
    )
    with pytest.raises(ToolError, match="no place for the figures"):
        report.written("no marks", "new")
