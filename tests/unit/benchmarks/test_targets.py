import pytest

from tests.benchmarks.loads import FIRST, MEMORY, Costs
from tests.benchmarks.targets import TARGETS, check, to_text
from tests.benchmarks.timing import Timed
from tests.benchmarks.ways import Way

OURS, THEIRS = (
    Way(name, lambda _image, _source: Timed(1.0, ()), {}, lambda _image, _source: ())
    for name in ("pack", "s2i")
)


def _costs(**ours: float) -> Costs:
    """Each row of the targets: 1 for s2i, and exactly the limit for us, or what is given."""
    figures = {
        row: {
            "s2i": [[1.0, 0.01, 0.02]] * 3,
            "pack": [[ours.get(row, target.limit), 0.01, 0.02]] * 3,
        }
        for row, target in TARGETS.items()
    }
    return Costs(figures)


def test_targets_that_are_met_are_said_to_be_met() -> None:
    assert all(promise.holds for promise in check(_costs(), OURS, THEIRS))
    assert "All targets are met." in to_text(_costs(), [THEIRS, OURS], OURS, THEIRS, 3)


@pytest.mark.parametrize("row", TARGETS)
def test_each_target_can_be_missed(row: str) -> None:
    worse = TARGETS[row].limit * (0.9 if TARGETS[row].is_least else 1.1)
    missed = [
        promise for promise in check(_costs(**{row: worse}), OURS, THEIRS) if not promise.holds
    ]
    assert [promise.sentence.startswith(row) for promise in missed] == [True]
    text = to_text(_costs(**{row: worse}), [THEIRS, OURS], OURS, THEIRS, 3)
    assert "**Not all targets are met.**" in text
    assert text.count("DOES NOT HOLD") == 1


def test_the_table_has_a_row_for_each_figure() -> None:
    text = to_text(_costs(), [THEIRS, OURS], OURS, THEIRS, 3)
    rows = [line.split(" | ")[0].strip("| ") for line in text.splitlines() if line.startswith("|")]
    assert {"REST 16 clients", "REST 16 clients, p50", "REST 16 clients, p99", FIRST, MEMORY} < set(
        rows
    )


def test_medians_of_rounds_are_compared() -> None:
    costs = Costs({"row": {"pack": [[3.0], [1.0], [2.0]]}})
    assert costs.of("row", "pack") == 2.0
