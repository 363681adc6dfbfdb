"""A short run of each target; ``make fuzz MINUTES=60`` is a long one."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.checks import assert_holds, memory_limited
from tests.fuzz.targets import TARGETS

_EXAMPLES = 25


@pytest.mark.parametrize("name", TARGETS)
def test_any_text_is_read_or_explained(name: str) -> None:
    # A fixed choice of examples: a pull request fails for what it changes only.
    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def run(data: st.DataObject) -> None:
        assert_holds(name, data.draw(TARGETS[name]))

    with memory_limited():
        run()
