"""Run every target in turn for some minutes: ``python -m tests.fuzz MINUTES``.

Ends with a line for each target, and with 1 if a property did not hold for some text.
"""

import sys
import time
import traceback
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.checks import assert_holds, memory_limited
from tests.fuzz.targets import TARGETS

_EXAMPLES = 60


def _run(name: str, tried: Counter[str]) -> str:
    """Try some more texts, and return why one failed."""

    @settings(
        max_examples=_EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def run(data: st.DataObject) -> None:
        tried[name] += 1
        assert_holds(name, data.draw(TARGETS[name]))

    try:
        run()
    except Exception as error:
        text = "".join(traceback.format_exception(error, limit=-4))
        print(f"{name}: {text[-3000:]}", file=sys.stderr, flush=True)
        return f"{type(error).__name__}: {str(error)[:100]}"
    return ""


def main() -> int:
    """Run until the time is over."""
    end = time.monotonic() + 60 * float(sys.argv[1])
    tried: Counter[str] = Counter()
    failed: dict[str, set[str]] = {name: set() for name in TARGETS}
    with memory_limited():
        while time.monotonic() < end:
            for name in TARGETS:
                if time.monotonic() < end and (why := _run(name, tried)):
                    failed[name].add(why)
    for name in TARGETS:
        print(f"{name}: {tried[name]} texts, {len(failed[name])} failures {sorted(failed[name])}")
    return 1 if any(failed.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
